"""Small facts, recipes and claims for the tests: pass them in, read the findings that come out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor import checks
from envdoctor.facts.together import facts_of
from envdoctor.formats import metadata
from envdoctor.matrix import claims, entries
from envdoctor.model import Case, Claim, Distribution, Fact, Recipe, Requirement, Target, Wish
from envdoctor.report import layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envdoctor.model import Facts, Report

SITE = "/venv/lib/python3.11/site-packages"


def installed(name: str, version: str, *requires: str, python: str = "", location: str = SITE) -> Distribution:
    """Give a distribution on disk with the requirements that its metadata declares."""
    parts = tuple(Requirement(*metadata.split_requirement(line)[:4]) for line in requires)
    folder = f"{location}/{name}-{version}.dist-info"
    return Distribution(name, version, location, folder=folder, headers=True, requires=parts, requires_python=python)


def target(*distributions: Distribution, **host: str) -> Facts:
    """Give a live Linux target with Python 3.11.7; host facts by keyword, `env_NAME` for variables."""
    seen = {"python": "3.11.7", "implementation": "cpython", "os": "linux", "arch": "x86_64"} | {
        name.replace("env_", "env.").replace("gpu_", "gpu."): value for name, value in host.items()
    }
    facts = [Fact(name, value, "seen") for name, value in seen.items()]
    return facts_of(Target("interpreter", "/venv/bin/python"), facts=facts, distributions=distributions)


def versions(python: str = "3.11", **pins: str) -> Facts:
    """Give the facts of a bare list; underscores in names stand for dashes."""
    dists = [Distribution(name.replace("_", "-"), version) for name, version in pins.items()]
    return facts_of(Target("list", "freeze.txt"), facts=[Fact("python", python, "given")], distributions=dists)


def recipe(*, uses: tuple[str, ...] = (), **packages: str) -> Recipe:
    """Give a recipe that asks for packages; underscores in names stand for dashes."""
    wishes = tuple(Wish(name.replace("_", "-"), specifier) for name, specifier in packages.items())
    return Recipe(name="example", kind="recipe", path="example.yml", packages=wishes, uses=uses)


def claim(yaml: str) -> Claim:
    """Give the claim of a matrix entry, with the fields that every entry needs filled in."""
    source = f"{yaml.strip()}\n  source: a test\n  checked: 2026-11-20\n  evidence: executed\n"
    (entry,) = entries.read(source, "test.yml")
    return claims.build(entry.records[0])


def judged(facts: Facts, wanted: Recipe | None = None, *known: Claim) -> checks.Verdict:
    """Run every check."""
    return checks.run_all(Case(wanted or Recipe(), facts, known))


def rendered(report: Report, volume: int = layout.NORMAL) -> str:
    """Give a report as it stands on a screen of 80 columns without colours."""
    return layout.plain(layout.lines(report, volume=volume))


def told(facts: Facts, wanted: Recipe | None = None, *known: Claim) -> Mapping[str, str]:
    """Give the findings as code → status and title."""
    return {finding.code: f"{finding.status}: {finding.title}" for finding in judged(facts, wanted, *known).findings}


def box(
    seen: Mapping[str, str | list[str]],
    *distributions: Distribution,
    sources: Mapping[str, str] | None = None,
    missing: Mapping[str, str] | None = None,
    kind: str = "snapshot",
) -> Facts:
    """Give the facts of a machine by their full names; a list is one value a device, the first counts as the least."""
    where = sources or {}
    facts = [
        Fact(name, value, where.get(name, "seen"))
        if isinstance(value, str)
        else Fact(name, value[0], where.get(name, "NVML"), tuple(value))
        for name, value in {"python": "3.11.7", "os": "linux", "arch": "x86_64", **seen}.items()
    ]
    return facts_of(Target(kind, "n001"), facts=facts, missing=missing, distributions=distributions)


def wanting(*uses: str, **host: str) -> Recipe:
    """Give a recipe with host wishes, `gpu_count` for `gpu.count`, and the names that it uses."""
    wishes = tuple(Wish(name.replace("_", "."), cell) for name, cell in host.items())
    return Recipe(name="example", kind="recipe", path="example.yml", host=wishes, uses=uses)
