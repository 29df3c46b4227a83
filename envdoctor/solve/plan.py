"""Merge the fixes of several findings into single changes, the likeliest first.

One fix often ends several errors: after each choice the target is judged as it would then be, and only what still
stands is asked for its own fix. What a fix gives is known from the day it was executed.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from packaging.version import Version

from envdoctor import cells
from envdoctor.model import Fix
from envdoctor.solve import overlay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from envdoctor.model import Facts, Finding

    Judge = Callable[[Facts], Sequence[Finding]]
    Key = tuple[str, tuple[str, ...]]

MOST_WAYS = 20


def ways(errors: Sequence[Finding], facts: Facts, judge: Judge) -> list[Fix]:
    """Give the changes that end all curable errors: in the order of their alternatives, then fewest changes first."""
    wanted = {key(error) for error in errors}
    found = itertools.islice(_expanded(list(errors), Fix(), facts, judge, wanted, 0), MOST_WAYS)
    ranked = sorted(found, key=lambda pair: (pair[0], changes(pair[1], facts)))
    return list({_shape(fix): fix for _, fix in ranked}.values())


def _expanded(
    errors: list[Finding], fix: Fix, facts: Facts, judge: Judge, wanted: set[Key], rank: int
) -> Iterator[tuple[int, Fix]]:
    """Choose a fix for the first error, judge what is left, and go on; `wanted` are the errors not yet chosen for."""
    if not errors:
        yield rank, fix
        return
    first = errors[0]
    left = wanted - {key(first)}
    for number, choice in enumerate(usable(first)):
        then = overlay.changed(facts, choice, _given(choice, first))
        standing = [error for error in judge(then) if key(error) in left and usable(error)]
        yield from _expanded(standing, merged([fix, choice]), then, judge, left, rank + number)


def _given(fix: Fix, finding: Finding) -> dict[str, str]:
    """Give the versions that a fix is known to bring, of what it pins and of what the finding speaks of."""
    spoken = {*fix.pins, *finding.packages}
    exact = {name: cell[2:] for name, cell in fix.pins.items() if cell.startswith("==") and "*" not in cell}
    return {**exact, **{name: version for name, version in fix.gives.items() if name in spoken}}


def key(finding: Finding) -> Key:
    """Give what makes two findings of two looks the same one: the code and whom it blames."""
    return finding.code, finding.culprit


def usable(finding: Finding) -> list[Fix]:
    """Give the fixes of a finding that can be typed."""
    return [fix for fix in finding.fixes if fix.pins or fix.env or fix.python or fix.reinstall]


def merged(fixes: Iterable[Fix]) -> Fix:
    """Give one fix that does all that several do."""
    pins: dict[str, str] = {}
    env: dict[str, str | None] = {}
    gives: dict[str, str] = {}
    host: dict[str, str] = {}
    several = list(fixes)
    for fix in several:
        for name, cell in fix.pins.items():
            pins[name] = simplified(cells.both(pins.get(name, "*"), cell))
        env |= fix.env
        gives |= fix.gives
        host |= fix.host
    return Fix(
        pins=pins,
        env=env,
        gives=gives,
        host=host,
        python=next((fix.python for fix in several if fix.python), None),
        reinstall=_all(fix.reinstall for fix in several),
        split=_all(fix.split for fix in several),
        note="; ".join(_all((fix.note,) for fix in several if fix.note)),
    )


def simplified(cell: str) -> str:
    """Give a range without upper bounds that a lower one makes idle (`<82,<81` → `<81`)."""
    clauses = cell.split(",")
    uppers = [clause for clause in clauses if clause.startswith("<") and not clause.startswith("<=")]
    if len(uppers) < 2:
        return cell
    lowest = min(uppers, key=lambda clause: Version(clause[1:].strip()))
    return ",".join([clause for clause in clauses if clause not in uppers] + [lowest])


def _all(groups: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(itertools.chain.from_iterable(groups)))


def changes(fix: Fix, facts: Facts) -> int:
    """Count what a fix changes in a target: packages that are not already as it wants them, variables, the Python."""
    moved = [name for name, cell in fix.pins.items() if not cells.matches(cell, facts.get(name))]
    return len(moved) + len(fix.env) + len(fix.reinstall) + bool(fix.python)


def _shape(fix: Fix) -> tuple[object, ...]:
    return _items(fix.pins), _items(fix.env), fix.python, fix.reinstall


def _items(mapping: Mapping[str, str | None]) -> tuple[tuple[str, str | None], ...]:
    return tuple(sorted(mapping.items()))
