"""Give a diagnosis as lines, as JSON (`envdoctor.diagnosis/1`), or as Markdown to paste into an issue."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from envdoctor import __version__
from envdoctor.model import State
from envdoctor.model.diagnosis import ENVIRONMENT, NOT_ENVIRONMENT, OPEN, REFUTED, UNKNOWN
from envdoctor.report.json import as_fact, fix_document
from envdoctor.report.layout import Line, change, clean, pasted, seen, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.model import Fix
    from envdoctor.model.diagnosis import Cause, Diagnosis

SCHEMA = "envdoctor.diagnosis/1"
_HEADINGS = {
    ENVIRONMENT: "it is the environment",
    NOT_ENVIRONMENT: "it is not the environment",
    UNKNOWN: "unknown: the log says neither that it is the environment nor that it is something else",
}
_STYLES = {ENVIRONMENT: "error", NOT_ENVIRONMENT: "ok"}
_SHOWN_FIXES = 3
_HOMES = re.compile(r"(/home/|/Users/|[A-Za-z]:\\Users\\)[^/\\\s:'\"]+")
_SECRET = re.compile(
    r"(?i)\b(?:hf_[A-Za-z0-9]{8,}|sk-[A-Za-z0-9_-]{8,}|gh[pousr]_[A-Za-z0-9]{8,}|AKIA[A-Z0-9]{12,}|xox[abp]-[\w-]{8,})"
    r"|((?:token|password|passwd|secret|api[_-]?key|authorization)[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?:bearer )?)"
    r"[^\s\"',;&]{4,}"
    r"|(://[^\s/:@]{1,80}:)[^\s/@]{1,200}(?=@)"
)


def lines(told: Diagnosis, *, width: int = 80) -> Iterator[Line]:
    """Give the verdict, the causes with their evidence and what to type, and what would decide what is open."""
    for name, total in told.logs.items():
        yield from wrapped(f"log: {name} ({total} line{'' if total == 1 else 's'})", width, style="bold")
    if told.target:
        yield from wrapped(f"target: {told.target}", width, style="bold")
    for number, cause in enumerate(told.causes):
        yield from _cause(cause, number, width, several=len(told.logs) > 1)
    if told.failure:
        yield Line("")
        where = f"{told.failure.file}:{told.failure.number}" if len(told.logs) > 1 else f"line {told.failure.number}"
        yield from wrapped(f"first failure, {where}: {told.failure.text}", width, style="dim")
    yield Line("")
    yield from _decide(told, width)
    yield from wrapped(_heading(told), width, style=_STYLES.get(told.verdict, "unknown"))


def _heading(told: Diagnosis) -> str:
    """Say the verdict in words."""
    if told.logs and not any(told.logs.values()):
        return "unknown: there is nothing in the log"
    return _HEADINGS[told.verdict]


def _cause(cause: Cause, number: int, width: int, *, several: bool) -> Iterator[Line]:
    yield Line("")
    standing = f" ({cause.state})" if cause.says == ENVIRONMENT and cause.state != OPEN else ""
    also = "or " if number else ""
    style = _STYLES[cause.says]
    yield from wrapped(f"{also}{cause.code}: {cause.title}{standing}", width, style=style)
    yield from wrapped(f"cause: {cause.cause}", width, indent=2)
    for line in cause.lines:
        where = f"{line.file}:{line.number}" if several else f"line {line.number}"
        yield from wrapped(f"{where}: {line.text}", width, indent=2, style="dim")
    known = [fact for fact in cause.facts if fact.state is not State.UNSEEN]
    if known:
        told = ", ".join(dict.fromkeys(seen(fact) for fact in known))
        yield from wrapped(f"seen: {told}", width, indent=2, style="dim")
    if cause.state == REFUTED:
        yield from wrapped(
            "the target does not have this: it was changed since, or the log is another's", width, indent=2
        )
    yield from _fixes(cause, width)
    if cause.source:
        told = f"source: {cause.source.url} ({cause.source.evidence}, checked {cause.source.checked})"
        yield from wrapped(told, width, indent=2, style="dim")


def _fixes(cause: Cause, width: int) -> Iterator[Line]:
    for number, fix in enumerate(cause.fixes[:_SHOWN_FIXES]):
        label, style = ("fix", "fix") if number == 0 else ("or", "")
        yield from wrapped(f"{label}: {_words(fix)}", width, indent=2, style=style)
        if number == 0:
            for command in fix.command.splitlines():
                yield from (Line(part, "command") for part in pasted(command, width, label="    "))


def _words(fix: Fix) -> str:
    changed = change(fix)
    return f"{changed} ({fix.note})" if fix.note and changed else fix.note or changed


def _decide(told: Diagnosis, width: int) -> Iterator[Line]:
    if told.decide:
        yield Line("to decide:", "bold")
        for one in told.decide:
            yield from wrapped(one, width, indent=2)
        yield Line("")


def render(told: Diagnosis) -> str:
    """Give a diagnosis as one JSON document."""
    return json.dumps(document(told), indent=1, ensure_ascii=False) + "\n"


def document(told: Diagnosis) -> dict[str, Any]:
    """Give a diagnosis as plain data."""
    return {
        "schema": SCHEMA,
        "tool": {"name": "envdoctor", "version": __version__},
        "verdict": told.verdict,
        "target": told.target or None,
        "logs": [{"name": name, "lines": total} for name, total in told.logs.items()],
        "causes": [_document(cause) for cause in told.causes],
        "failure": {"line": told.failure.number, "text": told.failure.text} if told.failure else None,
        "decide": list(told.decide),
    }


def _document(cause: Cause) -> dict[str, Any]:
    said = [
        {"line": line.number, "text": line.text, **({"file": line.file} if line.file else {})} for line in cause.lines
    ]
    source = cause.source
    return {
        "code": cause.code,
        "kind": cause.kind or "other",
        "packages": list(cause.packages),
        "confidence": cause.confidence,
        "state": cause.state,
        "title": cause.title,
        "cause": cause.cause,
        "evidence": [*said, *(as_fact(fact) for fact in cause.facts)],
        "fixes": [fix_document(fix) for fix in cause.fixes],
        "source": {"url": source.url, "checked": source.checked, "evidence": source.evidence} if source else None,
    }


def markdown(told: Diagnosis) -> str:
    """Give a diagnosis as Markdown; home folders and what looks like a secret are masked."""
    parts = [f"**envdoctor {__version__}**: {_heading(told)}", ""]
    for cause in told.causes:
        parts += [f"### {cause.code}: {cause.title}", "", cause.cause, ""]
        parts += ["```text", *(f"{line.number}: {line.text}" for line in cause.lines), "```", ""]
        if known := [seen(fact) for fact in cause.facts if fact.state is not State.UNSEEN]:
            parts += [f"Seen: {', '.join(dict.fromkeys(known))} ({cause.state})", ""]
        for fix in cause.fixes[:_SHOWN_FIXES]:
            parts += [f"- {_words(fix)}", *(f"  `{line}`" for line in fix.command.splitlines())]
        parts += [""] if cause.fixes else []
    parts += [f"- to decide: {one}" for one in told.decide]
    return masked("\n".join(clean(line) for part in parts for line in part.split("\n"))).rstrip() + "\n"


def masked(text: str) -> str:
    """Give a text without the names of home folders and without what looks like a secret."""
    hidden = _SECRET.sub(lambda hit: f"{hit[1] or hit[2] or ''}***", text)
    return _HOMES.sub(lambda hit: f"{hit[1]}user", hidden)
