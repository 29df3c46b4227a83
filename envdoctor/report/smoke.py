"""Give what trials showed: a line a trial with its figures, the problems as `check` does, and benchmarks as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol

from envdoctor.report import layout
from envdoctor.report.layout import Line, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from envdoctor.model import Report
    from envdoctor.model.smoke import Attempt, Figure, Ran


class Told(Protocol):
    """A trial that can be asked for."""

    @property
    def name(self) -> str:
        """How to ask for it."""

    @property
    def group(self) -> str:
        """The group it is in."""

    @property
    def needs(self) -> tuple[str, ...]:
        """The packages it needs."""

    @property
    def proves(self) -> str:
        """What it proves."""


def trials(known: Sequence[Told], width: int = 80) -> Iterator[Line]:
    """Give the list of all trials, by group and by what they need."""
    for needs, group in dict.fromkeys((one.needs, one.group) for one in known):
        yield Line(f"{group} ({', '.join(needs)})", "bold")
        for one in known:
            if (one.needs, one.group) == (needs, group):
                yield from wrapped(f"{one.name}: {one.proves}", width, indent=2)


def lines(report: Report, ran: Sequence[Ran], width: int = 80, volume: int = layout.NORMAL) -> Iterator[Line]:
    """Give the lines of a report for a terminal of some width."""
    wrong = {finding.title.split(":")[0].split(" ")[0] for finding in report.findings}
    told = list(layout.lines(report, width=width, volume=volume))
    start = next((number for number, line in enumerate(told) if not line.text), len(told))
    yield from (line for line in told[:start] if line.style == "bold")
    for one in ran:
        spent = f"{one.spent.get('cpu_s', 0.0) + one.spent.get('children_cpu_s', 0.0):.1f} s of CPU"
        yield Line("")
        program = f"{one.program} {one.versions.get(one.program, '')}".strip()
        yield from wrapped(f"{program}: {spent}", width, style="bold")
        for attempt in one.attempts:
            yield from _attempt(attempt, width, good=attempt.trial not in wrong, volume=volume)
    yield from told[start:]


def _attempt(attempt: Attempt, width: int, *, good: bool, volume: int) -> Iterator[Line]:
    worst = nearest(attempt.figures)
    how = f" (nearest to its limit: {worst.name}, {worst.got:.2g} of {worst.bound:.2g})" if worst is not None else ""
    mark = "ok" if good else attempt.status if attempt.status != "done" else "wrong"
    style = "ok" if good else "error"
    yield from wrapped(f"{mark} {attempt.trial}: {attempt.proves}{how}", width, indent=2, style=style)
    for figure in attempt.figures if volume == layout.VERBOSE else ():
        bound = f" ({figure.condition} {figure.bound})" if figure.condition else ""
        yield from wrapped(f"{figure.name}: {figure.got}{bound}", width, indent=6, style="dim")


def nearest(figures: Sequence[Figure]) -> Figure | None:
    """Give the figure that is nearest to its upper limit, of those that have one."""
    return max((figure for figure in figures if _share(figure) > 0), key=_share, default=None)


def _share(figure: Figure) -> float:
    got, bound = figure.got, figure.bound
    if figure.condition != "most" or not isinstance(got, float) or not isinstance(bound, float) or bound <= 0:
        return 0.0
    return got / bound


def benchmarks(ran: Sequence[Ran]) -> str:
    """Give what was measured as one JSON document, `envdoctor.bench/1`."""
    document = {
        "schema": "envdoctor.bench/1",
        "programs": [
            {
                "program": one.program,
                "versions": dict(one.versions),
                "spent": dict(one.spent),
                "fault": one.fault or one.refused,
                "benchmarks": {
                    attempt.trial: {figure.name: figure.got for figure in attempt.figures}
                    | ({"ended by": attempt.reason} if attempt.reason else {})
                    for attempt in one.attempts
                },
            }
            for one in ran
        ],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
