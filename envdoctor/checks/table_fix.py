"""Work out the fixes of a broken claim: those it states, or for a table the row's own cells.

A table's fix changes the columns that miss, or the key, to a row that holds what is there; the one that the recipe's
own wishes leave room for comes first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor import cells
from envdoctor.model import Fix, State, is_host

if TYPE_CHECKING:
    from envdoctor.checks.judge import Broken
    from envdoctor.model import Case, Claim, Recipe


def fixes_of(claim: Claim, broken: Broken, case: Case) -> tuple[Fix, ...]:
    """Give the fixes of a broken claim, the one to try first in front."""
    if claim.fixes or not claim.key:
        return claim.fixes
    columns = _change_columns(broken)
    key = _change_key(claim, broken, case)
    ordered = [fix for fix in (columns, key) if fix is not None]
    return tuple(sorted(ordered, key=lambda fix: not _allowed(fix, case.recipe)))


def _allowed(fix: Fix, recipe: Recipe) -> bool:
    """Say whether the recipe's own wishes leave room for the pins of a fix."""
    wishes = {wish.name: wish.specifier for wish in recipe.packages}
    return all(cells.overlap(cell, wishes.get(name, "*")) for name, cell in fix.pins.items())


def _change_columns(broken: Broken) -> Fix | None:
    wanted = {miss.fact.name: _pin(miss.cell) for miss in broken.misses}
    pins = {name: cell for name, cell in wanted.items() if not is_host(name)}
    host = {name: cell for name, cell in wanted.items() if is_host(name) and name != "python"}
    python = wanted.get("python")
    return Fix(pins=pins, python=python, host=host) if pins or host or python else None


def _change_key(claim: Claim, broken: Broken, case: Case) -> Fix | None:
    """Pin the key to the newest row that what is there would satisfy."""
    if is_host(claim.key):
        return None
    for row in reversed(claim.rows):
        seen = {name: case.facts.get(name) for name in row.needs}
        wrong = [n for n, fact in seen.items() if fact.state is State.KNOWN and not cells.matches(row.needs[n], fact)]
        if not wrong and row != broken.row:
            return Fix(pins={claim.key: _pin(row.when[claim.key])})
    return None


def _pin(cell: str) -> str:
    return cell if cell in ("*", "absent", "unset", "set") else cells.specifier(cell)
