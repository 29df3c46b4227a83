"""Lay a report out as lines with a style each; `text` prints them plain, `screen` in colour.

Every word that comes from outside passes `clean`, so that no control character reaches a terminal.
"""

from __future__ import annotations

import dataclasses
import re
import textwrap
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.model import State, Status
from envdoctor.report.json import CONTROL, summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from envdoctor.model import Cure, Fact, Finding, Fix, Report

QUIET, NORMAL, VERBOSE = -1, 0, 1
UNBROKEN = 1_000_000  # a width at which no line is broken
COULD_NOT_LOOK = 3
_SHOWN_FIXES = 3
_RESOLVED = {
    True: "solved for this target, and the set is judged free of errors",
    False: "cannot be installed here",
    None: "",
}


class Line(NamedTuple):
    """A line of text, without its end, and the style it is drawn in."""

    text: str
    style: str = ""


def clean(text: str) -> str:
    """Give a text without control characters, each shown as a question mark."""
    return CONTROL.sub("?", text.replace("\t", " "))


def wrapped(text: str, width: int, *, indent: int = 0, style: str = "") -> Iterator[Line]:
    """Give a text in lines of at most a width; those after the first stand two columns further in."""
    wrapper = textwrap.TextWrapper(
        width=max(width, 40),
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 2),
        break_on_hyphens=False,
        break_long_words=False,
    )
    for part in wrapper.wrap(clean(" ".join(text.split()))):
        yield Line(part, style)


def plain(lines_: Iterable[Line]) -> str:
    """Give lines as text without colours."""
    return "\n".join(line.text for line in lines_) + "\n"


def lines(report: Report, *, width: int = 80, volume: int = NORMAL) -> Iterator[Line]:
    """Give the lines of a report for a terminal of some width."""
    live = list(_joined(finding for finding in report.findings if not finding.suppressed))
    folded = _folded(live)
    under_another = {id(one) for group in folded.values() for one in group}
    yield from _head(report, width)
    for finding in live:
        if finding.status in (Status.ERROR, Status.WARNING) and id(finding) not in under_another:
            yield from problem(finding, folded.get(id(finding), []), width, volume)
    if volume > QUIET:
        yield from _rest(report, width)
        yield from cure(report.cure, report.verify, width) if report.cure else ()
    elif report.exit_code == COULD_NOT_LOOK:
        yield from _rest(report, width)
    yield Line("")
    yield count(report)


def _head(report: Report, width: int) -> Iterator[Line]:
    target, recipe = report.target, report.recipe
    asked = f"{recipe.name or recipe.path} ({recipe.path})" if recipe.path else "every rule that applies"
    why = f" ({target.label})" if target.label and target.label != target.path else ""
    yield from wrapped(f"target: {target.kind} {target.path}{why}", width, style="bold")
    yield from wrapped(f"judged by: {asked}", width, style="dim")


def problem(finding: Finding, consequences: Sequence[Finding], width: int, volume: int) -> Iterator[Line]:
    """Give a problem unfolded: title and code, cause, what was seen, fixes; a warning without its evidence."""
    title = f"{finding.status} {finding.code}: {headline(finding)}"
    if volume == QUIET:
        yield from wrapped(title, width, style=finding.status)
        return
    whole = finding.status is Status.ERROR or volume == VERBOSE
    yield Line("")
    yield from wrapped(title, width, style=finding.status)
    yield from wrapped(f"cause: {finding.cause}", width, indent=2) if finding.cause else ()
    yield from _evidence(finding, width, volume) if whole else ()
    yield from _fixes(finding.fixes, width)
    yield from _source(finding, width) if whole else ()
    for one in consequences:
        yield from wrapped(f"with it: {one.status} {one.code}: {one.title}", width, indent=2, style="dim")


def headline(finding: Finding) -> str:
    """Give the title of a finding, with the machine that it holds for."""
    return finding.title + (f" (on {finding.machine})" if finding.machine else "")


