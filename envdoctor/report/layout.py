"""Lay a report out as lines with a style each; `text` prints them plain, `screen` in colour.

Every word that comes from outside passes `clean`, so that no control character reaches a terminal.
"""

from __future__ import annotations

import re
import shlex
import textwrap
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.model import State, Status
from envdoctor.report.json import summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from envdoctor.model import Cure, Fact, Finding, Fix, Report

QUIET, NORMAL, VERBOSE = -1, 0, 1
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_SHOWN_FIXES = 3


class Line(NamedTuple):
    """A line of text, without its end, and the style it is drawn in."""

    text: str
    style: str = ""


def clean(text: str) -> str:
    """Give a text without control characters, each shown as a question mark."""
    return _CONTROL.sub("?", text.replace("\t", " "))


def lines(report: Report, *, width: int = 80, volume: int = NORMAL) -> Iterator[Line]:
    """Give the lines of a report for a terminal of some width."""
    live = [finding for finding in report.findings if not finding.suppressed]
    yield from _head(report, width)
    folded = _folded(live)
    for finding in live:
        if finding.code == "" or any(finding in group for group in folded.values()):
            continue
        if finding.status in (Status.ERROR, Status.WARNING):
            yield from _problem(finding, folded.get(id(finding), []), width, volume)
    yield from _rest(live, report, width, volume)
    if report.cure is not None and volume > QUIET:
        yield from _cure(report.cure, report.verify, width)
    yield Line("")
    yield _count(report)


def _head(report: Report, width: int) -> Iterator[Line]:
    target, recipe = report.target, report.recipe
    asked = f"{recipe.name or recipe.path} ({recipe.path})" if recipe.path else "every rule that applies"
    why = f" ({target.label})" if target.label and target.label != target.path else ""
    yield from _wrapped(f"target: {target.kind} {target.path}{why}", "", width, "  ", style="bold")
    yield from _wrapped(f"judged by: {asked}", "", width, "  ", style="dim")


def _problem(finding: Finding, consequences: Sequence[Finding], width: int, volume: int) -> Iterator[Line]:
    if volume > QUIET:
        yield Line("")
    yield from _wrapped(
        f"{finding.status.value} {finding.code}: {finding.title}", "", width, "  ", style=finding.status.value
    )
    if volume == QUIET:
        return
    if finding.cause:
        yield from _wrapped(f"cause: {finding.cause}", "  ", width, "    ")
    seen = ", ".join(dict.fromkeys(_seen(fact) for fact in finding.evidence))
    if seen:
        yield from _wrapped(f"seen: {seen}", "  ", width, "    ", style="dim")
    if finding.place:
        yield Line(f"  at: {clean(str(finding.place))}", "dim")
    yield from _fixes(finding.fixes, width)
    if finding.source:
        graded = f"{finding.source.evidence}, checked {finding.source.checked}"
        yield from _wrapped(f"source: {finding.source.url} ({graded})", "  ", width, "    ", style="dim")
    for one in consequences:
        yield from _wrapped(f"with it: {one.status.value} {one.code}: {one.title}", "  ", width, "    ", style="dim")
    if volume == VERBOSE:
        for fact in finding.evidence:
            yield Line(clean(f"  read: {_seen(fact)} from {fact.source}"), "dim")


def _seen(fact: Fact) -> str:
    name = fact.name.removeprefix("env.")
    if fact.state is State.ABSENT:
        return f"{name} {'not set' if fact.name.startswith('env.') else 'absent'}"
    if fact.state is State.UNSEEN:
        return f"{name} unseen"
    if fact.name.startswith("env."):
        return f"{name}={fact.value}"
    return f"{name} {', '.join(fact.all) or fact.value}".rstrip()


def _fixes(fixes: Sequence[Fix], width: int) -> Iterator[Line]:
    for number, fix in enumerate(fixes[:_SHOWN_FIXES]):
        label = "fix" if number == 0 else "or"
        yield from _wrapped(f"{label}: {change(fix)}", "  ", width, "    ", style="fix" if number == 0 else "")


