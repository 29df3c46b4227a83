"""Join a cause with facts: do they confirm it, refute it, or leave it open?"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, NamedTuple

from envdoctor import cells
from envdoctor.diagnose.candidates import STRONG, Candidate
from envdoctor.model import State, is_host
from envdoctor.model.diagnosis import CONFIRMED, OPEN, REFUTED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from envdoctor.model import Claim, Fact, Facts, Fix
    from envdoctor.model.diagnosis import Cause


class Standing(NamedTuple):
    """What facts say of a claim, and the facts that say so."""

    state: str
    facts: tuple[Fact, ...] = ()


def with_facts(one: Candidate, facts: Facts, judged: Callable[[Claim, Facts], Standing], *, joined: bool) -> Candidate:
    """Give a candidate with the state that facts give it, and the facts that speak for it."""
    standing = _of_claims(one, facts, judged) if one.claims else _of_mechanism(one.cause, facts)
    state = standing.state if joined or standing.state == CONFIRMED else OPEN
    seen = standing.facts or tuple(_known(one.cause.packages, facts))
    cause = dataclasses.replace(one.cause, state=state, facts=seen, confidence=_confidence(one, state))
    return one._replace(cause=_narrowed(cause, one, facts, judged))


def _of_claims(one: Candidate, facts: Facts, judged: Callable[[Claim, Facts], Standing]) -> Standing:
    standings = [judged(claim, facts) for claim in one.claims]
    for state in (CONFIRMED, OPEN):
        if hit := next((standing for standing in standings if standing.state == state), None):
            return hit
    return standings[0]


def _narrowed(cause: Cause, one: Candidate, facts: Facts, judged: Callable[[Claim, Facts], Standing]) -> Cause:
    """Of a name that several ranges do not have, tell only the fixes of the range that is installed."""
    if cause.state != CONFIRMED or len(one.claims) < 2 or not one.claims[0].package:
        return cause
    true = [claim for claim in one.claims if judged(claim, facts).state == CONFIRMED]
    fixes = tuple(fix for claim in true for fix in claim.fixes)
    return dataclasses.replace(cause, fixes=fixes, cause="; ".join(claim.cause for claim in true))


def _of_mechanism(cause: Cause, facts: Facts) -> Standing:
    return _of_shown(cause, facts) if cause.shown else _of_pins(cause, facts)


def _of_shown(cause: Cause, facts: Facts) -> Standing:
    """Judge a mechanism by the sets that it is at work in: is one of them there, or can none be?"""
    met = [[cells.matches(cell, facts.get(name)) for name, cell in wanted.items()] for wanted in cause.shown]
    known = tuple(fact for wanted in cause.shown for name in wanted if (fact := facts.get(name)).state is State.KNOWN)
    if any(all(one) for one in met):
        return Standing(CONFIRMED, known)
    return Standing(REFUTED if all(False in one for one in met) else OPEN, known)


def _of_pins(cause: Cause, facts: Facts) -> Standing:
    """Judge a mechanism by its first fix that names a range: is what it asks for there already?"""
    exact = [fix for fix in cause.fixes if set(fix.pins.values()) - {"*"}] or cause.fixes
    asked = [(facts.get(name), cell) for name, cell in (exact[0].pins.items() if exact else ())]
    if not asked:
        return Standing(OPEN)
    met = [_met(fact, cell, cause.kind) for fact, cell in asked]
    known = tuple(fact for fact, _ in asked if fact.state is not State.UNSEEN)
    if False in met:
        return Standing(CONFIRMED, known)
    return Standing(REFUTED if None not in met else OPEN, known)


def _met(fact: Fact, cell: str, kind: str) -> bool | None:
    if cell == "*" and kind != "missing-package":
        return None
    return cells.matches(cell, fact)


def _known(packages: Sequence[str], facts: Facts) -> list[Fact]:
    found = (facts.get(name) for name in packages)
    return [fact for fact in found if fact.state is State.KNOWN and (fact.name in facts.by_name or is_host(fact.name)
                                                                     or fact.name in facts.facts)]  # fmt: skip


def _confidence(one: Candidate, state: str) -> str:
    if state == CONFIRMED:
        return "high"
    if state == REFUTED:
        return "low"
    return "high" if one.weight >= 3 else "medium" if one.weight >= STRONG else "low"


def agreed(found: Sequence[Candidate]) -> list[Candidate]:
    """Let what is known best of a line decide for all that is found in it, and lend its fixes to one another.

    A rule of the pair that the log speaks of knows more than the table of names, and both more than a mechanism. Where
    a line has no rule, those of its chain of failures that speak of the same package decide.
    """
    lines: dict[int, list[Candidate]] = {}
    chains: dict[int, list[Candidate]] = {}
    for one in found:
        lines.setdefault(one.at, []).append(one)
        chains.setdefault(one.group, []).append(one)
    return [_agreed(one, _around(one, lines[one.at], chains[one.group])) for one in found]


def _around(one: Candidate, line: Sequence[Candidate], chain: Sequence[Candidate]) -> list[Candidate]:
    if any(other.claims for other in line):
        return list(line)
    near = [other for other in chain if other.claims and set(other.cause.packages) & set(one.cause.packages)]
    return [*line, *near]


def _agreed(one: Candidate, here: Sequence[Candidate]) -> Candidate:
    near = [other for other in here if not one.claims or set(other.cause.packages) & set(one.cause.packages)]
    pairs = [other for other in near if other.claims and not _is_name(other)]
    rules = [other for other in pairs if other.fits or other.cause.state == CONFIRMED]
    names = [other for other in near if other.claims and _is_name(other)]
    states = {other.cause.state for other in (rules or names)} - {OPEN}
    state = CONFIRMED if CONFIRMED in states else REFUTED if states == {REFUTED} else one.cause.state
    vague = [other for other in pairs if other not in rules]
    lenders = [other for other in near if other.weight >= STRONG]
    lent = [_supposed(fix) if other in vague else fix for other in lenders for fix in other.cause.fixes]
    more = [fix for fix in lent if fix not in one.cause.fixes and fix.pins]
    fixes = [*one.cause.fixes, *(more if one.cause.state == OPEN or state == REFUTED else ())]
    once: dict[str, Fix] = {}
    for fix in fixes:
        once.setdefault(_change(fix), fix)
    kept = tuple(once.values())[:MOST_FIXES]
    return one._replace(cause=dataclasses.replace(one.cause, state=state, fixes=kept))


def _supposed(fix: Fix) -> Fix:
    """Give a fix of one of several pairs, of which the log does not say that it is the one that is meant."""
    return fix if fix.note else dataclasses.replace(fix, note="what cures one of the known pairs")


def _is_name(one: Candidate) -> bool:
    return bool(one.claims and one.claims[0].package)


def _change(fix: Fix) -> str:
    return repr(
        (dict(fix.pins), dict(fix.env), fix.python, fix.reinstall, dict(fix.host), fix.note if not fix.pins else "")
    )


MOST_FIXES = 6


def confirmed_first(ordered: Sequence[Candidate]) -> list[Candidate]:
    """Give candidates with a confirmed cause of the first failure before the open and refuted ones of it."""
    if not ordered:
        return []
    first = ordered[0]
    rank = {CONFIRMED: 0, OPEN: 1, REFUTED: 2}
    same = [
        one
        for one in ordered
        if one.group == first.group and one.weight >= STRONG and one.cause.says == first.cause.says
    ]
    if first not in same:
        return list(ordered)
    moved = sorted(same, key=lambda one: (rank[one.cause.state], -one.weight))
    return [*moved, *(one for one in ordered if one not in same)]
