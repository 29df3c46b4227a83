"""For which Python is a lock? For the one that is declared, else for one that the recipe allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from envdoctor import cells
from envdoctor.errors import CannotLook, UserError
from envdoctor.facts import At, Look, interpreter, target
from envdoctor.lock import virtual

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envdoctor.app.lock_request import Earlier
    from envdoctor.facts.target import Sighting
    from envdoctor.model import Machine, Recipe


class Pythons(NamedTuple):
    """The Python of a lock, and those that may take its place where there is no set for it, in order.

    It is empty where every machine has its own.
    """

    first: str
    others: tuple[str, ...] = ()


def choose(wanted: Recipe, at: At, described: Sequence[Machine], earlier: Sequence[Earlier], instant: str) -> Pythons:
    """Choose the Python: the one that is declared, that of an earlier lock, that of a named target.

    Where nobody says which, it is that of the active environment if the recipe allows it, else the newest that it
    allows; then others may take its place.
    """
    if described and all("python" in machine.facts for machine in described):
        return Pythons("")
    if earlier and at.named is None:
        return Pythons(earlier[0].python)
    if at.named is not None:
        return Pythons(_python_of(target.recognise(at.named), at))
    active, able = _active(at), [python for python in virtual.pythons(instant) if allows(wanted, python)]
    if active and allows(wanted, active):
        return Pythons(active, tuple(nearest(active, able)))
    if not able:
        place = wanted.python.place if wanted.python else None
        raise UserError("allows no Python that there is", place=place or wanted.path, hint='`python: ">=3.10"`')
    return Pythons(able[0], tuple(able[1:]))


def nearest(python: str, pythons: Sequence[str]) -> list[str]:
    """Give the other Pythons, the older ones before the newer, for uv heeds no upper bound on Python."""
    others = sorted((one for one in pythons if one != python), key=lambda one: abs(_minor(one) - _minor(python)))
    return sorted(others, key=lambda one: _minor(one) > _minor(python))


def _minor(python: str) -> int:
    return int(python.split(".")[1])


def allows(wanted: Recipe, python: str) -> bool:
    """Say whether a recipe allows a minor release of Python: some patch of it."""
    if wanted.python is None:
        return True
    return any(cells.contains(wanted.python.specifier, patch) for patch in (python, f"{python}.{99}"))


def refuse(wanted: Recipe, python: str) -> None:
    """Raise UserError for a Python that a recipe does not allow."""
    if wanted.python is not None and not allows(wanted, python):
        hint = "`--fact python=3.11` names another, or `--target` an environment with one"
        problem = f"it would be Python {python}, not {wanted.python.specifier}"
        raise UserError(problem, place=wanted.python.place or "", hint=hint)


def _active(at: At) -> str:
    """Give the Python of the active environment, or nothing if there is none."""
    try:
        return _python_of(target.recognise(None), at)
    except CannotLook:
        return ""


def _python_of(sighting: Sighting, at: At) -> str:
    """Give the minor release of a target's Python."""
    if sighting.kind == "interpreter":
        python = str(interpreter.Question(str(sighting.path)).answer(at.timeout).get("python"))
    else:
        look = Look(at)
        try:
            python = look.facts().need("python").value
        finally:
            look.close()
    return ".".join(python.split(".")[:2])
