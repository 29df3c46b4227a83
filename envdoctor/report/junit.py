"""Give a report as JUnit XML, in what Jenkins and GitLab both read.

Each judgement is a test case, those that held too, or a trend could not be seen. There is a failure or an error exactly
if the whole fails: what is below the bar passes and says what was found, what waits for a fact is skipped.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from envdoctor.model import Status
from envdoctor.report import anchors, layout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.model import Finding, Report

COULD_NOT_LOOK = 3


def render(report: Report) -> str:
    """Give the report as one suite of test cases."""
    suite = layout.clean(report.recipe.name or report.target.path or "environment")
    cases = list(_cases(report, suite))
    counted = Counter(kind for kind, _ in cases)
    numbers = f'tests="{len(cases)}" failures="{counted["failure"]}" errors="{counted["error"]}"'
    told = anchors.cure(report)
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<testsuites name="envdoctor" {numbers}>',
            f'  <testsuite name={quoteattr(suite)} {numbers} skipped="{counted["skipped"]}">',
            *(case for _, case in cases),
            *([f"    <system-out>{escape(told)}</system-out>"] if told else []),
            "  </testsuite>",
            "</testsuites>\n",
        ]
    )


def _cases(report: Report, suite: str) -> Iterator[tuple[str, str]]:
    """Give the kind and the text of each test case; GitLab keeps but the first of two with one name."""
    seen: Counter[str] = Counter()
    for finding in report.findings:
        kind = _kind(finding, report)
        yield kind, _case(_name(finding.code, layout.headline(finding), seen), suite, _inside(kind, finding))
    for held in report.held:
        several = f" ({held.number})" if held.number > 1 else ""
        yield "", _case(_name(held.code, held.what, seen), suite, f"<system-out>held{several}</system-out>")


def _kind(finding: Finding, report: Report) -> str:
    if finding.suppressed:
        return "skipped"
    if finding.status is Status.UNKNOWN:
        return "error" if report.exit_code == COULD_NOT_LOOK or "unknown" in report.fails else "skipped"
    return "failure" if finding.status.value in report.fails else ""


def _name(code: str, title: str, seen: Counter[str]) -> str:
    name = layout.clean(f"{code} {title}")
    seen[name] += 1
    return f"{name} #{seen[name]}" if seen[name] > 1 else name


def _inside(kind: str, finding: Finding) -> str:
    said = escape(anchors.words(finding))
    if not kind:
        return f"<system-out>{said}</system-out>"
    message = quoteattr(layout.clean(finding.suppressed or finding.title))
    return f'<{kind} message={message} type="{finding.code}">{said}</{kind}>'


def _case(name: str, suite: str, inside: str) -> str:
    return f"    <testcase classname={quoteattr(suite)} name={quoteattr(name)}>{inside}</testcase>"
