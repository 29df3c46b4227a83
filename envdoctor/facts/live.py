"""Read an environment that is here: what its Python says of itself, what lies in its folders, the job's variables."""

from __future__ import annotations

import dataclasses
import datetime
from typing import TYPE_CHECKING, Any

from envdoctor.facts import condameta, disk, distributions, host, machine, surroundings
from envdoctor.facts.inside import Files, Root
from envdoctor.facts.paths import shown
from envdoctor.facts.together import facts_of
from envdoctor.model import State, Target

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from envdoctor.facts.builds import Build
    from envdoctor.facts.machine import Ask
    from envdoctor.facts.target import Sighting
    from envdoctor.model import Distribution, Fact, Facts


def read(
    sighting: Sighting,
    answer: Mapping[str, Any],
    asked: Collection[str],
    ask: Ask | None,
    *,
    installers: bool,
    deep: bool = False,
    variables: Mapping[str, str] | None = None,
) -> Facts:
    """Give the facts of a live target, from the answer of its Python; `ask` waits for that of NVML, if it runs.

    `asked` names the variables and the slow facts that somebody needs, `variables` are those that an image would be
    started with. Raise CannotLook for an unreadable folder.
    """
    source, image = shown(str(sighting.path)), sighting.kind == "image"
    root = Root(str(sighting.path) if image else "")
    found = distributions.scan(answer["path"], root, installers=installers, files=True)
    scanned = facts_of(Target(sighting.kind, source, sighting.why), distributions=found.distributions)
    places = {site.location: root.below(site.folder) for site in found.sites}
    prefix = root.below(str(answer.get("prefix") or ""))
    has_stack = machine.holds_stack(scanned.by_name)
    where = machine.Target(scanned.by_name, places, answer, prefix, Files(root), has_stack)
    built = machine.frameworks(where)
    there = disk.look(answer, found.sites, root=root, deep=deep)
    seen = [*host.of_interpreter(answer, source), *condameta.facts(str(answer.get("prefix") or ""), root)]
    wanted = [*asked, *(machine.DEEP if deep else ())]
    seen += _of_image(where, built, wanted, variables or {}) if image else _here(where, built, ask, asked=wanted)
    if stated := {build.distribution.folder: build.variant for build in built if build.variant}:
        scanned = facts_of(scanned.target, distributions=_built(scanned.distributions, stated))
    return dataclasses.replace(
        scanned,
        facts={fact.name: fact for fact in seen if fact.state is State.KNOWN},
        missing={fact.name: fact.source for fact in seen if fact.state is State.UNSEEN},
        taken=datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        managed=bool(answer.get("managed")),
        looked=True,
        search=there.search,
        traces=there.traces,
    )


def _of_image(
    where: machine.Target, built: Sequence[Build], asked: Collection[str], variables: Mapping[str, str]
) -> Iterator[Fact]:
    """Give what an image brings; nothing of this computer is read."""
    from envdoctor.facts import images

    started_with = {**images.VARIABLES, **variables}
    process = where.process(started_with)
    yield from images.facts(process)
    yield from machine.brought(where, built, asked, process, started_with)


def _here(where: machine.Target, built: Sequence[Build], ask: Ask | None, *, asked: Collection[str]) -> Iterator[Fact]:
    """Give the facts of this computer."""
    names = [name.removeprefix("env.") for name in asked if name.startswith("env.")]
    yield from host.of_machine(where.answer)
    yield from host.variables([*names, *surroundings.READ])
    yield from machine.facts(where, built, asked, ask)


def _built(found: Iterable[Distribution], stated: Mapping[str, str]) -> list[Distribution]:
    """Give the distributions with the builds that frameworks state of themselves, by metadata folder."""
    return [dist._replace(build=stated[dist.folder]) if dist.folder in stated else dist for dist in found]
