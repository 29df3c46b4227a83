"""Give a report as SARIF 2.1.0, as code scanning services read it.

GitHub shows a result only with a file, a line and a rule that says what it is, which the format itself does not ask
for. What could not be judged is a notification, what is ignored a result with its suppression.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from envdoctor import __version__
from envdoctor.model import State, Status, is_host
from envdoctor.report import anchors, layout
from envdoctor.report.json import dumped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envdoctor.model import Finding, Report

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
VERSION = SCHEMA.removesuffix(".json").rpartition("-")[2]
COULD_NOT_LOOK = 3
_LEVELS = {Status.ERROR: "error", Status.WARNING: "warning", Status.INFO: "note", Status.UNKNOWN: "note"}
_SEVERITIES = {"error": "error", "warning": "warning", "note": "recommendation"}
_PRECISIONS = {"executed": "very-high", "documented": "high", "reported": "medium", "derived": "low"}
_SEEN_HERE = "very-high"  # what a check saw in the target itself


def render(report: Report) -> str:
    """Give the report as one SARIF log."""
    keyed = list(zip(report.findings, anchors.keys(report), strict=True))
    known = list(dict.fromkeys(finding.code for finding in report.findings))
    run = {
        "tool": {"driver": {"name": "envdoctor", "semanticVersion": __version__, "rules": _rules(report.findings)}},
        "automationDetails": {"id": f"envdoctor/{_category(report)}/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": report.exit_code != COULD_NOT_LOOK,
                "exitCode": report.exit_code,
                "toolExecutionNotifications": [
                    _notification(finding) for finding in report.findings if _is_notification(finding)
                ],
            }
        ],
        "results": [
            _result(finding, key, known.index(finding.code), report)
            for finding, key in keyed
            if not _is_notification(finding)
        ],
    }
    if told := anchors.cure(report):
        run["properties"] = {"fix": told}
    return dumped({"$schema": SCHEMA, "version": VERSION, "runs": [run]})


def _is_notification(finding: Finding) -> bool:
    return finding.status is Status.UNKNOWN and not finding.suppressed


def _category(report: Report) -> str:
    """Name the analysis, so that one recipe's results do not replace another's."""
    return quote(report.recipe.name or anchors.file(report.recipe.path) or "environment", safe="")


def _rules(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    worst: dict[str, Finding] = {}
    for finding in findings:
        worst.setdefault(finding.code, finding)
    return [_rule(code, finding) for code, finding in worst.items()]


def _rule(code: str, finding: Finding) -> dict[str, Any]:
    level, source = _LEVELS[finding.status], finding.source
    help_uri = {"helpUri": _uri(source.url)} if source and source.url.startswith(("https://", "http://")) else {}
    precision = _PRECISIONS.get(source.evidence, _SEEN_HERE) if source else _SEEN_HERE
    return {
        "id": code,
        "shortDescription": {"text": layout.clean(finding.title)},
        "fullDescription": {"text": layout.clean(finding.cause or finding.title)},
        "help": {"text": f"{anchors.words(finding)}\nmore: envdoctor explain {code}"},
        **help_uri,
        "defaultConfiguration": {"level": level},
        "properties": {
            "tags": ["environment", finding.kind],
            "precision": precision,
            "problem.severity": _SEVERITIES[level],
        },
    }


def _uri(text: str) -> str:
    return quote(text, safe="/:?#[]@!$&'()*+,;=%~")


def _notification(finding: Finding) -> dict[str, Any]:
    return {
        "level": "warning",
        "message": {"text": anchors.words(finding)},
        "descriptor": {"id": finding.code},
    }


def _result(finding: Finding, key: str, rule: int, report: Report) -> dict[str, Any]:
    found: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": _LEVELS[finding.status],
        "message": {"text": anchors.words(finding)},
        "locations": [_location(finding, report)],
        "partialFingerprints": {"envdoctor/v1": key},
    }
    if finding.suppressed:
        reason = layout.clean(finding.suppressed)
        found["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason}]
    return found


def _location(finding: Finding, report: Report) -> dict[str, Any]:
    names = [_purl(fact.name, fact.value) for fact in finding.evidence if fact.state is State.KNOWN]
    logical = [{"fullyQualifiedName": name, "kind": "package"} for name in dict.fromkeys(names) if name]
    where = anchors.place(finding, report)
    if where is None:
        return {"logicalLocations": logical or [{"fullyQualifiedName": "environment", "kind": "environment"}]}
    region = {"startLine": where.line, "startColumn": where.column, "endLine": where.line}
    physical = {
        "artifactLocation": {"uri": _artifact(where.file)},
        "region": {**region, "endColumn": where.column + 1},
    }
    return {"physicalLocation": physical, **({"logicalLocations": logical} if logical else {})}


def _artifact(file: str) -> str:
    """Give a path as a URI; one of another place keeps its root."""
    absolute = file.startswith("/")
    return ("file://" if absolute else "") + quote(file, safe="/~")


def _purl(name: str, version: str) -> str:
    return "" if is_host(name) else f"pkg:pypi/{quote(name, safe='')}@{quote(version, safe='.+!')}"
