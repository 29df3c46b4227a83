"""Read an environment that is here: what its Python says of itself, what lies in its folders, the job's variables."""

from __future__ import annotations

import dataclasses
import datetime
from typing import TYPE_CHECKING, Any

from envdoctor.facts import distributions, host
from envdoctor.facts.paths import shown
from envdoctor.facts.together import facts_of
from envdoctor.model import Target

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from envdoctor.facts.target import Sighting
    from envdoctor.model import Facts


def read(sighting: Sighting, answer: Mapping[str, Any], variables: Collection[str], *, installers: bool) -> Facts:
    """Give the facts of a live target, from the answer of its Python; raise CannotLook for an unreadable folder."""
    source = shown(str(sighting.path))
    found = distributions.scan(answer["path"], installers=installers)
    names = [name.removeprefix("env.") for name in variables]
    seen = facts_of(
        Target("interpreter", source, sighting.why),
        facts=[*host.of_interpreter(answer, source), *host.variables(names)],
        distributions=found.distributions,
        taken=datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    return dataclasses.replace(seen, leftovers=found.leftovers, managed=bool(answer.get("managed")))
