"""Look at a target: an environment that is here, or the record of one.

This module loads little: the target's Python is started first, and the readers are loaded while it runs.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from envdoctor.facts import interpreter, target

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from envdoctor.facts import gpu
    from envdoctor.facts.target import Sighting
    from envdoctor.model import Fact, Facts

PATIENCE = 30.0


class At(NamedTuple):
    """What to look at and how: the target's name, `KEY=VALUE` facts, whether to start nothing, and for how long.

    `deep` also hashes the files.
    """

    named: str | None = None
    given: tuple[str, ...] = ()
    static: bool = False
    timeout: float = PATIENCE
    deep: bool = False


class Look:
    """A look at a target that has begun; what takes time runs beside the caller until `facts` is called."""

    def __init__(self, at: At) -> None:
        """Recognise the target and begin; raise CannotLook or UserError."""
        self.given = _given(at.given)
        self.sighting = target.recognise(at.named)
        self._limit, self._deep = at.timeout, at.deep
        live = self.sighting.kind == "interpreter" and not at.static
        self._question = interpreter.Question(str(self.sighting.path)) if live else None
        self._nvml = _nvml() if live else None

    def facts(
        self,
        asked: Collection[str] = (),
        *,
        installers: bool = False,
        conda_names: Callable[[], Mapping[str, str]] = dict,
    ) -> Facts:
        """Give what was seen, with the variables and slow facts that somebody asks for; raise CannotLook, UserError.

        `conda_names` gives conda's names as PyPI's, which a list of conda's packages needs.
        """
        path = self.sighting.path
        if self.sighting.kind == "snapshot":
            return _recorded(path, self.given)
        if self.sighting.kind == "list":
            from envdoctor.facts import listed

            return listed.read(path, self.given, conda_names)
        return self._live(asked, installers)

    def close(self) -> None:
        """End what still runs."""
        for question in (self._question, self._nvml):
            if question is not None:
                question.close()

    def _live(self, asked: Collection[str], installers: bool) -> Facts:
        from envdoctor.facts import given, live

        answer = self._question.answer(self._limit) if self._question else _unasked(self.sighting)
        nvml = self._nvml
        ask = (lambda: nvml.answer(self._limit)) if nvml else None
        variables = {name[4:]: fact.value for name, fact in self.given.items() if name.startswith("env.")}
        seen = live.read(self.sighting, answer, asked, ask, installers=installers, deep=self._deep, variables=variables)
        return given.over(seen, self.given) if self.given else seen


def _nvml() -> gpu.Question | None:
    """Ask NVML beside the target's Python, where there is a sign of a driver; with `--static` nothing is started."""
    from envdoctor.facts import gpu, machine

    return gpu.Question() if machine.shows_nvml(os.environ) else None


def _given(pairs: tuple[str, ...]) -> Mapping[str, Fact]:
    if not pairs:
        return {}
    from envdoctor.facts import given

    return given.read(pairs)


def _unasked(sighting: Sighting) -> Mapping[str, Any]:
    """Give what files alone say of a Python."""
    from pathlib import Path

    from envdoctor.facts import static
    from envdoctor.facts.inside import Root

    if sighting.prefix:
        return static.answer(Path(sighting.prefix), Root(str(sighting.path)))
    return static.answer(_prefix_of(sighting.path))


def _prefix_of(python: Path) -> Path:
    return python.parent.parent if python.parent.name in ("bin", "Scripts") else python.parent


def _recorded(path: Path, said: Mapping[str, Fact]) -> Facts:
    """Give the facts of a snapshot, under the host facts that were given."""
    import dataclasses

    from envdoctor.facts import snapshot
    from envdoctor.facts.paths import shown
    from envdoctor.formats import files

    facts = snapshot.read(files.read_text(path), shown(str(path)))
    if not said:
        return facts
    missing = {name: reason for name, reason in facts.missing.items() if name not in said}
    return dataclasses.replace(facts, facts={**facts.facts, **said}, missing=missing)
