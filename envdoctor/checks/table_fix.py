"""Work out the fixes of a broken claim: those it states, or for a table the row's own cells.

A table's fix changes the columns that miss; where the recipe pins such a column, it changes the key instead, to the
row that holds the pinned column.
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
    blocked = any(_pinned(case.recipe, miss.fact.name, miss.cell) for miss in broken.misses)
    ordered = [key, columns] if blocked else [columns, key]
    return tuple(fix for fix in ordered if fix is not None)


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


def _pinned(recipe: Recipe, name: str, cell: str) -> bool:
    """Say whether the recipe asks for versions of a package that a cell excludes."""
    wish = recipe.wish(name)
    if wish is None or not wish.specifier:
        return False
    exact = [part.removeprefix("==").removesuffix(".*") for part in wish.specifier.split(",") if part.startswith("==")]
    return any(not cells.contains(cell, version) for version in exact)
