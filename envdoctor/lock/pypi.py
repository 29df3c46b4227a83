"""Write and read a lock of the PyPI side: pylock.toml as the standard has it, and what only envdoctor knows in a table.

The table says for which computers it was made, what was asked for, up to which instant, and what the matrix ruled out.
A digest of the packages shows when somebody has changed them by hand.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement

from envdoctor.errors import UserError
from envdoctor.formats import pylock
from envdoctor.lock import merge, spots, toml
from envdoctor.lock.spots import Spot
from envdoctor.markers import Markers
from envdoctor.model import Fact
from envdoctor.model.locks import Ruling

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from envdoctor.formats.pylock import Lock
    from envdoctor.lock.settle import Settled
    from envdoctor.lock.wanted import Wanted
    from envdoctor.model import Facts

SCHEMA = "envdoctor.lock/1"


def document(settled: Sequence[Settled], wanted: Wanted, subject: str) -> dict[str, Any]:
    """Give the lock of computers that share a file."""
    packages = merge.packages(settled)
    python = settled[0].spot.python
    major, minor = python.split(".")
    return {
        "lock-version": "1.0",
        "environments": list(dict.fromkeys(one.spot.marker for one in settled)),
        "requires-python": f">={python},<{major}.{int(minor) + 1}",
        "created-by": "envdoctor",
        "packages": packages,
        "tool": {"envdoctor": _table(settled, wanted, subject, packages)},
    }


def _table(
    settled: Sequence[Settled], wanted: Wanted, subject: str, packages: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    rulings = list(dict.fromkeys(ruling for one in settled for ruling in one.rulings))
    table: dict[str, Any] = {
        "schema": SCHEMA,
        "subject": subject,
        "recipe": wanted.recipe.name,
        "asked": asked(wanted.requirements, wanted.bounds),
        "exclude-newer": datetime.datetime.fromisoformat(wanted.before),
        "packages": pylock.digest(packages),
        "machines": [machine(one.spot) for one in settled],
    }
    if wanted.recipe.locking.indexes:
        table["indexes"] = list(wanted.recipe.locking.indexes)
    if rulings:
        table["ruled-out"] = [
            {"code": r.code, "title": r.title, "seen": r.seen, "bounds": list(r.bounds)} for r in sorted(rulings)
        ]
    return table


def asked(requirements: Iterable[str], bounds: Iterable[str]) -> list[str]:
    """Give what a lock remembers of what was asked for."""
    return sorted({*requirements, *(f"{bound} (if there)" for bound in bounds)})


def machine(spot: Spot) -> dict[str, Any]:
    """Give what a lock remembers of a computer."""
    said = {"name": spot.name} if spot.name else {}
    said |= {"python": spot.python, "system": spot.system, "arch": spot.arch}
    said |= {"torch": spot.torch} if spot.torch else {}
    facts = {name: fact.value for name, fact in sorted(spot.facts.items())}
    return {**said, **({"facts": facts} if facts else {})}


def text(lock: Mapping[str, Any], name: str) -> str:
    """Give a lock as the text of a file called so: how it was made, how it is checked, and what it holds."""
    subject = lock["tool"]["envdoctor"]["subject"]
    return (
        f"# Made by `envdoctor lock {subject}`: what it asks for, solved under what is known to work together.\n"
        f"# Check it, and an environment against it: `envdoctor lock check {subject}`. Install: `uv pip sync {name}`.\n"
        f"# It is not to be changed by hand.\n{toml.written(lock)}"
    )


def own(lock: Lock) -> Mapping[str, Any]:
    """Give the table that envdoctor wrote into a lock; raise UserError if there is none, or a newer one."""
    table = lock.tool.get("envdoctor")
    if not isinstance(table, dict):
        raise UserError("was not made by envdoctor", place=lock.file, hint="`envdoctor lock` makes one")
    if table.get("schema") != SCHEMA:
        hint = "a newer envdoctor may read it; or make it again"
        raise UserError(f"its table is `{str(table.get('schema'))[:40]}`, not `{SCHEMA}`", place=lock.file, hint=hint)
    return table


def rulings(table: Mapping[str, Any], known: Collection[str]) -> tuple[Ruling, ...]:
    """Give what a lock says was ruled out, as far as it can be read and is still known."""
    rows = table.get("ruled-out")
    found = (
        [row for row in rows if isinstance(row, dict) and row.get("code") in known] if isinstance(rows, list) else []
    )
    every = [Ruling(row["code"], str(row.get("title")), str(row.get("seen")), _bounds(row)) for row in found]
    return tuple(ruling for ruling in every if ruling.bounds)


def _bounds(row: Mapping[str, Any]) -> tuple[str, ...]:
    bounds = row.get("bounds")
    try:
        return tuple(str(Requirement(bound)) for bound in bounds) if isinstance(bounds, list) else ()
    except (InvalidRequirement, TypeError):
        return ()


def spots_of(lock: Lock) -> list[Spot]:
    """Give the computers that a lock was made for; raise UserError if it does not say."""
    rows = own(lock).get("machines")
    try:
        return [_spot(row) for row in rows] if isinstance(rows, list) and rows else [_spot({})]
    except (KeyError, TypeError, AttributeError, ValueError):
        hint = "make it again: a lock is not written by hand"
        raise UserError("does not say for which computers it was made", place=lock.file, hint=hint) from None


def _spot(row: Mapping[str, Any]) -> Spot:
    facts = {str(name): Fact(str(name), str(value), "the lock") for name, value in row.get("facts", {}).items()}
    python, system, arch = (str(row[key]) for key in ("python", "system", "arch"))
    return spots.checked(Spot(str(row.get("name", "")), python, system, arch, str(row.get("torch", "")), facts))


def versions(lock: Lock, facts: Facts) -> dict[str, str]:
    """Give what a lock installs on a computer."""
    markers = Markers(facts)
    held = [entry for entry in lock.entries if markers.may_hold(entry.marker)]
    return {entry.name: entry.specifier[2:] for entry in held if entry.specifier}
