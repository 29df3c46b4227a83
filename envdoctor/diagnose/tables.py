"""Ask the tables of releases that belong together what goes with the release that a log or a target states.

A mechanism knows that two packages do not fit; the table of the two knows which ones do.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from envdoctor import cells
from envdoctor.diagnose.candidates import is_exact
from envdoctor.model import Fix, State, is_host
from envdoctor.model.diagnosis import ENVIRONMENT, REFUTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from envdoctor.model import Claim, Fact, Facts, Row
    from envdoctor.model.diagnosis import Cause

    Tables = Callable[[Sequence[str]], Sequence[Claim]]

_TOOLKIT = "cuda.toolkit"
_PAIRED = frozenset({"abi", "version-pair", "numpy-abi", "protobuf", "mixed-install", "cpu-only-build"})


def answered(cause: Cause, tables: Tables, facts: Facts) -> Cause:
    """Give a cause whose two first packages stand in a table with the releases that belong together."""
    if cause.says != ENVIRONMENT or cause.state == REFUTED or any(map(is_exact, cause.fixes[:1])):
        return cause
    if cause.kind == "cuda-toolkit":
        return _rebuilt(cause, tables, facts.get(_TOOLKIT))
    if cause.kind not in _PAIRED:
        return cause
    found = [fix for claim in tables(cause.packages[:3]) for fix in _fixes(claim, cause.packages[:3], facts)]
    found.sort(key=lambda fix: cause.packages[0] not in fix.pins)
    return dataclasses.replace(cause, fixes=(*found[:2], *cause.fixes)) if found else cause


def _rebuilt(cause: Cause, tables: Tables, toolkit: Fact) -> Cause:
    """Give a cause between a toolkit and a framework with the releases that are built with the toolkit's CUDA."""
    for claim in tables(cause.packages[:1]) if toolkit.state is State.KNOWN else ():
        built = f"{claim.key}.cuda"
        keys = list(dict.fromkeys(row.when[claim.key] for row in claim.rows))
        having = {
            row.when[claim.key] for row in claim.rows if row.needs.get(built, row.when.get(built)) == toolkit.value
        }
        places = [place for place, key in enumerate(keys) if key in having]
        if places:
            later = keys[places[-1] + 1 : places[-1] + 2]
            cell = ",".join([f">={_start(keys[places[0]])}", *(f"<{_start(key)}" for key in later)])
            fix = Fix(pins={claim.key: cell}, note=f"of its wheels for CUDA {toolkit.value}, from their own index")
            return dataclasses.replace(cause, fixes=(fix, *cause.fixes))
    return cause


def _start(cell: str) -> str:
    return cell.removesuffix(".*").lstrip("=<>~! ").partition(",")[0]


def _fixes(claim: Claim, packages: Sequence[str], facts: Facts) -> Iterator[Fix]:
    """Give the pins of a table: the columns of the key's release, the key of a column's, else the newest pair."""
    columns = [name for name in claim.columns if name in packages and not is_host(name)]
    if is_host(claim.key) or claim.key not in packages or not columns:
        return
    key = facts.get(claim.key)
    known = [(name, fact) for name in columns if (fact := facts.get(name)).state is State.KNOWN]
    if key.state is State.KNOWN and (row := _row_of(claim, key)):
        yield Fix(pins=_cells(row, columns), note=f"what belongs to {key.name} {key.value}")
    if known and (row := _row_with(claim, *known[0])):
        yield Fix(
            pins={claim.key: _pin(row.when[claim.key])}, note=f"what belongs to {known[0][0]} {known[0][1].value}"
        )
    if key.state is not State.KNOWN and not known and (newest := _cells(claim.rows[-1], columns)):
        pins = {claim.key: _pin(claim.rows[-1].when[claim.key]), **newest}
        yield Fix(pins=pins, note="the newest that belong together; `--target` names those for what is installed")


def _row_of(claim: Claim, key: Fact) -> Row | None:
    return next((row for row in claim.rows if cells.matches(row.when[claim.key], key)), None)


def _row_with(claim: Claim, name: str, fact: Fact) -> Row | None:
    """Give the newest row that a column's release stands in."""
    return next((row for row in reversed(claim.rows) if cells.matches(row.needs.get(name, "absent"), fact)), None)


def _cells(row: Row, columns: Sequence[str]) -> dict[str, str]:
    wanted = {name: row.needs.get(name, "*") for name in columns}
    return {name: _pin(cell) for name, cell in wanted.items() if cell not in ("*", "absent")}


def _pin(cell: str) -> str:
    return cells.specifier(cell)
