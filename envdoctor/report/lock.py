"""Lay out what became of locks: where they are, what they bring, what was ruled out, what moved."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from envdoctor import __version__
from envdoctor.report.layout import Line, clean, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from envdoctor.model.locks import Change, Written

SCHEMA = "envdoctor.locks/1"


def lines(locks: Iterable[Written], width: int) -> Iterator[Line]:
    """Give the lines for a terminal of some width."""
    for number, one in enumerate(locks):
        yield from [Line("")] if number else []
        yield from wrapped(_head(one), width, style="bold")
        for code, title, seen, bounds in one.rulings:
            yield from wrapped(f"ruled out {code}: {title} ({seen}), by {', '.join(bounds)}", width, indent=2)
        if one.builds:
            yield from wrapped(f"installing builds {', '.join(one.builds)} (no wheel)", width, indent=2)
        if one.yanked:
            told = f"withdrawn by their makers, and taken as they are pinned or locked: {', '.join(one.yanked)}"
            yield from wrapped(told, width, indent=2)
        for path in one.rendered:
            yield from wrapped(f"rendered: {path}", width, indent=2)
        yield from _moved(one.moved)


def _head(one: Written) -> str:
    whom = [*one.machines, *([f"Python {one.python}"] if one.python else [])]
    where = f" for {', '.join(whom)}" if whom else ""
    size = f", {_size(one.size)} to download" if one.size else ""
    state = "as it was" if one.same else "not written" if one.dry else "written"
    return f"{one.path}: {one.packages} packages{where}{size}, up to {one.before}: {state}"


def _size(count: int) -> str:
    return f"{count / 1_000_000:,.0f} MB" if count >= 1_000_000 else f"{count / 1_000:,.0f} kB"


def _moved(changes: Sequence[Change]) -> Iterator[Line]:
    room = max((len(one.name) for one in changes), default=0)
    for one in changes:
        what = (
            f"{one.was} → {one.becomes}" if one.was and one.becomes else f"+ {one.becomes}" if one.becomes else "gone"
        )
        why = f"  ({one.why})" if one.why else ""
        yield Line(clean(f"  {one.name:{room}}  {what}{why}"))


def render(locks: Sequence[Written]) -> str:
    """Give the same as one JSON document."""
    document = {
        "schema": SCHEMA,
        "tool": {"name": "envdoctor", "version": __version__},
        "locks": [
            {
                **one._asdict(),
                "rulings": [ruling._asdict() for ruling in one.rulings],
                "moved": [change._asdict() for change in one.moved],
            }
            for one in locks
        ],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
