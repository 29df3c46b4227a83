"""Merge the fixes of several findings into single changes, the likeliest first.

One fix often ends several errors: after each choice the target is judged as it would then be, and only what still
stands is asked for its own fix. What a fix gives is known from the day it was executed.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

from packaging.version import Version

from envdoctor import cells
from envdoctor.model import Fix
from envdoctor.solve import overlay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from envdoctor.model import Facts, Finding, Recipe

    Judge = Callable[[Facts], Sequence[Finding]]
    Key = tuple[str, tuple[str, ...]]

MOST_WAYS = 20
UNMET = "RECIPE002"  # what a pin breaks that lies outside the range of the recipe's own wish


class Way(NamedTuple):
    """A change that ends every curable error, and the codes of the errors that it would bring in their place."""

    fix: Fix
    brings: tuple[str, ...] = ()


def ways(errors: Sequence[Finding], recipe: Recipe, facts: Facts, judge: Judge) -> list[Way]:
    """Give the changes that end all curable errors: those that bring no other first, then in their own order."""
    known = {key(error) for error in judge(facts)}
    branches = _expanded(_Branch(Fix(), facts, 0, {key(error) for error in errors}), list(errors), judge)
    found = [_way(branch, known, recipe, judge) for branch in itertools.islice(branches, MOST_WAYS)]
    ranked = sorted(found, key=lambda pair: (bool(pair[1].brings), pair[0], changes(pair[1].fix, facts)))
    return list({_shape(way.fix): way for _, way in ranked}.values())


class _Branch(NamedTuple):
    """What was chosen, the target as it would then be, how far down the alternatives, the errors left to choose for."""

    fix: Fix
    facts: Facts
    rank: int
    wanted: set[Key]


def _expanded(branch: _Branch, errors: list[Finding], judge: Judge) -> Iterator[_Branch]:
    """Choose a fix for the first error, judge what is left, and go on."""
    if not errors:
        yield branch
        return
    for number, (choice, chosen) in enumerate(_choices(errors)):
        given: dict[str, str] = {}
        for finding in chosen:
            given |= _given(choice, finding)
        then = overlay.changed(branch.facts, choice, given)
        left = branch.wanted - {key(finding) for finding in chosen}
        standing = [error for error in judge(then) if key(error) in left and usable(error)]
        yield from _expanded(_Branch(merged([branch.fix, choice]), then, branch.rank + number, left), standing, judge)


def _choices(errors: Sequence[Finding]) -> list[tuple[Fix, list[Finding]]]:
    """Give the fixes of the first error; what is only missing is added all at once, for there is nothing to choose."""
    missing = [error for error in errors if error.kind == "missing-package" and len(usable(error)) == 1]
    if errors[0] in missing:
        return [(merged(usable(error)[0] for error in missing), missing)]
    return [(fix, [errors[0]]) for fix in usable(errors[0])]


def _way(branch: _Branch, known: set[Key], recipe: Recipe, judge: Judge) -> tuple[int, Way]:
    pins, installed = branch.fix.pins, branch.facts.by_name
    settled = {name: version for name, version in branch.fix.gives.items() if name in installed}
    after = judge(overlay.changed(branch.facts, branch.fix, settled))
    new = [error.code for error in after if key(error) not in known]
    blocked = [UNMET for wish in recipe.packages if not cells.overlap(pins.get(wish.name, "*"), wish.specifier)]
    return branch.rank, Way(branch.fix, tuple(dict.fromkeys([*new, *blocked])))


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
