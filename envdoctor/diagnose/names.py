"""Say in which releases a name is missing that a log says is missing: the table of public names, asked by the log.

`cannot import name 'x' from 'a.b'`, `module 'a' has no attribute 'x'`, `No module named 'a.b'`: the name is asked as
`a.b.x`, then as what lies above it. Of an object a log has the class alone, and of an argument what was called: `'C'
object has no attribute 'x'`, `C.f() got an unexpected keyword argument 'x'`. Where several packages have such a one, it
is that whose code ran.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.diagnose import owners
from envdoctor.diagnose.candidates import Candidate, removed, shown, weighed
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
    r"'(?P<module>[A-Z]\w+)' object has no attribute '(?P<name>\w+)'",
    r"\b(?P<module>[A-Za-z][\w.]+)\(\) got an unexpected keyword argument '(?P<name>\w+)'",
    r"(?P<module>__init__)\(\) got an unexpected keyword argument '(?P<name>\w+)'",
)
_INIT = "__init__"
_CALLED = r"\b([A-Z]\w+)\([^()]*\b%s *="  # the class that is made with this argument
_BEFORE = 3  # lines
_LONGEST = 500  # characters of a line that are looked at
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
            module, name = match["module"], match.groupdict().get("name")
            if module == _INIT and name:
                module = _made(text.lines[max(0, index - _BEFORE) : index], name)
            yield Missing(f"{module.removesuffix(f'.{_INIT}')}.{name}" if name else module, index)


def _made(before: Sequence[str], argument: str) -> str:
    """Give the class that a line before makes with this argument, or nothing."""
    said = [match[1] for line in before for match in re.finditer(_CALLED % argument, line[:_LONGEST])]
    return said[-1] if said else ""


def found(text: Text, read: Sequence[Read], ask: Ask, facts: Facts, origins: Origins) -> Iterator[Candidate]:
    """Give a candidate for each missing name that the table knows."""
    for gone in missing(text):
        if "partially initialized" in text.lines[gone.at]:
            continue
        claims = _of_one(ask(gone.dotted), owners.callers(read[gone.at].files, origins))
        if claims:
            yield _candidate(gone, claims, read[gone.at], facts, origins)


def _of_one(claims: Sequence[Claim], behind: Sequence[str]) -> Sequence[Claim]:
    """Give the claims of one package and name: of that whose code ran, if several have such a one."""
    packages = {claim.package for claim in claims}
    package = next((name for name in behind if name in packages), "") if len(packages) > 1 else next(iter(packages), "")
    mine = [claim for claim in claims if claim.package == package]
    return [claim for claim in mine if claim.uses == mine[0].uses]


def _candidate(gone: Missing, claims: Sequence[Claim], read: Read, facts: Facts, origins: Origins) -> Candidate:
    """Give the cause: the range that the facts are in, else the newest, for names are removed more often than added."""
    ordered = sorted(claims, key=lambda claim: not removed(claim))
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
        lack=Lack(package, first.uses[0], asker=next(iter(behind), "")) if package != "python" else None,
    )
    weight = _BESIDE if package == "python" else _WEIGHT
    return Candidate(cause, weighed(weight, read), read.group, read.line.number, tuple(ordered))


def _noted(claim: Claim, fix: Fix) -> Fix:
    return dataclasses.replace(fix, note=fix.note or f"where {_range(claim)} is installed")


def _range(claim: Claim) -> str:
    return ", ".join(f"{name}{cell}" for name, cell in claim.when.items())


def _pinned(fixes: Sequence[Fix]) -> list[str]:
    return [name for fix in fixes for name in fix.pins]


def _told(behind: Sequence[str]) -> str:
    return f"; {behind[0]} asks for it" if behind else ""
