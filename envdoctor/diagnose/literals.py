"""Find the lines that a pattern may match before it is tried: those that hold a piece of text it cannot do without.

A pattern is compiled only where such a line is there, so that a thousand patterns cost a log that fits none little.
"""

from __future__ import annotations

import bisect
import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LEAST = 3
_ANY_CASE = "(?i)"
_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{\d*,?\d*\}|.", re.DOTALL)


@lru_cache(maxsize=8192)
def literals(pattern: str) -> tuple[str, ...]:
    """Give pieces of text of which every match of a pattern contains one, or nothing where there are none."""
    runs, run, depth = [""], "", 0
    found: list[str] = []
    for sign in [*_TOKEN.findall(pattern.removeprefix(_ANY_CASE)), "|"]:
        if sign == "|" and depth == 0:
            found.append(max([*runs, run], key=len))
            runs, run = [""], ""
            continue
        depth += (sign == "(") - (sign == ")")
        plain = _plain(sign) if depth == 0 and sign != ")" else ""
        if sign in ("*", "?") or sign.startswith("{"):
            run = run[:-1]
        if plain:
            run += plain
        else:
            runs.append(run)
            run = ""
    return tuple(found) if all(len(piece) >= _LEAST for piece in found) else ()


def _plain(sign: str) -> str:
    """Give the character that a sign stands for, or nothing if it stands for several."""
    if len(sign) == 2 and sign[0] == "\\":
        return "" if sign[1].isalnum() else sign[1]
    return sign if len(sign) == 1 and sign not in ".^$*+?()|" else ""


class Text:
    """The lines of a log as one text, so that a piece is searched for once."""

    def __init__(self, lines: Sequence[str]) -> None:
        """Join the lines."""
        self.lines = lines
        self._whole = "\n".join(lines)
        self._low = self._whole.lower()
        self._known: dict[str, tuple[tuple[int, re.Match[str]], ...]] = {}
        self._starts, at = [], 0
        for line in lines:
            self._starts.append(at)
            at += len(line) + 1

    def matches(self, pattern: str) -> tuple[tuple[int, re.Match[str]], ...]:
        """Give each line that a pattern matches, by its index, with the match."""
        if pattern not in self._known:
            self._known[pattern] = tuple(self._matches(pattern))
        return self._known[pattern]

    def _matches(self, pattern: str) -> Iterator[tuple[int, re.Match[str]]]:
        pieces = literals(pattern)
        any_case = pattern.startswith(_ANY_CASE) and len(self._low) == len(self._whole)
        if any_case:
            indices = {index for piece in pieces for index in self._holding(piece.lower(), self._low)}
        else:
            indices = {index for piece in pieces for index in self._holding(piece, self._whole)}
        if not pieces or (pattern.startswith(_ANY_CASE) and not any_case):
            indices = set(range(len(self.lines)))
        if not indices:
            return
        compiled = re.compile(pattern)
        for index in sorted(indices):
            if found := compiled.search(self.lines[index]):
                yield index, found

    def _holding(self, piece: str, whole: str) -> Iterator[int]:
        at = whole.find(piece)
        while at >= 0:
            index = bisect.bisect_right(self._starts, at) - 1
            yield index
            at = whole.find(piece, self._starts[index] + len(self.lines[index]))
