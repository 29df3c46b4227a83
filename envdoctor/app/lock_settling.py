"""Settle what is asked for, for each of its computers: with the first Python for which all of them have a set."""

from __future__ import annotations

import dataclasses
import threading
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.app import lock_pythons
from envdoctor.app import lock_request as request
from envdoctor.errors import CannotLook, Impossible
from envdoctor.lock import ask, virtual

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from envdoctor.app.lock_pythons import Pythons
    from envdoctor.app.lock_request import Asked, Tell
    from envdoctor.formats.pylock import Lock
    from envdoctor.lock import settle
    from envdoctor.lock.settle import Settled
    from envdoctor.lock.spots import Spot
    from envdoctor.lock.wanted import Wanted
    from envdoctor.matrix import Matrix
    from envdoctor.model import Machine, Recipe
    from envdoctor.model.locks import Ruling

_YANKED = " was yanked"  # as uv says it
_WITHDRAWN = "its makers withdrew that release: ask for another, or pin it with `==` if it must be that one"
_WAY_OUT = "`envdoctor explain CODE` tells what is known; a wider range in the recipe may help"


class Ground(NamedTuple):
    """What is to be settled: what was asked for, up to which instant, for which computers, beside which old locks."""

    asked: Asked
    recipe: Recipe
    known: Matrix
    before: str
    computers: Sequence[Machine]
    old: Mapping[Path, Lock]
    learnt: ask.Learnt
    tell: Tell

    @property
    def wanted(self) -> Wanted:
        """Give it as it is solved and judged."""
        return request.question(self.asked, self.recipe, self.known, self.before, self.tell)


def settled(ground: Ground, pythons: Pythons) -> list[Settled]:
    """Give the set of each computer; raise Impossible with the reasons, and with the Python that would do."""
    threading.Thread(target=_get_ready, daemon=True).start()
    reason: Impossible | None = None
    for python in (pythons.first, *pythons.others):
        try:
            return _with(ground, request.computers(ground.recipe, ground.computers, python))
        except Impossible as error:
            reason = reason or error
            ground.tell(f"there is no set for Python {python}") if python else None
    assert reason is not None
    raise _explained(ground, reason, pythons)


def _get_ready() -> None:
    """Load what judges and writes a set, while uv is at work on it."""
    from envdoctor import checks
    from envdoctor.app import judging, lock_writing  # noqa: F401

    checks.load()


def _with(ground: Ground, spots: Sequence[Spot]) -> list[Settled]:
    wanted = ground.wanted
    return [_settled(ground, wanted, spot) for spot in spots]


def _settled(ground: Ground, wanted: Wanted, spot: Spot) -> Settled:
    lock_pythons.refuse(wanted.recipe, spot.python)
    text, rulings = _kept(ground, spot)
    try:
        return solved(wanted, spot, ask.Index(wanted, spot, ground.learnt, kept=text), rulings)
    except Impossible as error:
        variant = virtual.torch_for(spot)
        if not (error.driver and variant and not spot.torch and not wanted.recipe.locking.torch):
            raise
        wanted.tell(f"the driver is too old for the index's own PyTorch; trying its variant {variant}")
        other = dataclasses.replace(spot, torch=variant)
        return solved(wanted, other, ask.Index(wanted, other, ground.learnt, kept=text), rulings)


def solved(wanted: Wanted, spot: Spot, index: settle.Ask, rulings: Sequence[Ruling]) -> Settled:
    """Give the set of a computer; raise Impossible with the reasons if there is none.

    Raise CannotLook where only a release that was withdrawn would do: whether it is whole, nobody can see any more.
    """
    wanted.tell(f"solving for {_named(spot)}, up to {wanted.before}")
    from envdoctor.lock import settle  # not at the start: it judges

    found = settle.settle(wanted, spot, index, rulings)
    if not found.text:
        where = f" for {spot.name}" if spot.name else ""
        problem = f"cannot be locked{where}: {'; '.join(found.reasons)}"
        if any(_YANKED in reason for reason in found.reasons):
            raise CannotLook(problem, place=wanted.recipe.path, hint=_WITHDRAWN)
        driver = any(error.kind == "driver" for error in found.errors)
        raise Impossible(problem, place=wanted.recipe.path, hint=_WAY_OUT, driver=driver)
    return found


def _named(spot: Spot) -> str:
    return ", ".join(part for part in (spot.name or spot.uv, f"Python {spot.python}" if spot.python else "") if part)


def _kept(ground: Ground, spot: Spot) -> tuple[str, tuple[Ruling, ...]]:
    """Give what an earlier lock holds for a computer, as a lock of its own, and what had been ruled out."""
    if not ground.old:
        return "", ()
    from envdoctor.lock import merge, pypi, spots, toml
    from envdoctor.markers import Markers

    markers = Markers(spots.facts(spot, {}, ground.recipe))
    for lock in ground.old.values():
        if spot.name in [one.name for one in pypi.spots_of(lock)]:
            holds = [markers.may_hold(entry.marker) for entry in lock.entries]
            text = toml.written(merge.part(lock.document, holds))
            return text, pypi.rulings(pypi.own(lock), ground.known.codes())
    return "", ()


def _explained(ground: Ground, error: Impossible, pythons: Pythons) -> Impossible:
    """Say which Python would do, though it was not to be taken, or that none would."""
    if ask.NOT_FOUND.search(error.problem):
        return error
    tried = {pythons.first, *pythons.others}
    every = [python for python in virtual.pythons(ground.before) if python not in tried]
    (spot, *_) = request.computers(ground.recipe, ground.computers, pythons.first)
    others = lock_pythons.nearest(spot.python, every)
    free = ground._replace(recipe=dataclasses.replace(ground.recipe, python=None), old={}, tell=lambda _: None)
    ground.tell("asking whether there is one for another Python")
    for python in others:
        spots = request.computers(ground.recipe, ground.computers, python)
        try:
            _with(free, [dataclasses.replace(spot, python=python) for spot in spots])
        except Impossible:
            continue
        return _with_python(ground, error, python)
    problem = f"{error.problem}; no other Python has a set either"
    return Impossible(problem, place=error.place, hint=error.hint, driver=error.driver)


def _with_python(ground: Ground, error: Impossible, python: str) -> Impossible:
    problem, range_ = f"{error.problem}; with Python {python} there is a set", ground.recipe.python
    if range_ is not None and not lock_pythons.allows(ground.recipe, python):
        place = str(range_.place or error.place)
        return Impossible(f"{problem}, but the recipe asks {range_.specifier}", place=place, hint=error.hint)
    by_fact = ground.asked.at.given or not ground.computers
    hint = f"`--fact python={python}` takes it" if by_fact else "`--target` names an environment that has it"
    return Impossible(problem, place=error.place, hint=hint)
