"""Say in which releases a name is missing that a log says is missing: the table of public names, asked by the log.

`cannot import name 'x' from 'a.b'`, `module 'a' has no attribute 'x'`, `No module named 'a.b'`: the name is asked as
`a.b.x`, then as what lies above it.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.diagnose import owners
from envdoctor.diagnose.candidates import Candidate, shown, weighed
from envdoctor.model import Source, State
from envdoctor.model.diagnosis import ENVIRONMENT, Cause, Lack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from envdoctor.diagnose.literals import Text
    from envdoctor.diagnose.reading import Read
    from envdoctor.model import Claim, Facts, Fix
    from envdoctor.model.diagnosis import Origins

    Ask = Callable[[str], Sequence[Claim]]

_FORMS = (
    r"cannot import name '?(?P<name>\w+)'? from '(?P<module>[\w.]+)'",
    r"module '(?P<module>[\w.]+)' has no attribute '(?P<name>\w+)'",
    r"No module named '?(?P<module>\w+\.[\w.]+)'?",
    r"No module named '?(?P<module>\w+)'?$",
    r"type object '(?P<module>\w+)' has no attribute '(?P<name>\w+)'",
)
_WEIGHT = 3.2
_KINDS = {"python": "python-version", "protobuf": "protobuf"}
_BESIDE = 2.9  # for the standard library a mechanism knows more


class Missing(NamedTuple):
    """A dotted name that a line says is missing, and where."""

    dotted: str
    at: int


def missing(text: Text) -> Iterator[Missing]:
    """Give the names that a log says are missing."""
    for form in _FORMS:
        for index, match in text.matches(form):
            groups = match.groupdict()
            name = groups.get("name")
            yield Missing(f"{groups['module']}.{name}" if name else groups["module"], index)


def found(text: Text, read: Sequence[Read], ask: Ask, facts: Facts, origins: Origins) -> Iterator[Candidate]:
    """Give a candidate for each missing name that the table knows."""
    for gone in missing(text):
        if "partially initialized" in text.lines[gone.at]:
            continue
        claims = ask(gone.dotted)
        if claims:
            yield _candidate(gone, claims, read[gone.at], facts, origins)


def _candidate(gone: Missing, claims: Sequence[Claim], read: Read, facts: Facts, origins: Origins) -> Candidate:
    """Give the cause: the range that the facts are in, else the newest, for names are removed more often than added."""
    ordered = sorted(claims, key=lambda claim: not _removed(claim))
    first, package = ordered[0], ordered[0].package
    behind = [name for name in owners.callers(read.files, origins) if name != package]
    known = facts.get(package).state is State.KNOWN
    fixes = [_noted(claim, fix) for claim in ordered for fix in claim.fixes]
    cause = Cause(
        code=first.code,
        says=ENVIRONMENT,
        kind=_KINDS.get(package) or first.kind or "version-pair",
        title=f"`{gone.dotted}` is not in every {package}" if not known else first.title,
        cause="; or ".join(claim.cause for claim in ordered) + _told(behind),
        packages=tuple(dict.fromkeys([package, *behind[:2], *_pinned(fixes)])),
        lines=(shown(read.line),),
        fixes=tuple(fixes),
        source=Source(first.source, first.checked, first.evidence),
        lack=Lack(package, gone.dotted, asker=next(iter(behind), "")) if package != "python" else None,
    )
    weight = _BESIDE if package == "python" else _WEIGHT
    return Candidate(cause, weighed(weight, read), read.group, read.line.number, tuple(ordered))


def _removed(claim: Claim) -> bool:
    return any(re.match(r">=?", cell.strip()) for cell in claim.when.values())


def _noted(claim: Claim, fix: Fix) -> Fix:
    return dataclasses.replace(fix, note=fix.note or f"where {_range(claim)} is installed")


def _range(claim: Claim) -> str:
    return ", ".join(f"{name}{cell}" for name, cell in claim.when.items())


def _pinned(fixes: Sequence[Fix]) -> list[str]:
    return [name for fix in fixes for name in fix.pins]


def _told(behind: Sequence[str]) -> str:
    return f"; {behind[0]} asks for it" if behind else ""
