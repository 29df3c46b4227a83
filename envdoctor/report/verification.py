"""Give what trials of claims showed as lines: what contradicts a claim, what could not be tried, and the counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.report.layout import Line, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from envdoctor.model.verification import Verification


def told(found: Verification) -> str:
    """Give what came of a claim in a few words."""
    if found.refuted:
        return f"{found.code} contradicted"
    if not found.tried:
        return f"{found.code} not tried"
    return f"{found.code} {'executed' if found.executed else 'holds'}"


def lines(found: Sequence[Verification], left: Sequence[str], rewritten: int, width: int = 80) -> Iterator[Line]:
    """Give the report of a run."""
    for one in sorted(found, key=lambda verification: verification.code):
        for outcome in one.outcomes:
            if not outcome.held:
                verdict, style = ("contradicted", "error") if outcome.held is False else ("not tried", "unknown")
                yield from wrapped(f"{verdict} {one.code}, {outcome.role}: {outcome.told}", width, style=style)
    executed, wrong = sum(one.executed for one in found), sum(one.refuted for one in found)
    yield Line(f"{len(found)} claims tried: {executed} executed, {wrong} contradicted", "error" if wrong else "ok")
    if rewritten:
        yield Line(f"{rewritten} entries brought up to date")
    if left:
        yield Line(f"{len(left)} left for the next run: no time or no disk", "warning")
