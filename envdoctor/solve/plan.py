"""Merge the fixes of several findings into single changes, the likeliest first."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from packaging.version import Version

from envdoctor import cells
from envdoctor.model import Fix

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from envdoctor.model import Facts, Finding

MOST = 200


def alternatives(findings: Sequence[Finding], facts: Facts) -> list[Fix]:
    """Give every combination of one fix a finding: in the order of the alternatives, then fewest changes first."""
    choices = [tuple(enumerate(_usable(finding))) for finding in findings]
    combinations = itertools.islice(itertools.product(*choices), MOST)
    ranked = [(sum(rank for rank, _ in chosen), merged([fix for _, fix in chosen])) for chosen in combinations]
    ranked.sort(key=lambda pair: (pair[0], changes(pair[1], facts)))
    return list({_key(fix): fix for _, fix in ranked}.values())


def curable(finding: Finding) -> bool:
    """Say whether something can be typed against a finding."""
    return bool(_usable(finding))


def _usable(finding: Finding) -> list[Fix]:
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
            pins[name] = cells.both(pins.get(name, "*"), cell)
        env |= fix.env
        gives |= fix.gives
        host |= fix.host
    return Fix(
        pins=_ordered(pins),
        env=env,
        gives=gives,
        host=host,
        python=next((fix.python for fix in several if fix.python), None),
        reinstall=_all(fix.reinstall for fix in several),
        split=_all(fix.split for fix in several),
        note="; ".join(_all((fix.note,) for fix in several if fix.note)),
    )


def _ordered(pins: Mapping[str, str]) -> dict[str, str]:
    """Drop a clause that a stricter one of the same package makes idle."""
    return {name: simplified(cell) for name, cell in pins.items()}


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


def _key(fix: Fix) -> tuple[object, ...]:
    return (tuple(sorted(fix.pins.items())), tuple(sorted(fix.env, key=str)), fix.python, fix.reinstall)
