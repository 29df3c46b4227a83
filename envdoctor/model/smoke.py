"""What trials in a target measured: figures and what they may be, attempts, and how a process of them ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from envdoctor.model.terms import Place

Got = float | int | bool | str | None


class Wanted(NamedTuple):
    """An entry of a recipe's `smoke:`: a trial's name, or a script of the recipe's owner, or his BentoML service."""

    name: str
    run: str = ""
    serve: str = ""
    place: Place | None = None


class Figure(NamedTuple):
    """One measured value, and the condition it has to meet: `most`, `least`, `equal`, or none."""

    name: str
    got: Got
    condition: str = ""
    bound: Got = None


class Attempt(NamedTuple):
    """What came of one trial. `status` is done, error or unable; `reason` is the exception's own text."""

    trial: str
    status: str
    proves: str = ""
    reason: str = ""
    traceback: str = ""
    figures: Sequence[Figure] = ()
    cpu: float = 0.0


class Ran(NamedTuple):
    """How a process of trials ended, and what it said. `status` is None if its time was over.

    `refused`: why the modules could not be imported, `lacks` the module that was missing. `at` is the trial and
    `library` the native library that it was busy with when it died; `cut` are libraries there that are not whole.
    `fault`: what it printed is no result.
    """

    program: str
    asked: tuple[str, ...]
    status: int | None
    attempts: Sequence[Attempt] = ()
    needs: tuple[str, ...] = ()
    versions: Mapping[str, str] = {}
    refused: str = ""
    lacks: str = ""
    traceback: str = ""
    warnings: Sequence[str] = ()
    fault: str = ""
    at: str = ""
    library: str = ""
    cut: Sequence[str] = ()
    last: str = ""
    load: float = 0.0
    limit: float = 0.0
    spent: Mapping[str, float] = {}