def _joined(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Give what is found on several machines alike once, with all their names."""
    alike: dict[tuple[str, str, str, str], list[Finding]] = {}
    for finding in findings:
        alike.setdefault((finding.status, finding.code, finding.title, finding.cause), []).append(finding)
    for first, *others in alike.values():
        names = [one.machine for one in (first, *others) if one.machine]
        yield dataclasses.replace(first, machine=", ".join(names)) if names and others else first
        yield from others if not names else ()


def _evidence(finding: Finding, width: int, volume: int) -> Iterator[Line]:
    if volume == VERBOSE:
        for fact in finding.evidence:
            where = f", in {fact.source}" if fact.state is State.KNOWN else f" ({fact.source})"
            yield from wrapped(f"seen: {seen(fact)}{where}", width, indent=2, style="dim")
    elif finding.evidence:
        told = ", ".join(dict.fromkeys(seen(fact) for fact in finding.evidence))
        yield from wrapped(f"seen: {told}", width, indent=2, style="dim")
    if finding.place:
        yield from wrapped(f"at: {finding.place}", width, indent=2, style="dim")


def _source(finding: Finding, width: int) -> Iterator[Line]:
    source = finding.source
    if source is not None:
        told = f"source: {source.url} ({source.evidence}, checked {source.checked})"
        yield from wrapped(told, width, indent=2, style="dim")


def seen(fact: Fact) -> str:
    """Give a fact in words."""
    name = fact.name.removeprefix("env.")
    if fact.state is State.ABSENT:
        return f"{name} {'not set' if fact.name.startswith('env.') else 'absent'}"
    if fact.state is State.UNSEEN:
        return f"{name} unseen"
    joint = "=" if fact.name.startswith("env.") else " "
    return f"{name}{joint}{', '.join(fact.all) or fact.value}".rstrip()


def _fixes(fixes: Sequence[Fix], width: int) -> Iterator[Line]:
    for number, fix in enumerate(fixes[:_SHOWN_FIXES]):
        note = f" ({fix.note})" if fix.note and change(fix) else fix.note
        label, style = ("fix", "fix") if number == 0 else ("or", "")
        yield from wrapped(f"{label}: {change(fix)}{note}", width, indent=2, style=style)


def change(fix: Fix) -> str:
    """Give what a fix changes, in words."""
    parts = [name if cell in ("*", "") else f"{name}{cell}" for name, cell in fix.pins.items()]
    parts += [f"{name}={value}" if value is not None else f"unset {name}" for name, value in fix.env.items()]
    parts += [f"Python {fix.python}"] if fix.python else []
    again = [name for name in fix.reinstall if name not in fix.pins]
    parts += [f"install {' '.join(again)} again"] if again else []
    parts += [f"{name} {cell}" for name, cell in fix.host.items()] if not fix.note else []
    parts += [f"{' and '.join(fix.split)} in two environments"] if fix.split else []
    return ", ".join(parts)


def _rest(report: Report, width: int) -> Iterator[Line]:
    """Give the unknown, info and suppressed findings in a line each."""
    quiet = [f for f in _joined(report.findings) if f.suppressed or f.status in (Status.UNKNOWN, Status.INFO)]
    if quiet:
        yield Line("")
    for finding in quiet:
        if finding.suppressed:
            yield from wrapped(f"ignored {finding.code}: {finding.title} ({finding.suppressed})", width, style="dim")
        else:
            cause = f": {finding.cause}" if finding.cause else ""
            told = f"{finding.status} {finding.code}: {headline(finding)}{cause}"
            yield from wrapped(told, width, style=finding.status)


def cure(one: Cure, verify: str, width: int) -> Iterator[Line]:
    """Give the one change that ends every error, the commands to paste, and how to check again."""
    yield Line("")
    ends = f" (ends {', '.join(one.cures)})" if one.cures else ""
    yield from wrapped(f"fix: {change(one.fix)}{ends}", width, style="fix")
    for edit in one.edits:
        change_ = f"{edit.was} → {edit.now}" if edit.was else f"add {edit.now}"
        yield from wrapped(f"{edit.file}:{edit.line}: {change_}", width, indent=2, style="command")
    for told in (_RESOLVED[one.fix.resolved], *one.fix.note.split("; ")):
        yield from wrapped(told, width, indent=2, style="dim")
    if one.leaves:
        yield from wrapped(f"it leaves {', '.join(one.leaves)}", width, indent=2)
    for command in one.fix.command.splitlines() if one.fix.resolved is not False else ():
        yield from (Line(part, "command") for part in pasted(command, width))
    yield from (Line(part, "dim") for part in pasted(verify, width, label="verify: "))


def pasted(command: str, width: int, *, label: str = "  ") -> list[str]:
    """Give a shell command in lines that can be pasted as they are: continued by a backslash."""
    found, line = [], label
    for word in re.findall(r"(?:'[^']*'|\S)+", clean(command)):
        joined = f"{line}{word}" if line.endswith(" ") else f"{line} {word}"
        if len(joined) > width - 2 and line != label:
            found.append(f"{line} \\")
            joined = f"    {word}"
        line = joined
    return [*found, line]


def count(report: Report) -> Line:
    """Give the line that counts what came out, in the style of the worst of it."""
    counted = summary(report)
    words = [_counted(counted, key) for key in ("error", "warning", "unknown", "info", "suppressed") if counted[key]]
    style = "error" if counted["error"] else "warning" if counted["warning"] else "ok"
    return Line(", ".join([*words, f"{counted['ok']} ok"]), style)


def _counted(counted: Mapping[str, int], key: str) -> str:
    plural = "s" if key in ("error", "warning") and counted[key] != 1 else ""
    return f"{counted[key]} {key}{plural}"


def _folded(live: Sequence[Finding]) -> dict[int, list[Finding]]:
    """Group under each error the lesser findings that speak of nothing else."""
    groups: dict[int, list[Finding]] = {}
    taken: set[int] = set()
    for root in (finding for finding in live if finding.status is Status.ERROR):
        reach = {*root.packages, *root.culprit}
        for one in live:
            lesser = one.status in (Status.WARNING, Status.INFO) and id(one) not in taken
            spoken = {*one.packages, *one.culprit}
            if lesser and spoken <= reach and not spoken.isdisjoint(root.culprit):
                groups.setdefault(id(root), []).append(one)
                taken.add(id(one))
    return groups
