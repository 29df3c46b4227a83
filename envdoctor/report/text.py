"""Give a report as plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.report.layout import NORMAL, lines

if TYPE_CHECKING:
    from envdoctor.model import Report


def render(report: Report, *, width: int = 80, volume: int = NORMAL) -> str:
    """Give the report as text without colours."""
    return "\n".join(line.text for line in lines(report, width=width, volume=volume)) + "\n"
