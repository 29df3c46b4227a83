"""Give a report as the commands by which a step annotates a change on GitHub.

A step shows ten of each level and leaves out the rest without a word, so the worst ten stand here, and behind them a
notice that counts them all and tells the fix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.model import Status
from envdoctor.report import anchors, layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envdoctor.model import Finding, Report

MOST = 10
_COMMANDS = {Status.ERROR: "error", Status.WARNING: "warning", Status.UNKNOWN: "warning", Status.INFO: "notice"}


def render(report: Report) -> str:
    """Give the report as one command a line."""
    live = [finding for finding in report.findings if not finding.suppressed]
    shown = live[:MOST]
    if all(finding.status is Status.INFO for finding in shown):
        shown = shown[: MOST - 1]  # the last notice that is shown is the one that counts
    told = [_annotation(finding, report) for finding in shown]
    return "\n".join([*told, _summary(report, len(live) - len(shown))]) + "\n"


def _annotation(finding: Finding, report: Report) -> str:
    where = anchors.place(finding, report)
    at = {"file": where.file, "line": str(where.line), "col": str(where.column)} if where else {}
    title = f"{finding.code}: {layout.headline(finding)}"
    _, _, rest = anchors.words(finding).partition("\n")
    return _command(_COMMANDS[finding.status], {**at, "title": title}, rest or title)


def _summary(report: Report, hidden: int) -> str:
    more = f" ({hidden} of them not shown here)" if hidden else ""
    told = anchors.cure(report)
    counted = layout.count(report).text
    return _command("notice", {"title": f"envdoctor: {counted}{more}"}, told or counted)


def _command(name: str, properties: Mapping[str, str], message: str) -> str:
    given = ",".join(f"{key}={_property(value)}" for key, value in properties.items() if value)
    return f"::{name} {given}::{_message(message)}"


def _message(text: str) -> str:
    lines = [layout.clean(line) for line in text.split("\n")]
    return "%0A".join(line.replace("%", "%25") for line in lines)


def _property(text: str) -> str:
    return layout.clean(text.replace("\n", " ")).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
