"""Solve what a recipe asks for one computer, judge what comes out, and rule out what is known to fail, until it holds.

An error is ruled out by what its own fixes pin, and where that changes nothing, by what its claim needs. A pin of what
is not in the set bounds it, in case it comes; only what is missing is asked for.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, NamedTuple

from packaging.requirements import Requirement

from envdoctor import cells
from envdoctor.checks import judge as judging
from envdoctor.lock import spots
from envdoctor.model import Fix, State, is_host
from envdoctor.model.locks import Ruling
from envdoctor.solve import plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from envdoctor.lock.spots import Spot
    from envdoctor.lock.wanted import Wanted
    from envdoctor.model import Claim, Facts, Finding
    from envdoctor.solve import uv

    Ask = Callable[[Mapping[str, str], frozenset[str]], uv.Answer]

MOST_SOLVES = 20


class Settled(NamedTuple):
    """A set that was judged free of errors, and what was ruled out on the way; without a set, why there is none.

    `errors` are then those of the first answer. `yanked` are releases that were withdrawn.
    """

    spot: Spot
    text: str = ""
    versions: Mapping[str, str] = {}
    rulings: tuple[Ruling, ...] = ()
    reasons: tuple[str, ...] = ()
    errors: tuple[Finding, ...] = ()
    yanked: tuple[str, ...] = ()


class _State(NamedTuple):
    """How far a search is: what is pinned, what of it is asked for, what was ruled out, the answer, what is left."""

    pins: Mapping[str, str]
    asked: frozenset[str]
    rulings: tuple[Ruling, ...]
    answer: uv.Answer
    errors: Sequence[Finding]


def settle(wanted: Wanted, spot: Spot, ask: Ask, rulings: Sequence[Ruling] = ()) -> Settled:
    """Give the set for a computer; `rulings` are those of an earlier lock. Raise CannotLook if nobody answers."""
    search = _Search(wanted, spot, ask)
    first = search.state({}, frozenset(), ())
    if first.answer.reason:
        return Settled(spot, reasons=(first.answer.reason,))
    found = first if not first.errors else search.beyond(first)
    if found is None:
        return Settled(spot, reasons=search.reasons(first), errors=tuple(first.errors))
    still = [ruling for ruling in rulings if _holds(ruling, found.answer.versions)]
    every = tuple(dict.fromkeys([*found.rulings, *still]))
    return Settled(spot, found.answer.text, found.answer.versions, every, yanked=found.answer.yanked)


def _holds(ruling: Ruling, versions: Mapping[str, str]) -> bool:
    """Say whether a set still obeys what was ruled out for an earlier one."""
    wanted = map(Requirement, ruling.bounds)
    return all(one.name in versions and cells.contains(str(one.specifier), versions[one.name]) for one in wanted)


class _Search:
    """Try what the errors of a set ask for, one after the other, within a number of solves."""

    def __init__(self, wanted: Wanted, spot: Spot, ask: Ask) -> None:
        self._wanted, self._spot, self._ask = wanted, spot, ask
        self._solves = 0
        self._failed: list[tuple[tuple[Ruling, ...], str]] = []

    def state(self, pins: Mapping[str, str], asked: frozenset[str], rulings: tuple[Ruling, ...]) -> _State:
        """Solve under pins, and judge."""
        self._solves += 1
        answer = self._ask(pins, asked)
        errors = () if answer.reason else self._wanted.judge(self._facts(answer))
        return _State(pins, asked, rulings, answer, errors)

    def _facts(self, answer: uv.Answer) -> Facts:
        return spots.facts(self._spot, answer.versions, self._wanted.recipe)

    def beyond(self, state: _State) -> _State | None:
        """Give the first set free of errors that is reached by ruling out those of a state."""
        for fix in self._ways(state):
            pins, asked = self._bounded(state, fix)
            if self._solves >= MOST_SOLVES or (pins == state.pins and asked == state.asked):
                continue
            rulings = (*state.rulings, *_rulings(state.errors, fix))
            self._wanted.tell(f"ruled out by {', '.join(dict.fromkeys(r.code for r in rulings))}: solving again")
            after = self.state(pins, asked, rulings)
            if after.answer.reason:
                self._failed.append((rulings, after.answer.reason))
            elif not after.errors:
                return after
            elif _keys(after) != _keys(state) and (found := self.beyond(after)):
                return found
        return None

    def _ways(self, state: _State) -> Iterator[Fix]:
        """Give the pins that may end the errors: those of their fixes, then what their claims need."""
        errors = [dataclasses.replace(error, fixes=tuple(_pinning(error))) for error in state.errors]
        curable = [error for error in errors if error.fixes]
        facts = self._facts(state.answer)
        if curable:
            yield from (way.fix for way in plan.ways(curable, self._wanted.recipe, facts, self._wanted.judge))
        needs = [Fix(pins=_needs(claim, facts)) for claim in self._claims(state, facts)]
        if any(fix.pins for fix in needs):
            yield plan.merged(needs)

    def _claims(self, state: _State, facts: Facts) -> list[Claim]:
        codes = {error.code for error in state.errors}
        return [claim for claim in self._wanted.claims(facts) if claim.code in codes]

    def _bounded(self, state: _State, fix: Fix) -> tuple[dict[str, str], frozenset[str]]:
        """Give all pins, and the names of those that have to be asked for because they are missing."""
        pins = dict(state.pins)
        for name, cell in fix.pins.items():
            pins[name] = plan.simplified(cells.both(pins.get(name, "*"), cell))
        absent = {fact.name for error in state.errors for fact in error.evidence if fact.state is State.ABSENT}
        missing = absent - state.answer.versions.keys()
        return pins, state.asked | (missing & fix.pins.keys())

    def reasons(self, first: _State) -> tuple[str, ...]:
        """Say why no set is free of errors: the errors, and why what would end them cannot be had."""
        told = [f"{error.code}: {error.title} ({_seen(error)})" for error in first.errors]
        if self._failed:
            rulings, reason = min(self._failed, key=lambda one: (len(one[0]), len(one[1])))
            bounds = ", ".join(dict.fromkeys(bound for ruling in rulings for bound in ruling.bounds))
            return (*told, f"it would end with {bounds}, but {reason}")
        return (*told, "no version of a package ends it")


def _keys(state: _State) -> set[plan.Key]:
    return {plan.key(error) for error in state.errors}


def _pinning(error: Finding) -> Iterator[Fix]:
    """Give the fixes of an error that a lock can hold: pins alone."""
    return (fix for fix in error.fixes if fix.pins and not (fix.env or fix.python or fix.reinstall or fix.host))


def _needs(claim: Claim, facts: Facts) -> dict[str, str]:
    broken = judging.judge(claim, facts)
    if not isinstance(broken, judging.Broken):
        return {}
    return {miss.fact.name: miss.cell for miss in broken.misses if not is_host(miss.fact.name) and _is_range(miss.cell)}


def _is_range(cell: str) -> bool:
    try:
        return bool(cells.specifier(cell))
    except ValueError:
        return False


def _rulings(errors: Sequence[Finding], fix: Fix) -> Iterator[Ruling]:
    """Give what a fix rules out for each error: the pins that its own fixes speak of, or all if none does."""
    for error in errors:
        own = {name for one in error.fixes for name in one.pins} | set(error.packages)
        pins = {name: cell for name, cell in fix.pins.items() if name in own} or fix.pins
        bounds = tuple(name if cell == "*" else f"{name}{cell}" for name, cell in sorted(pins.items()))
        yield Ruling(error.code, error.title, _seen(error), bounds)


def _seen(error: Finding) -> str:
    return ", ".join(
        f"{fact.name} {fact.value}" if fact.state is State.KNOWN else f"no {fact.name}" for fact in error.evidence
    )
