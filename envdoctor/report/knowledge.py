"""Give what the matrix knows as lines: an explanation, the table of families, the mistakes of a lint."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from envdoctor.report.layout import Line, change, clean, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from envdoctor.model import Claim
    from envdoctor.model.diagnosis import Mechanism
    from envdoctor.model.releases import NameHistory, Span

_HOLE = re.compile(r"\{(\w+)\}")


def documentation(text: str, width: int = 80) -> Iterator[Line]:
    """Give the documentation of a check, its paragraphs laid out anew."""
    for number, paragraph in enumerate(text.split("\n\n")):
        yield from [Line("")] if number else []
        yield from (Line(clean(line)) for line in textwrap.wrap(" ".join(paragraph.split()), max(width, 40)))


def claims(found: Iterable[Claim], old: Sequence[str], width: int = 80) -> Iterator[Line]:
    """Give claims with their cause, fixes, what was refuted, source and date."""
    for claim in found:
        yield from wrapped(f"{claim.code}: {claim.title}", width, style="bold")
        if claim.cause:
            yield from wrapped(f"cause: {claim.cause}", width, indent=2)
        yield from _applies(claim, width)
        for fix in claim.fixes:
            yield from wrapped(f"fix: {change(fix)}", width, indent=2, style="fix")
            if fix.gives:
                yield from wrapped(f"gave {_set(fix.gives)}", width, indent=4, style="dim")
        for tried, outcome in claim.refuted:
            yield from wrapped(f"not a fix: {tried}: {outcome}", width, indent=2, style="warning")
        yield from _origin(claim, old, width)
        yield Line("")


def _origin(known: Claim | Mechanism, old: Sequence[str], width: int) -> Iterator[Line]:
    yield from wrapped(f"source: {known.source}", width, indent=2, style="dim")
    stale = "; older than a year" if known.code in old else ""
    yield Line(f"  {known.evidence}, checked {known.checked}{stale}", "dim")


def mechanism(known: Mechanism, old: Sequence[str], width: int = 80) -> Iterator[Line]:
    """Give a way in which jobs die, with the words that tell it; `<word>` is filled from the log."""
    told = {"environment": f"the environment ({known.kind})", "harmless": "no harm"}
    yield from wrapped(f"{known.code}: {_open(known.title)}", width, style="bold")
    yield from wrapped(f"says: {told.get(known.says, 'not the environment')}", width, indent=2)
    yield from wrapped(f"cause: {_open(known.cause)}", width, indent=2)
    for pattern in known.patterns:
        yield from wrapped(f"told by: {pattern}", width, indent=2, style="dim")
    if known.near:
        yield from wrapped(f"where the log speaks of: {', '.join(known.near)}", width, indent=2, style="dim")
    for fix in known.fixes:
        changed = " ".join([change(fix), f"({fix.note})" if fix.note else ""]).strip()
        yield from wrapped(f"fix: {_open(changed)}", width, indent=2, style="fix")
    yield from _origin(known, old, width)


def _open(text: str) -> str:
    return _HOLE.sub(r"<\1>", text)


def time_line(history: NameHistory, width: int = 80) -> Iterator[Line]:
    """Give which releases of a package have a name, oldest first."""
    many = f"{history.read} of {len(history.answers)} read, the others lie between two that answer alike"
    yield from wrapped(f"releases of {history.package} with {history.name}", width, style="bold")
    spans = history.spans
    column = max(len(_span(span)) for span in spans)
    yield from (Line(clean(f"  {_span(span):{column}}  {_ANSWERS[span.has]}"), _STYLES[span.has]) for span in spans)
    yield from wrapped(many + (f"; {history.reason}" if history.reason else ""), width, indent=2, style="dim")


def _span(span: Span) -> str:
    return span.first if span.first == span.last else f"{span.first} to {span.last}"


_ANSWERS = {True: "there", False: "not there", None: "cannot tell"}
_STYLES = {True: "", False: "warning", None: "dim"}


def _applies(claim: Claim, width: int) -> Iterator[Line]:
    if claim.key:
        yield from wrapped(f"known for {claim.key} {claim.known}", width, indent=2)
        for row in claim.rows:
            yield from wrapped(f"{_set(row.when)}: {_set(row.needs)}", width, indent=4)
        return
    yield from wrapped(f"when {_set(claim.when)}", width, indent=2)
    for row in claim.rows:
        for label, cells in (("needs", row.needs), ("requires", row.requires)):
            if cells:
                yield from wrapped(f"{label} {_set(cells)}", width, indent=2)
    if claim.uses:
        yield from wrapped(f"an error where {', '.join(claim.uses)} is used", width, indent=2)


def _set(cells: Mapping[str, str]) -> str:
    return ", ".join(name if cell == "*" else f"{name} {cell}" for name, cell in cells.items())


def families(rows: Sequence[tuple[str, int, int, Mapping[str, int], str]]) -> Iterator[Line]:
    """Give the table of claims and names by family and grade, with the oldest day."""
    grades = list(rows[0][3]) if rows else []
    head = f"{'family':8}{'claims':>7}{'names':>7}" + "".join(f"{grade:>11}" for grade in grades)
    yield Line(f"{head}  oldest", "bold")
    for name, claims_, names, by_grade, oldest in rows:
        counted = "".join(f"{by_grade[grade]:11}" for grade in grades)
        yield Line(f"{name:8}{claims_:7}{names:7}{counted}  {oldest}")
    total = "".join(f"{sum(row[3][grade] for row in rows):11}" for grade in grades)
    first = min((row[4] for row in rows), default="")
    yield Line(f"{'all':8}{sum(row[1] for row in rows):7}{sum(row[2] for row in rows):7}{total}  {first}", "bold")
