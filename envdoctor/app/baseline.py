"""Know again what an earlier report found, so that only what is new fails.

Two findings are equal if code, culprit and the place's file are; where nobody is blamed, the components that it speaks
of stand for the culprit.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from envdoctor.formats import reports
from envdoctor.report import anchors

if TYPE_CHECKING:
    from envdoctor.formats.reports import Known
    from envdoctor.model import Finding


def read(report: str) -> frozenset[Known]:
    """Give the keys of the findings of a report; raise UserError with the place if it is none."""
    return frozenset(_key(*known) for known in reports.read(Path(report).expanduser()))


def key(finding: Finding) -> Known:
    """Give what makes a finding equal to one of another run."""
    return _key(finding.code, finding.culprit or finding.packages, finding.place.file if finding.place else "")


def _key(code: str, whom: tuple[str, ...], file: str) -> Known:
    return code, whom, anchors.file(file) if file else ""
