"""A cause that a place in the log speaks for, before it is weighed against the others."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envdoctor.diagnose.reading import Read
    from envdoctor.model import Claim, Fix
    from envdoctor.model.diagnosis import Cause, Line

STRONG = 2.0
_DECISIVE = 4.0


class Candidate(NamedTuple):
    """A cause, what it weighs, and where the log speaks for it.

    `group` is the line at which its chain of failures begins; `claims` are what of the matrix it comes from, `fits`
    says that the log speaks of all that they need.
    """

    cause: Cause
    weight: float
    group: int
    at: int
    claims: tuple[Claim, ...] = ()
    fits: bool = False


def weighed(weight: float, read: Read) -> float:
    """Give what a line weighs: a warning less than a failure, and only a decisive one as much as a cause."""
    if not read.warns or read.raised:
        return weight
    return weight - 1 if weight >= _DECISIVE else min(weight - 1, STRONG - 0.1)


def best_first(found: Iterable[Candidate]) -> list[Candidate]:
    """Give candidates in the order in which they are believed.

    What is strong comes before what is weak; then the earlier chain of failures; within a chain the heavier one.
    """
    return sorted(found, key=lambda one: (one.weight < STRONG, one.group, -one.weight, one.at))


def merged(found: Iterable[Candidate]) -> list[Candidate]:
    """Give each cause once, where it is first believed, with all lines that speak for it."""
    by_code: dict[tuple[str, tuple[str, ...]], Candidate] = {}
    for one in best_first(found):
        key = one.cause.code, one.cause.packages[:1]
        if key not in by_code:
            by_code[key] = one
            continue
        first = by_code[key]
        said = {line.text for line in first.cause.lines}
        lines = (*first.cause.lines, *(line for line in one.cause.lines if line.text not in said))
        more = tuple(fix for fix in one.cause.fixes if is_exact(fix) and fix not in first.cause.fixes)
        fixes = (*first.cause.fixes, *more) if any(map(is_exact, first.cause.fixes)) else (*more, *first.cause.fixes)
        by_code[key] = first._replace(cause=dataclasses.replace(first.cause, lines=lines[:MOST_LINES], fixes=fixes))
    return list(by_code.values())


def removed(claim: Claim) -> bool:
    """Say whether a name is missing from some release on, not before one."""
    return any(re.match(r">=?", cell.strip()) for cell in claim.when.values())


def is_exact(fix: Fix) -> bool:
    """Say whether a fix names a range, not only a package."""
    return any(cell not in ("*", "") for cell in fix.pins.values())


def tidied(fixes: Iterable[Fix]) -> tuple[Fix, ...]:
    """Give each change once; a fix that only names packages gives its place to the one that gives their range."""
    found: dict[str, Fix] = {}
    for fix in fixes:
        change = (dict(fix.pins), dict(fix.env), fix.python) if fix.pins else (fix.env, fix.reinstall, fix.note)
        found.setdefault(repr(change), fix)
    exact = [fix for fix in found.values() if is_exact(fix)]
    told: list[Fix] = []
    for fix in found.values():
        named = set(fix.pins) if not (is_exact(fix) or fix.env) else set()
        if not named.issubset(name for one in exact for name in one.pins):
            named = set()
        told += [one for one in exact if not named.isdisjoint(one.pins)] if named else [fix]
    return tuple({id(fix): fix for fix in told}.values())


MOST_LINES = 4


def shown(line: Line, most: int = 400) -> Line:
    """Give a line short enough to be shown."""
    text = line.text.strip()
    return line._replace(text=text if len(text) <= most else f"{text[:most]}…")
