"""Which released versions of a package have a public name: what was read of them, and what follows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Span(NamedTuple):
    """Releases in a row that answer alike; `past` is the next release behind them, empty if there is none."""

    first: str
    last: str
    has: bool | None
    past: str = ""
    is_oldest: bool = False

    @property
    def range(self) -> str:
        """Give the span as a specifier; `*` where it is open on both sides."""
        low = "" if self.is_oldest else f">={self.first}"
        high = f"<{self.past}" if self.past else ""
        return ",".join(part for part in (low, high) if part) or "*"


@dataclass(frozen=True, slots=True)
class NameHistory:
    """The releases of a package that have a wheel, oldest first, and whether each has the name (None: cannot be told).

    `read` counts those that were looked into; a release between two that answer alike is taken to answer so too.
    `reason` says why something, or all, could not be told.
    """

    package: str
    name: str
    answers: tuple[tuple[str, bool | None], ...] = ()
    read: int = 0
    reason: str = ""

    @property
    def having(self) -> tuple[str, ...]:
        """Give the versions that have the name."""
        return self._that(answer=True)

    @property
    def lacking(self) -> tuple[str, ...]:
        """Give the versions that do not have it."""
        return self._that(answer=False)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Give the versions of which it cannot be told."""
        return self._that(answer=None)

    def _that(self, *, answer: bool | None) -> tuple[str, ...]:
        return tuple(version for version, found in self.answers if found is answer)

    @property
    def spans(self) -> tuple[Span, ...]:
        """Give the time line."""
        found: list[Span] = []
        start = 0
        for answer, group in groupby(self.answers, key=lambda pair: pair[1]):
            versions = [version for version, _ in group]
            start += len(versions)
            past = self.answers[start][0] if start < len(self.answers) else ""
            found.append(Span(versions[0], versions[-1], answer, past, not found))
        return tuple(found)

    @property
    def ranges(self) -> tuple[str, ...]:
        """Give the specifiers of the releases that have the name, oldest first."""
        return tuple(span.range for span in self.spans if span.has)


def joined(histories: Sequence[NameHistory]) -> NameHistory:
    """Give the history of several names of one package: a release has them if it has each."""
    first = histories[0]
    known = [dict(one.answers) for one in histories]
    answers = tuple((version, _all([row.get(version) for row in known])) for version, _ in first.answers)
    name = ", ".join(one.name for one in histories)
    reason = next((one.reason for one in histories if one.reason), "")
    return NameHistory(first.package, name, answers, max(one.read for one in histories), reason)


def _all(answers: Sequence[bool | None]) -> bool | None:
    if False in answers:
        return False
    return None if None in answers else True
