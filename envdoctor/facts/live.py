"""Read an environment that is here: what its Python says of itself, what lies in its folders, the job's variables."""

from __future__ import annotations

import dataclasses
import datetime
from typing import TYPE_CHECKING, Any

from envdoctor.facts import distributions, host, machine
from envdoctor.facts.paths import shown
from envdoctor.facts.together import facts_of
from envdoctor.model import State, Target

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from envdoctor.facts.builds import Build
    from envdoctor.facts.machine import Ask
    from envdoctor.facts.target import Sighting
    from envdoctor.model import Distribution, Facts


def read(
    sighting: Sighting, answer: Mapping[str, Any], asked: Collection[str], ask: Ask | None, *, installers: bool
) -> Facts:
    """Give the facts of a live target, from the answer of its Python; `ask` waits for that of NVML, if it runs.

    `asked` names the variables and the slow facts that somebody needs. Raise CannotLook for an unreadable folder.
    """
    source = shown(str(sighting.path))
    found = distributions.scan(answer["path"], installers=installers)
    scanned = facts_of(Target("interpreter", source, sighting.why), distributions=found.distributions)
    where = machine.Target(scanned.by_name, {shown(path): path for path in answer["path"]}, answer)
    built = machine.frameworks(where)
    variables = [name.removeprefix("env.") for name in asked if name.startswith("env.")]
    seen = [
        *host.of_interpreter(answer, source),
        *host.variables(variables),
        *machine.facts(where, built, asked, ask),
    ]
    return dataclasses.replace(
        facts_of(
            scanned.target,
            facts=[fact for fact in seen if fact.state is State.KNOWN],
            missing={fact.name: fact.source for fact in seen if fact.state is State.UNSEEN},
            distributions=_built(found.distributions, built),
            taken=datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        ),
        leftovers=found.leftovers,
        managed=bool(answer.get("managed")),
    )


def _built(found: Sequence[Distribution], built: Sequence[Build]) -> list[Distribution]:
    """Give the distributions with the builds that the frameworks state of themselves."""
    stated = {build.distribution.folder: build.variant for build in built if build.variant}
    return [dataclasses.replace(dist, build=stated[dist.folder]) if dist.folder in stated else dist for dist in found]
