"""Read an environment that is here: what its Python says of itself, what lies in its folders, the job's variables."""

from __future__ import annotations

import dataclasses
import datetime
from typing import TYPE_CHECKING, Any

from envdoctor.facts import disk, distributions, host, surroundings
from envdoctor.facts.inside import Root
from envdoctor.facts.paths import shown
from envdoctor.facts.together import facts_of
from envdoctor.model import Target

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from envdoctor.facts.target import Sighting
    from envdoctor.model import Facts


def read(
    sighting: Sighting, answer: Mapping[str, Any], variables: Collection[str], *, installers: bool, deep: bool = False
) -> Facts:
    """Give the facts of a live target, from the answer of its Python; raise CannotLook for an unreadable folder."""
    source = shown(str(sighting.path))
    image = sighting.kind == "image"
    root = Root(str(sighting.path) if image else "")
    found = distributions.scan(answer["path"], root, installers=installers)
    names = [name.removeprefix("env.") for name in variables]
    there = disk.look(answer, found.sites, root=root, deep=deep)
    here = [] if image else host.variables([*names, *surroundings.READ])
    seen = facts_of(
        Target(sighting.kind, source, sighting.why),
        facts=[*host.of_interpreter(answer, source), *here],
        distributions=found.distributions,
        taken=datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    return dataclasses.replace(
        seen, managed=bool(answer.get("managed")), looked=True, search=there.search, traces=there.traces
    )
