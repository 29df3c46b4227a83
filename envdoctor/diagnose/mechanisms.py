"""Find the mechanisms whose words a log holds, and fill their texts with what the words lead to.

What the words of a line lead to (`leads`) fills the placeholders of a mechanism's texts.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from envdoctor.diagnose import leads
from envdoctor.diagnose.candidates import Candidate, shown, weighed
from envdoctor.model import Source, is_host
from envdoctor.model.diagnosis import ENVIRONMENT, HARMLESS, Cause

if TYPE_CHECKING:
    import re as regex
    from collections.abc import Iterator, Mapping, Sequence

    from envdoctor.diagnose.literals import Text
    from envdoctor.diagnose.reading import Read
    from envdoctor.model import Fix
    from envdoctor.model.diagnosis import Mechanism, Origins

_UNNAMED = "a package"
_UNWRITTEN = ("symbol", "class", "module")  # these are told by the component that they lead to
_HOLE = re.compile(r"\{(\w+)\}")
_ASIDE = re.compile(r" \(\{(\w+)\}\)")
_CLAUSE = re.compile(r"^(===|==|~=|!=|<=|>=|<|>)\s*\d")


def found(
    text: Text, read: Sequence[Read], mechanisms: Sequence[Mechanism], origins: Origins, mentioned: frozenset[str]
) -> Iterator[Candidate]:
    """Give a candidate for each line that a mechanism's pattern matches."""
    for mechanism in mechanisms:
        if mechanism.near and mentioned.isdisjoint(mechanism.near):
            continue
        for pattern in mechanism.patterns:
            for index, match in text.matches(pattern):
                yield from _candidate(mechanism, match, read[index], origins)


def _candidate(mechanism: Mechanism, match: regex.Match[str], read: Read, origins: Origins) -> Iterator[Candidate]:
    if "failed" in mechanism.needs and not read.fails:
        return
    words = leads.of(match, read, origins)
    if not all(words.get(need) for need in mechanism.needs):
        return
    told = words | {name: value for name, value in match.groupdict().items() if value and name not in _UNWRITTEN}
    packages = tuple(dict.fromkeys(filled for word in mechanism.packages if (filled := _filled(word, words))))
    cause = Cause(
        code=mechanism.code,
        says=mechanism.says,
        kind=mechanism.kind,
        title=_filled(mechanism.title, told, _UNNAMED),
        cause=_filled(mechanism.cause, told, _UNNAMED),
        packages=packages,
        lines=(shown(read.line),),
        fixes=tuple(fix for given in mechanism.fixes if (fix := _fix(given, words)) is not None),
        source=Source(mechanism.source, mechanism.checked, mechanism.evidence),
        lack=leads.lack(words) if mechanism.says == ENVIRONMENT else None,
        shown=mechanism.shown,
    )
    weight = weighed(mechanism.weight, read) if mechanism.says == ENVIRONMENT else mechanism.weight
    yield Candidate(cause, weight, read.group, read.line.number)


def _filled(template: str, words: Mapping[str, str], otherwise: str = "") -> str:
    """Fill the holes of a text; one that leads nowhere makes a lone placeholder, or one in brackets, empty."""
    told = _ASIDE.sub(lambda hole: hole[0] if words.get(hole[1]) else "", template)
    return _HOLE.sub(lambda hole: words.get(hole[1]) or otherwise, told)


def _fix(fix: Fix, words: Mapping[str, str]) -> Fix | None:
    """Give a fix with its holes filled, or None if what it changes leads nowhere."""
    pins = {_filled(name, words): _cell(_filled(cell, words)) for name, cell in fix.pins.items()}
    pins = {name: cell for name, cell in pins.items() if name and cell and not is_host(name)}
    if fix.pins and not (pins or fix.env or fix.host):
        return None
    return dataclasses.replace(
        fix,
        pins=pins,
        env=dict(fix.env),
        host={_filled(name, words): _filled(cell, words, "*") for name, cell in fix.host.items()},
        note=_filled(fix.note, words, _UNNAMED),
        reinstall=tuple(name for word in fix.reinstall if (name := _filled(word, words))),
    )


def _cell(cell: str) -> str:
    """Give a filled range, or nothing where a hole stayed empty and the operator stands alone."""
    cell = cell.strip(" ,.;")
    return cell if cell == "*" or _CLAUSE.match(cell) else ""


def noise(text: Text, mechanisms: Sequence[Mechanism]) -> set[int]:
    """Give the lines that are known to mean no harm."""
    return {
        index
        for mechanism in mechanisms
        if mechanism.says == HARMLESS
        for pattern in mechanism.patterns
        for index, _ in text.matches(pattern)
    }
