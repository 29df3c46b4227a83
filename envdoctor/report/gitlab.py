"""Give a report as GitLab's code quality, which a merge request shows.

GitLab stops reading at the first entry that lacks something, and shows two with one fingerprint as one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from envdoctor.model import Status
from envdoctor.report import anchors
from envdoctor.report.json import dumped

if TYPE_CHECKING:
    from envdoctor.model import Finding, Report

_SEVERITIES = {Status.ERROR: "critical", Status.WARNING: "minor", Status.UNKNOWN: "info", Status.INFO: "info"}


def render(report: Report) -> str:
    """Give the report as a list, an empty one if nothing was found."""
    return dumped([_entry(*pair, report) for pair in zip(report.findings, anchors.keys(report), strict=True)])


def _entry(finding: Finding, key: str, report: Report) -> dict[str, Any]:
    where = anchors.place(finding, report)
    return {
        "description": anchors.words(finding),
        "check_name": f"envdoctor/{finding.code}",
        "fingerprint": key,
        "severity": "info" if finding.suppressed else _SEVERITIES[finding.status],
        "location": {
            "path": where.file if where else "environment",
            "lines": {"begin": where.line if where else 1},
        },
    }
