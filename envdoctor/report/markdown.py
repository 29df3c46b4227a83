"""Give a report as Markdown, for the summary of a job, a merge request or an issue."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from envdoctor.model import Status
from envdoctor.report import anchors, layout

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from envdoctor.model import Finding, Report

MOST = 200  # a job's summary may have a mebibyte
_STEERING = re.compile(r"([\\`*_{}\[\]()#+!|~^$@]|:(?=//)|(?<=www)\.)")


def render(report: Report) -> str:
    """Give the report as a heading, the fix, a table of what is wrong, and all else folded."""
    live = [finding for finding in report.findings if not finding.suppressed]
    open_ = [finding for finding in live if finding.status in (Status.ERROR, Status.WARNING)]
    parts = [
        f"### envdoctor: {_plain(layout.count(report).text)}",
        f"target: {_plain(f'{report.target.kind} {report.target.path}')}; judged by: {_plain(_subject(report))}",
        *_cure(report),
        *_table(open_, report),
        *(_folded(finding) for finding in open_[:MOST]),
        *_listed("could not be judged", [finding for finding in live if finding.status is Status.UNKNOWN]),
        *_listed("to know", [finding for finding in live if finding.status is Status.INFO]),
        *_listed("ignored", [finding for finding in report.findings if finding.suppressed]),
    ]
    return "\n\n".join(parts) + "\n"


def _subject(report: Report) -> str:
    return report.recipe.name or report.recipe.path or "every rule that applies"


def _plain(text: str) -> str:
    """Give a text in which nothing is markup: neither Markdown's nor HTML's."""
    return _STEERING.sub(r"\\\1", html.escape(" ".join(layout.clean(text).split()), quote=False))


def _fenced(text: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _cure(report: Report) -> Iterator[str]:
    if told := anchors.cure(report):
        yield _fenced(told)


def _table(found: Sequence[Finding], report: Report) -> Iterator[str]:
    if not found:
        return
    rows = ["| | code | what is wrong | where |", "|---|---|---|---|"]
    for finding in found[:MOST]:
        where = anchors.place(finding, report)
        at = f"{where.file}:{where.line}" if where else ""
        rows.append(f"| {finding.status} | {finding.code} | {_plain(layout.headline(finding))} | {_plain(at)} |")
    yield "\n".join(rows)
    if len(found) > MOST:
        yield f"and {len(found) - MOST} more"


def _folded(finding: Finding) -> str:
    head = html.escape(layout.clean(f"{finding.status} {finding.code}: {layout.headline(finding)}"), quote=False)
    return f"<details><summary>{head}</summary>\n\n{_fenced(anchors.words(finding))}\n\n</details>"


def _listed(what: str, found: Sequence[Finding]) -> Iterator[str]:
    if not found:
        return
    lines = [_line(finding) for finding in found[:MOST]]
    lines += [f"- and {len(found) - MOST} more"] if len(found) > MOST else []
    yield "\n".join([f"<details><summary>{len(found)} {what}</summary>", "", *lines, "", "</details>"])


def _line(finding: Finding) -> str:
    why = finding.suppressed or finding.cause
    return f"- {_plain(f'{finding.code}: {layout.headline(finding)}')}" + (f" ({_plain(why)})" if why else "")
