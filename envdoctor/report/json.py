"""Give a report as JSON (`envdoctor.report/1`); `schemas/report-1.json` is its schema."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from envdoctor import __version__
from envdoctor.model import Status

if TYPE_CHECKING:
    from envdoctor.model import Cure, Fact, Finding, Fix, Report

SCHEMA = "envdoctor.report/1"
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def render(report: Report) -> str:
    """Give the report as one JSON document."""
    return dumped(document(report))


def dumped(document: Any) -> str:
    """Give plain data as JSON, letters as they are and every character that steers a terminal as an escape."""
    text = json.dumps(document, indent=1, ensure_ascii=False)
    return CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def document(report: Report) -> dict[str, Any]:
    """Give the report as plain data."""
    recipe, target = report.recipe, report.target
    return {
        "schema": SCHEMA,
        "tool": {"name": "envdoctor", "version": __version__},
        "subject": {"kind": recipe.kind, "path": recipe.path, "name": recipe.name},
        "target": {"kind": target.kind, "path": target.path, "fingerprint": report.fingerprint},
        "summary": summary(report),
        "exit_code": report.exit_code,
        "fix": _cure(report.cure) if report.cure else None,
        "findings": [finding(one, report.verify) for one in report.findings],
    }


def summary(report: Report) -> dict[str, int]:
    """Count the findings by status, suppressed ones apart, and the judgements that held."""
    counted = Counter(finding.status.value for finding in report.findings if not finding.suppressed)
    suppressed = sum(1 for finding in report.findings if finding.suppressed)
    return {"ok": report.ok, **{status.value: counted[status.value] for status in Status}, "suppressed": suppressed}


def _cure(cure: Cure) -> dict[str, Any]:
    edits = {"edits": [edit._asdict() for edit in cure.edits]} if cure.edits else {}
    return {**fix_document(cure.fix), "cures": list(cure.cures), "leaves": list(cure.leaves), **edits}


def fix_document(fix: Fix) -> dict[str, Any]:
    """Give one fix as plain data."""
    return {
        "pins": dict(fix.pins),
        "env": dict(fix.env),
        "python": fix.python,
        "reinstall": list(fix.reinstall),
        "split": list(fix.split),
        "host": dict(fix.host),
        "note": fix.note,
        "command": fix.command,
        "resolved": fix.resolved,
    }


def finding(told: Finding, verify: str = "") -> dict[str, Any]:
    """Give one finding as plain data."""
    place, source = told.place, told.source
    return {
        "code": told.code,
        "status": told.status.value,
        "kind": told.kind,
        "title": told.title,
        "cause": told.cause,
        "culprit": list(told.culprit),
        "packages": list(told.packages),
        "machine": told.machine,
        "evidence": [as_fact(fact) for fact in told.evidence],
        "place": {"file": place.file, "line": place.line, "column": place.column} if place else None,
        "fixes": [fix_document(fix) for fix in told.fixes],
        "verify": verify,
        "source": {"url": source.url, "checked": source.checked, "evidence": source.evidence} if source else None,
        "suppressed": told.suppressed,
    }


def as_fact(fact: Fact) -> dict[str, Any]:
    """Give one fact as plain data."""
    return {"fact": fact.name, "value": fact.value or None, "source": fact.source}
