"""Look at a target: an environment that is here, or the record of one."""

from __future__ import annotations

import dataclasses
import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envdoctor.facts import distributions, given, host, interpreter, static, target
from envdoctor.facts.paths import shown
from envdoctor.facts.together import facts_of
from envdoctor.model import Target

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from envdoctor.facts.target import Sighting
    from envdoctor.model import Fact, Facts

PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class At:
    """What to look at and how: the target's name, `KEY=VALUE` facts, whether to start nothing, and for how long."""

    named: str | None = None
    given: tuple[str, ...] = ()
    static: bool = False
    timeout: float = PATIENCE


class Look:
    """A look at a target that has begun; what takes time runs beside the caller until `facts` is called."""

    def __init__(self, at: At) -> None:
        """Recognise the target and begin; raise CannotLook or UserError."""
        self.given = given.read(at.given)
        self.sighting = target.recognise(at.named)
        self._limit = at.timeout
        live = self.sighting.kind == "interpreter" and not at.static
        self._question = interpreter.Question(str(self.sighting.path)) if live else None

    def facts(self, variables: Collection[str] = (), *, installers: bool = False) -> Facts:
        """Give what was seen, with the variables that somebody asks for; raise CannotLook or UserError."""
        if self.sighting.kind == "snapshot":
            return _recorded(self.sighting, self.given)
        if self.sighting.kind == "list":
            from envdoctor.facts import listed

            return listed.read(self.sighting.path, self.given)
        return given.over(self._live(variables, installers), self.given)

    def close(self) -> None:
        """End what still runs."""
        if self._question is not None:
            self._question.close()

    def _live(self, variables: Collection[str], installers: bool) -> Facts:
        python = self.sighting.path
        answer = self._question.answer(self._limit) if self._question else static.answer(_prefix_of(python))
        source = shown(str(python))
        found = distributions.scan(answer["path"], installers=installers)
        names = [name.removeprefix("env.") for name in variables]
        return facts_of(
            Target("interpreter", source, self.sighting.why),
            facts=[*host.of_interpreter(answer, source), *host.variables(names)],
            distributions=found.distributions,
            leftovers=found.leftovers,
            taken=datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        )


def _prefix_of(python: Path) -> Path:
    return python.parent.parent if python.parent.name in ("bin", "Scripts") else python.parent


def _recorded(sighting: Sighting, said: Mapping[str, Fact]) -> Facts:
    """Give the facts of a snapshot, under the host facts that were given."""
    from envdoctor.facts import snapshot
    from envdoctor.formats import files

    facts = snapshot.read(files.read_text(sighting.path), shown(str(sighting.path)))
    if not said:
        return facts
    missing = {name: reason for name, reason in facts.missing.items() if name not in said}
    return dataclasses.replace(facts, facts={**facts.facts, **said}, missing=missing)
