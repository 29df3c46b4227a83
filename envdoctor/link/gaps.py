"""What the walk found missing, and what it asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envdoctor.model.code import Module
    from envdoctor.model.native import Compiled

MODULE, NAME, ATTRIBUTE, ARGUMENT, SYNTAX = "module", "name", "attribute", "argument", "syntax"


class Step(NamedTuple):
    """A module on the way from where the walk began, and the line that leads on from it."""

    module: str
    file: str
    line: int


class Gap(NamedTuple):
    """Something that is asked for and not there (`sure`), or of which that cannot be told.

    `source` is the module that should have the name, or the nearest one there is; `way` leads from the start to where
    it is asked for, and `caught` is what is caught there. `kind` is the kind of the question.
    """

    kind: str
    module: str
    name: str
    way: tuple[Step, ...]
    asker: Module
    source: Module | None
    caught: int = 0
    sure: bool = True
    start: str = ""

    @property
    def dotted(self) -> str:
        """Give what is missing in one word."""
        return f"{self.module}.{self.name}" if self.name else self.module


class Walked(NamedTuple):
    """The outcome of a walk: gaps, questions that could not be answered, and each question with its answer.

    `owners` are the distributions of the modules that were met, `compiled` those of them that the loader loads.
    """

    gaps: tuple[Gap, ...]
    unsure: tuple[Gap, ...]
    asked: Mapping[tuple[str, str], bool | None]
    modules: int
    owners: frozenset[str] = frozenset()
    compiled: tuple[Compiled, ...] = ()
