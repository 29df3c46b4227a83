"""The errors that people cause, and the ones that a machine causes to them.

Each says three things: the place, the problem, and a way out. `cli` catches them once and turns them into an exit
status; everything else is a bug of ours and keeps its traceback.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envdoctor.model import Place


class EnvdoctorError(Exception):
    """A failure with a place, a problem and a hint; its class decides the exit status."""

    exit_code = 2

    def __init__(self, problem: str, *, place: Place | str = "", hint: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.place = str(place)
        self.hint = hint


class UserError(EnvdoctorError):
    """Wrong usage, or a file that a person must correct (exit status 2)."""


class CannotLook(EnvdoctorError):
    """The target cannot be looked at, so nothing is judged (exit status 3)."""

    exit_code = 3


class Impossible(EnvdoctorError):
    """What is asked for cannot be had: no set of versions is free of errors (exit status 1).

    `driver`: it is a driver that is too old for what was chosen.
    """

    exit_code = 1

    def __init__(self, problem: str, *, place: Place | str = "", hint: str = "", driver: bool = False) -> None:
        super().__init__(problem, place=place, hint=hint)
        self.driver = driver


def near(word: str, known: Iterable[str]) -> str:
    """Give a hint that names the known word nearest to a wrong one, or lists the known ones."""
    import difflib  # not at the start: only a mistake needs it

    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean `{close[0]}`?"
    return "known: " + ", ".join(names)
