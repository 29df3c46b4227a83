"""Judge one claim against facts: silent, held, broken (how), waiting for a fact, or past what the table knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from envdoctor import cells
from envdoctor.model import Row, State, is_host

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envdoctor.model import Claim, Fact, Facts


_OF_GPUS = ("gpu.", "cuda.", "cudnn", "nccl", "driver", "accelerator")


class Broken(NamedTuple):
    """The row that comes nearest, what of it is missed, and what was not seen of it."""

    row: Row
    misses: tuple[Miss, ...]


class Miss(NamedTuple):
    """One component that does not meet its cell; `guessed` if it was required but could not be seen."""

    fact: Fact
    cell: str
    guessed: bool = False


class Past(NamedTuple):
    """The key lies outside the range that the table knows, or no row speaks of it."""

    key: Fact


class Good(NamedTuple):
    """The claim applies and holds."""


class Blind(NamedTuple):
    """A fact that decides was not seen."""

    fact: Fact


Judgement = Broken | Past | Good | Blind | None


def judge(claim: Claim, facts: Facts) -> Judgement:
    """Give the judgement of a claim, or None if it does not apply."""
    if claim.key:
        if all(facts.get(name).state is State.ABSENT for name in claim.columns):
            return None
        key = facts.get(claim.key)
        if key.state is State.KNOWN and not cells.contains(claim.known, key.value):
            return Past(key)
    applies, unseen = _applies(claim.when, facts)
    if not applies or (facts.stands and _of_another_build(claim, facts)):
        return None
    if unseen is not None:
        return Blind(unseen)
    rows = [row for row in claim.rows if _applies(row.when, facts)[0]]
    if not rows:
        return Past(facts.get(claim.key))
    return _nearest([_row(row, facts) for row in rows])


def _of_another_build(claim: Claim, facts: Facts) -> bool:
    """Say whether a claim is not to be carried over to what stands in for a package.

    One that names both is about having both, and what a build holds for GPUs says nothing of another build.
    """
    named = {*claim.when, *(name for row in claim.rows for name in (*row.when, *row.needs, *row.requires))}
    carried = [real for replaced, real in facts.stands.items() if replaced in named]
    return any(real in named for real in carried) or (bool(carried) and any(n.startswith(_OF_GPUS) for n in named))


def _applies(when: Mapping[str, str], facts: Facts) -> tuple[bool, Fact | None]:
    """Say whether all cells match, and the first fact that could not be seen if nothing else decides."""
    unseen = None
    for name, cell in when.items():
        fact = facts.get(name)
        matched = cells.matches_any(cell, fact)
        if matched is False:
            return False, None
        if matched is None and unseen is None:
            unseen = fact
    return True, unseen


def _row(row: Row, facts: Facts) -> Judgement:
    misses: list[Miss] = []
    blind: Fact | None = None
    for name, cell in row.needs.items():
        fact = facts.get(name)
        matched = cells.matches(cell, fact)
        if matched is None:
            blind = blind or fact
        elif not matched and (fact.state is State.KNOWN or cell == "set"):
            misses.append(Miss(fact, cell))
    for name, cell in row.requires.items():
        fact = facts.get(name)
        if fact.state is State.UNSEEN and not is_host(name):
            misses.append(Miss(fact, cell, guessed=True))
        elif not cells.matches(cell, fact):
            misses.append(Miss(fact, cell))
    if misses or not (row.needs or row.requires):
        return Broken(row, tuple(misses))
    if blind is not None:
        return Blind(blind)
    there = any(facts.get(name).state is State.KNOWN for name in (*row.needs, *row.requires))
    return Good() if there else None  # nothing that the claim speaks of is there


def _nearest(answers: list[Judgement]) -> Judgement:
    """Give the best answer of several rows: one that holds, one that waits, else the one with the fewest misses."""
    for kind in (Good, Blind):
        for answer in answers:
            if isinstance(answer, kind):
                return answer
    if None in answers:
        return None
    return min((a for a in answers if isinstance(a, Broken)), key=lambda broken: len(broken.misses), default=None)
