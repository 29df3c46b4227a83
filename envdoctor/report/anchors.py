"""Where in a person's files does a finding stand, and by what is it known again in the next run?

A driver has no file, yet code scanners and merge requests show nothing without one. So a finding stands where it was
found, else at the line of the recipe that asks for what it speaks of, else at the first line of the recipe, or of the
record that was judged.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from typing import TYPE_CHECKING

from envdoctor.model import Place
from envdoctor.report import layout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.model import Finding, Recipe, Report, Wish

_HERE = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")  # paths in a report count from there


def place(finding: Finding, report: Report) -> Place | None:
    """Give the place of a finding, its file as `file` gives it; None if no file has to do with it."""
    found = finding.place or _asked(finding, report.recipe)
    if found is None and report.recipe.path:
        found = Place(report.recipe.path)
    if found is None and report.target.path:
        found = Place(report.target.path)
    return found._replace(file=file(found.file)) if found else None


def _asked(finding: Finding, recipe: Recipe) -> Place | None:
    """Give the place of the wish for what a finding speaks of, whom it blames first."""
    wishes: dict[str, Wish] = {"python": recipe.python} if recipe.python else {}
    wishes |= {wish.name: wish for wish in reversed((*recipe.packages, *recipe.host, *recipe.forbidden))}
    wishes |= {f"env.{wish.name}": wish for wish in recipe.env}
    names = (*finding.culprit, *finding.packages, *_kin(finding))
    return next((wishes[name].place for name in names if name in wishes and wishes[name].place), None)


def _kin(finding: Finding) -> Iterator[str]:
    """Name what else of a recipe's `host` asks for the components of a finding: a GPU is asked for in two ways."""
    for name in (*finding.culprit, *finding.packages):
        if name.startswith(("gpu.", "nvidia.", "cuda")) or name == "driver":
            yield from ("driver", "cuda", "accelerator")


def file(path: str) -> str:
    """Give a path with forward slashes, counted from the checkout's root if it lies below."""
    root = next((os.environ[name] for name in _HERE if os.environ.get(name)), os.curdir)
    whole = os.path.realpath(os.path.expanduser(path))
    below = os.path.realpath(root).rstrip(os.sep) + os.sep
    inside = os.path.normcase(whole).startswith(os.path.normcase(below))
    return (whole[len(below) :] if inside else path).replace(os.sep, "/")


def keys(report: Report) -> list[str]:
    """Give for each finding a key that stays while code, culprit, file and machine do; no two are equal."""
    counted: Counter[str] = Counter()
    found = []
    for finding in report.findings:
        where = place(finding, report)
        parts = [finding.code, finding.culprit or finding.packages, where.file if where else "", finding.machine or ""]
        said = json.dumps(parts)
        counted[said] += 1
        found.append(hashlib.sha256(f"{said}{counted[said]}".encode()).hexdigest()[:32])
    return found


def words(finding: Finding) -> str:
    """Tell a finding in lines that are not broken: title, cause, what was seen, fixes, source."""
    lines = [line.text for line in layout.problem(finding, (), width=layout.UNBROKEN, volume=layout.NORMAL)]
    if finding.suppressed:
        lines.append(layout.clean(f"  ignored: {finding.suppressed}"))
    return "\n".join(line.removeprefix("  ") for line in lines if line)


def cure(report: Report) -> str:
    """Tell in lines that are not broken what ends every error, with the commands to paste; empty if nothing does."""
    if report.cure is None:
        return ""
    lines = layout.cure(report.cure, report.verify, width=layout.UNBROKEN)
    return "\n".join(line.text for line in lines if line.text)