def change(fix: Fix) -> str:
    """Give what a fix changes, in words."""
    parts = [name if cell in ("*", "") else f"{name}{cell}" for name, cell in fix.pins.items()]
    parts += [f"{name}={value}" if value is not None else f"unset {name}" for name, value in fix.env.items()]
    parts += [f"Python {fix.python}"] if fix.python else []
    again = [name for name in fix.reinstall if name not in fix.pins]
    parts += [f"install {' '.join(again)} again"] if again else []
    parts += [f"{name} {cell}" for name, cell in fix.host.items()] if not fix.note else []
    parts += [f"{' and '.join(fix.split)} in two environments"] if fix.split else []
    text = ", ".join(parts)
    return f"{text} ({fix.note})" if text and fix.note else text or fix.note


def _rest(live: Sequence[Finding], report: Report, width: int, volume: int) -> Iterator[Line]:
    """Give the unknown, info and suppressed findings in a line each."""
    quieter = [f for f in live if f.status in (Status.UNKNOWN, Status.INFO)] if volume > QUIET else []
    if quieter:
        yield Line("")
    for finding in quieter:
        cause = f": {finding.cause}" if finding.cause else ""
        text = f"{finding.status.value} {finding.code}: {finding.title}{cause}"
        yield from _wrapped(text, "", width, "  ", style=finding.status.value)
    for finding in report.findings if volume > QUIET else ():
        if finding.suppressed:
            yield from _wrapped(
                f"ignored {finding.code}: {finding.title} ({finding.suppressed})", "", width, "  ", style="dim"
            )


def _cure(cure: Cure, verify: str, width: int) -> Iterator[Line]:
    yield Line("")
    ends = f" (ends {', '.join(cure.cures)})" if cure.cures else ""
    state = {
        True: "solved for this target, and the set is judged free of errors",
        False: "cannot be installed here",
        None: "",
    }
    title = f"fix: {change(_without_note(cure.fix))}{ends}"
    yield from _wrapped(title, "", width, "  ", style="fix")
    for text in (state[cure.fix.resolved], *cure.fix.note.split("; ")):
        if text:
            yield from _wrapped(text, "  ", width, "    ", style="dim")
    for command in cure.fix.command.splitlines() if cure.fix.resolved is not False else ():
        yield from (Line(text, "command") for text in pasted(command, width))
    if cure.leaves:
        yield from _wrapped(f"leaves {', '.join(cure.leaves)}", "  ", width, "    ")
    yield from (Line(text, "dim") for text in pasted(verify, width, label="verify: "))


def _without_note(fix: Fix) -> Fix:
    import dataclasses

    return dataclasses.replace(fix, note="")


def pasted(command: str, width: int, *, label: str = "  ") -> list[str]:
    """Give a shell command in lines that can be pasted as they are: continued by a backslash."""
    words = re.findall(r"(?:'[^']*'|\S)+", clean(command))
    found, line = [], label
    for word in words:
        joined = f"{line}{word}" if line in (label, "    ") else f"{line} {word}"
        if len(joined) > width - 2 and line.strip():
            found.append(f"{line} \\")
            joined = f"    {word}"
        line = joined
    return [*found, line]


def _count(report: Report) -> Line:
    counted = summary(report)
    words = [
        f"{counted[key]} {key}{'s' if key in ('error', 'warning') and counted[key] != 1 else ''}"
        for key in ("error", "warning", "unknown", "info", "suppressed")
        if counted[key]
    ]
    style = "error" if counted["error"] else "warning" if counted["warning"] else "ok"
    return Line(", ".join([*words, f"{counted['ok']} ok"]), style)


def _folded(live: Sequence[Finding]) -> dict[int, list[Finding]]:
    """Group under each error the lesser findings that speak of nothing else."""
    groups: dict[int, list[Finding]] = {}
    taken: set[int] = set()
    for root in (finding for finding in live if finding.status is Status.ERROR):
        reach = {*root.packages, *root.culprit}
        for one in live:
            lesser = one.status in (Status.WARNING, Status.INFO) and id(one) not in taken
            if lesser and one.packages and {*one.packages, *one.culprit} <= reach:
                groups.setdefault(id(root), []).append(one)
                taken.add(id(one))
    return groups


def _wrapped(text: str, indent: str, width: int, hanging: str, *, style: str = "") -> Iterator[Line]:
    options = {
        "initial_indent": indent,
        "subsequent_indent": hanging,
        "break_on_hyphens": False,
        "break_long_words": False,
    }
    for part in textwrap.wrap(clean(" ".join(text.split())), width=max(width, 40), **options):  # type: ignore[arg-type]
        yield Line(part, style)


def quoted(words: Iterable[str]) -> str:
    """Give words as one shell command."""
    return shlex.join(words)
