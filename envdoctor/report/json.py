"""Give a report as JSON (`envdoctor.report/1`); `schemas/report-1.json` is its schema."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from envdoctor import __version__
from envdoctor.model import Status

if TYPE_CHECKING:
    from envdoctor.model import Cure, Fact, Finding, Fix, Report

SCHEMA = "envdoctor.report/1"


def render(report: Report) -> str:
    """Give the report as one JSON document."""
    return json.dumps(document(report), indent=1, ensure_ascii=False) + "\n"


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
        "findings": [_finding(finding, report.verify) for finding in report.findings],
    }


def summary(report: Report) -> dict[str, int]:
    """Count the findings by status, suppressed ones apart, and the judgements that held."""
    counted = Counter(finding.status.value for finding in report.findings if not finding.suppressed)
    suppressed = sum(1 for finding in report.findings if finding.suppressed)
    return {"ok": report.held, **{status.value: counted[status.value] for status in Status}, "suppressed": suppressed}


def _cure(cure: Cure) -> dict[str, Any]:
    return {**_fix(cure.fix), "cures": list(cure.cures), "leaves": list(cure.leaves)}


def _fix(fix: Fix) -> dict[str, Any]:
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


def _finding(finding: Finding, verify: str) -> dict[str, Any]:
    place, source = finding.place, finding.source
    return {
        "code": finding.code,
        "status": finding.status.value,
        "kind": finding.kind,
        "title": finding.title,
        "cause": finding.cause,
        "culprit": list(finding.culprit),
        "packages": list(finding.packages),
        "machine": finding.machine,
        "evidence": [_fact(fact) for fact in finding.evidence],
        "place": {"file": place.file, "line": place.line, "column": place.column} if place else None,
        "fixes": [_fix(fix) for fix in finding.fixes],
        "verify": verify,
        "source": {"url": source.url, "checked": source.checked, "evidence": source.evidence} if source else None,
        "suppressed": finding.suppressed,
    }


def _fact(fact: Fact) -> dict[str, Any]:
    return {"fact": fact.name, "value": fact.value or None, "source": fact.source}
