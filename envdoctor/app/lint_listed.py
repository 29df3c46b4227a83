"""Lint what the matrix only lists, builds that stand in for others and facts that follow from names; and old sources.

A name may say one thing. What follows is looked for one step away: a build that stands in for another stand-in is never
reached. What the examples of claims say of a name is what follows from it, and no fix gives a package together with a
build that stands in for it.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, NamedTuple

from envdoctor import matrix
from envdoctor.app.knowledge import OLD
from envdoctor.errors import UserError
from envdoctor.matrix import entries, implied

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from envdoctor.matrix.entries import Entry
    from envdoctor.model import Claim, Place


class Said(NamedTuple):
    """What a name says: of which component (or that it stands in for one), which value, and where that stands."""

    component: str
    name: str
    value: str
    place: Place
    kind: str = "implied"


def mistakes(folders: Sequence[Path], claims: Sequence[Claim]) -> Iterator[UserError]:
    """Give every mistake in what is only listed, and every old source: of the further folders, else of the bundled."""
    said: list[Said] = []
    for folder in (matrix.BUNDLED, *folders):
        own = folder != matrix.BUNDLED or not folders
        found = list(_entries(folder, every=own))
        here = [one for entry in found for one in _said(entry)]
        yield from _twice(here)
        yield from _old(found) if own else ()
        said += here
    yield from _unreached(said)
    yield from _given_twice(said, claims)
    yield from _against(said, claims)


def _entries(folder: Path, *, every: bool) -> Iterator[Entry]:
    """Give the entries of a folder, or of those of its files alone that hold something to follow from."""
    for path in sorted(folder.rglob("*.yml")):
        source = path.read_text(encoding="utf-8")
        if every or "- implied:" in source or "- stands-in:" in source:
            yield from entries.read(source, str(path))


def _said(entry: Entry) -> Iterator[Said]:
    if entry.kind == "stands-in":
        for replaced, names in entry.holds.items():
            yield from (Said(replaced, name, replaced, entry.places[name], entry.kind) for name in names)
    if entry.kind == "implied":
        for component, found in entry.holds.items():
            yield Said(component, "", found["by"], entry.place, "by")
            yield from (Said(component, name, v, entry.places[name]) for name, (v, _) in found["names"].items())


def _twice(said: Sequence[Said]) -> Iterator[UserError]:
    """Name what one folder says in two ways: a later entry would silently win."""
    first: dict[tuple[str, str, str], Said] = {}
    for one in said:
        other = first.setdefault((one.kind, "" if one.kind == "stands-in" else one.component, one.name), one)
        if other.value != one.value:
            what = f"`{one.name}`" if one.name else f"`{one.component}`"
            told = f"{what} says {one.value} here, and {other.value} elsewhere"
            yield UserError(told, place=one.place, hint=f"also at {other.place}")


def _old(found: Sequence[Entry]) -> Iterator[UserError]:
    today = datetime.datetime.now(datetime.UTC).date()
    for entry in found:
        if today - datetime.date.fromisoformat(entry.checked) > OLD:
            told = f"{entry.code or entry.kind}: its source was read more than a year ago"
            yield UserError(told, place=entry.places["checked"], hint="look again, or `rules verify`, and write today")


def _unreached(said: Sequence[Said]) -> Iterator[UserError]:
    """Name what is looked for one step away alone: a stand-in of a stand-in, a fact that follows from such a fact."""
    stands = {one.name for one in said if one.kind == "stands-in"}
    implied_ = {one.component for one in said if one.kind == "by"}
    for one in said:
        if one.kind == "stands-in" and one.component in stands:
            told = f"`{one.name}` is never reached: `{one.component}` itself stands in for another package"
            yield UserError(told, place=one.place, hint="name that package")
        if one.kind == "by" and one.value in implied_:
            told = f"`{one.component}` is never reached: `{one.value}` itself follows from another fact"
            yield UserError(told, place=one.place, hint="name that fact")


def _given_twice(said: Sequence[Said], claims: Sequence[Claim]) -> Iterator[UserError]:
    stands = {one.name: one for one in said if one.kind == "stands-in"}
    for claim in claims:
        for name in {name for fix in claim.fixes for name in fix.gives if name in stands}:
            if any({name, stands[name].component} <= fix.gives.keys() for fix in claim.fixes):
                told = f"{claim.code}: a fix gives {stands[name].component} and {name}, which stands in for it"
                yield UserError(told, place=claim.place or "")


def _against(said: Sequence[Said], claims: Sequence[Claim]) -> Iterator[UserError]:
    """Name the examples that say of a known name something else than what follows from it."""
    for by in (one for one in said if one.kind == "by"):
        component, named = by.component, by.value
        known = {one.name: (one.value, "") for one in said if one.component == component and one.name}
        for claim in claims:
            for example in (*claim.bad, *claim.good):
                told = implied.of_name(example.get(named, ""), known)
                if told and example.get(component, told[0]) != told[0]:
                    problem = f"{claim.code}: {example[named]} has {component} {told[0]}, not {example[component]}"
                    yield UserError(problem, place=claim.place or "")
