"""A cell: what a recipe or a claim asks of one component, and whether a seen value meets it.

A cell is a PEP 440 specifier, a bare version (a prefix: `2.15` means `==2.15.*`), `*` (present), `absent`, `unset`,
`set`, or a plain value (`linux`, or the value of a variable), in which a `*` stands for any text. Ordered operators
compare the base version of what is seen (and its post-release, where the bound is one), `==` and `!=` its public
version, so that nightlies and vendor builds (`2.4.0a0+nv24.6`) count as their release.
"""

from __future__ import annotations

import operator
import re
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from packaging.specifiers import InvalidSpecifier, Specifier
from packaging.version import Version

from envdoctor.model import Fact, State

if TYPE_CHECKING:
    from collections.abc import Callable

# What is compared is a release without any suffix, so that PEP 440's exceptions for those do not arise.
_ORDERED = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
_BARE = re.compile(r"v?\d+(\.\d+)*(\.\*)?([a-z]+\d*|\.post\d+|\.dev\d+|\+[a-z0-9.]+)*", re.IGNORECASE)
_WORDS = frozenset({"*", "absent", "unset", "set"})
_RANGE = re.compile(r"[<>=!~]|[vV]?\d")
_PREFIX = re.compile(r"v?\d+(\.\d+)*", re.IGNORECASE)
_INVERSE = {">=": "<", "<": ">=", ">": "<=", "<=": ">", "==": "!=", "!=": "=="}


_MOST = 32_768  # answers that are kept: a large environment asks of ten thousand pairs of range and version


@lru_cache(maxsize=_MOST)
def version(text: str) -> Version | None:
    """Give the version that a text states, or None if it states none."""
    try:
        return Version(text)
    except ValueError:  # InvalidVersion, or a number of more digits than Python takes
        return None


@lru_cache(maxsize=_MOST)
def specifier(cell: str) -> str:
    """Give a cell as a PEP 440 specifier, the bare version as a prefix; raise ValueError if it is none."""
    words = cell.strip()
    if words in ("*", ""):
        return ""
    if _BARE.fullmatch(words):
        words = f"=={words}" if words.endswith(".*") or not _PREFIX.fullmatch(words) else f"=={words}.*"
    parts = [part.strip() for part in words.split(",") if part.strip()]
    try:
        for part in parts:
            _clause(part)
    except InvalidSpecifier:
        raise ValueError(f"`{cell}` is not a version or a range") from None
    return ",".join(parts)


class _Clause(NamedTuple):
    """One clause of a specifier; an ordered one is a comparison with a bound, for a check makes thousands of them."""

    whole: Specifier
    compare: Callable[[Any, Any], bool] | None = None
    bound: Version | None = None
    of_post: bool = False


@lru_cache(maxsize=_MOST)
def _clause(text: str) -> _Clause:
    whole = Specifier(text)
    bound = version(whole.version) if whole.operator in _ORDERED else None
    if bound is None:
        return _Clause(whole)
    return _Clause(whole, _ORDERED[whole.operator], bound, bound.is_postrelease)


@lru_cache(maxsize=_MOST)
def _clauses(cell: str) -> tuple[_Clause, ...]:
    return tuple(_clause(part) for part in specifier(cell).split(",") if part)


def _written(cell: str) -> list[Specifier]:
    return [clause.whole for clause in _clauses(cell)]


@lru_cache(maxsize=_MOST)
def contains(text: str, seen: str) -> bool:
    """Say whether a version is in a range; a text that is no version is in none but the empty one."""
    clauses = _clauses(text)
    if version(seen) is None:
        return not clauses or any(c.whole.operator == "===" and c.whole.version == seen for c in clauses)
    for clause in clauses:
        if not (clause.compare(_base(seen, clause.of_post), clause.bound) if clause.compare else _holds(clause, seen)):
            return False
    return True


def _holds(clause: _Clause, seen: str) -> bool:
    """Say whether a version is in a clause that is not ordered."""
    whole, found = clause.whole, Version(seen)
    if whole.operator in ("==", "!="):
        compared = found if "+" in whole.version else Version(found.public)
    else:
        compared = found if whole.operator == "===" else _base(seen)
    return whole.contains(compared, prereleases=True)


@lru_cache(maxsize=_MOST)
def _base(seen: str, of_post: bool = False) -> Version:
    """Give the release that a version is of: itself, as a rule; its post-release where that is asked for."""
    found = version(seen)
    assert found is not None
    if of_post and found.is_postrelease:
        return Version(f"{found.base_version}.post{found.post}")
    plain = found.pre is None and found.post is None and found.dev is None and found.local is None
    return found if plain else Version(found.base_version)


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
    if "*" in cell and not _RANGE.match(cell):
        return fnmatchcase(value, cell)
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
    return tuple(f"{_INVERSE[c.operator]}{c.version}" for c in _written(cell) if c.operator in _INVERSE)


def overlap(one: str, other: str) -> bool:
    """Say whether some version is in both ranges: one of their bounds, or one just beside it."""
    bounds = [clause.version.removesuffix(".*") for cell in (one, other) for clause in _written(cell)]
    beside = [version for bound in bounds for version in (bound, f"{bound}.1", _below(bound))]
    return not bounds or any(contains(one, version) and contains(other, version) for version in beside)


def _below(bound: str) -> str:
    """Give a version less than a bound, and close to it."""
    release = list(Version(bound).release)
    while len(release) > 1 and release[-1] == 0:
        release.pop()
    release[-1] -= 1
    return ".".join(map(str, [*release, 999])) if release[-1] >= 0 else "0"
