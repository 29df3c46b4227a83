"""A cell: what a recipe or a claim asks of one component, and whether a seen value meets it.

A cell is a PEP 440 specifier, a bare version (a prefix: `2.15` means `==2.15.*`), `*` (present), `absent`, `unset`,
`set`, or a plain value (`linux`, or the value of a variable). Ordered operators compare the base version of what is
seen, `==` and `!=` its public version, so that nightlies and vendor builds (`2.4.0a0+nv24.6`) count as their release.
"""

from __future__ import annotations

import re
from functools import lru_cache

from packaging.specifiers import InvalidSpecifier, Specifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from envdoctor.model import Fact, State

_BARE = re.compile(r"v?\d+(\.\d+)*(\.\*)?([a-z]+\d*|\.post\d+|\.dev\d+|\+[a-z0-9.]+)*", re.IGNORECASE)
_WORDS = frozenset({"*", "absent", "unset", "set"})
_PREFIX = re.compile(r"v?\d+(\.\d+)*", re.IGNORECASE)
_INVERSE = {">=": "<", "<": ">=", ">": "<=", "<=": ">", "==": "!=", "!=": "=="}


@lru_cache(maxsize=4096)
def version(text: str) -> Version | None:
    """Give the version that a text states, or None if it states none."""
    try:
        return Version(text)
    except InvalidVersion:
        return None


@lru_cache(maxsize=4096)
def specifier(cell: str) -> str:
    """Give a cell as a PEP 440 specifier, the bare version as a prefix; raise ValueError if it is none."""
    words = cell.strip()
    if words in ("*", ""):
        return ""
    if _BARE.fullmatch(words):
        words = f"=={words}" if words.endswith(".*") or not _PREFIX.fullmatch(words) else f"=={words}.*"
    try:
        SpecifierSet(words)
    except InvalidSpecifier:
        raise ValueError(f"`{cell}` is not a version or a range") from None
    return ",".join(part.strip() for part in words.split(",") if part.strip())


@lru_cache(maxsize=4096)
def _clauses(text: str) -> tuple[Specifier, ...]:
    return tuple(Specifier(part) for part in text.split(",") if part)


@lru_cache(maxsize=4096)
def contains(text: str, seen: str) -> bool:
    """Say whether a version is in a range; a text that is no version is in none but the empty one."""
    clauses = _clauses(specifier(text))
    found = version(seen)
    if found is None:
        return not clauses or any(c.operator == "===" and c.version == seen for c in clauses)
    return all(_holds(clause, found) for clause in clauses)


def _holds(clause: Specifier, found: Version) -> bool:
    if clause.operator in ("==", "!="):
        compared = found if "+" in clause.version else Version(found.public)
    elif clause.operator == "===":
        compared = found
    else:
        compared = Version(found.base_version)
    return clause.contains(compared, prereleases=True)


def matches(cell: str, fact: Fact) -> bool | None:
    """Say whether a fact meets a cell for every device it was seen on; None if it was not seen."""
    if fact.state is State.UNSEEN:
        return None
    if cell in _WORDS or fact.state is State.ABSENT:
        return _present(cell, fact)
    return all(_meets(cell, fact.name, value) for value in fact.all or (fact.value,))


def matches_any(cell: str, fact: Fact) -> bool | None:
    """Say whether a fact meets a cell on at least one device it was seen on; None if it was not seen."""
    if len(fact.all) < 2 or fact.state is not State.KNOWN or cell in _WORDS:
        return matches(cell, fact)
    return any(_meets(cell, fact.name, value) for value in fact.all)


def _present(cell: str, fact: Fact) -> bool:
    there = fact.state is State.KNOWN
    return not there if cell in ("absent", "unset") else there and cell in ("*", "set")


def _meets(cell: str, name: str, value: str) -> bool:
    if name.startswith("env."):
        return cell == value
    try:
        return contains(cell, value)
    except ValueError:
        return cell == value


@lru_cache(maxsize=1024)
def both(one: str, other: str) -> str:
    """Give the specifier that asks for both, without repeating a clause."""
    parts = [*specifier(one).split(","), *specifier(other).split(",")]
    return ",".join(dict.fromkeys(part for part in parts if part)) or "*"


def outside(cell: str) -> tuple[str, ...]:
    """Give the ranges that lie outside a range: `<1` and `>=2` of `>=1,<2`."""
    return tuple(f"{_INVERSE[c.operator]}{c.version}" for c in _clauses(specifier(cell)) if c.operator in _INVERSE)


def overlap(one: str, other: str) -> bool:
    """Say whether some version is in both ranges: one of their bounds, or one just beside it."""
    bounds = [clause.version.removesuffix(".*") for cell in (one, other) for clause in _clauses(specifier(cell))]
    beside = [version for bound in bounds for version in (bound, f"{bound}.1", _below(bound))]
    return not bounds or any(contains(one, version) and contains(other, version) for version in beside)


def _below(bound: str) -> str:
    """Give a version less than a bound, and close to it."""
    release = list(Version(bound).release)
    while len(release) > 1 and release[-1] == 0:
        release.pop()
    release[-1] -= 1
    return ".".join(map(str, [*release, 999])) if release[-1] >= 0 else "0"
