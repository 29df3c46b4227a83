"""Find out which releases have a name: read a few, then halve what lies between two that answer differently.

Names come, go, and come again; a first sample over all releases sees that, and the halving then finds the very
release. A release without a wheel is left out: to read it, code would have to be run.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.model.releases import NameHistory
from envdoctor.releases import simple, unread
from envdoctor.releases.members import Members
from envdoctor.releases.wire import Unreachable, Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from packaging.version import Version

    from envdoctor.model.code import Python
    from envdoctor.releases.simple import Wheel

SAMPLE = 12
MOST_READ = 48
AT_ONCE = 6
LIMIT = 60.0


class Asked(NamedTuple):
    """What is asked of every release: a dotted name, or a keyword argument of what it names, for some Python."""

    package: str
    name: str
    python: Python
    argument: str = ""

    @property
    def shown(self) -> str:
        """Give the name as it is told."""
        return f"{self.name}({self.argument}=)" if self.argument else self.name


def read(asked: Asked, indexes: Sequence[str], *, limit: float = LIMIT) -> NameHistory:
    """Give the history of a name; where the index cannot be read, one that says why."""
    empty = NameHistory(asked.package, asked.shown)
    try:
        wire = Wire(limit)
        wheels = simple.wheels(asked.package, indexes, wire)
    except (Unreachable, OSError) as error:
        return NameHistory(empty.package, empty.name, reason=str(error))
    releases = _chosen(wheels, asked.python)
    if not releases:
        return NameHistory(empty.package, empty.name, reason="none of its releases has a wheel")
    reading = _Reading(asked, releases, wire)
    answers = searched(len(releases), reading.answers)
    rows = tuple((str(wheel.version), answer) for wheel, answer in zip(releases, answers, strict=True))
    return NameHistory(empty.package, empty.name, rows, len(reading.known), reading.reason if None in answers else "")


def searched(number: int, ask: Callable[[Sequence[int]], Sequence[bool | None]]) -> list[bool | None]:
    """Give the answer of each of a number of releases in a row, asking few of them."""
    places = sorted({round(step * (number - 1) / max(1, SAMPLE - 1)) for step in range(SAMPLE)})
    known = dict(zip(places, ask(places), strict=True))
    while len(known) < MOST_READ:
        between = [(low + high) // 2 for low, high in _edges(known)][: MOST_READ - len(known)]
        if not between:
            break
        known.update(zip(between, ask(between), strict=True))
    found: list[bool | None] = []
    for low, high in zip(sorted(known), [*sorted(known)[1:], number], strict=True):
        alike = known[low] if known.get(high, known[low]) is known[low] else None
        found += [known[low], *[alike] * (high - low - 1)]
    return found


def _edges(known: dict[int, bool | None]) -> list[tuple[int, int]]:
    """Give the neighbours between which the answer changes and somebody is left to ask."""
    pairs = pairwise(sorted(known))
    return [(low, high) for low, high in pairs if high - low > 1 and known[low] is not known[high]]


class _Reading:
    def __init__(self, asked: Asked, releases: Sequence[Wheel], wire: Wire) -> None:
        self._asked, self._releases, self._wire = asked, releases, wire
        self.known: set[int] = set()
        self.reason = ""

    def answers(self, places: Sequence[int]) -> list[bool | None]:
        with ThreadPoolExecutor(AT_ONCE) as several:
            return list(several.map(self._answer, places))

    def _answer(self, place: int) -> bool | None:
        wheel, asked = self._releases[place], self._asked
        try:
            members = Members(wheel, self._wire)
            try:
                found = unread.has(members, wheel.tags, asked.python, asked.name, asked.argument)
            finally:
                members.close()
        except Unreachable as error:
            self.reason = str(error)
            return None
        self.known.add(place)
        if found is None:
            self.reason = self.reason or "some releases make the name at run time"
        return found


def modules(package: str, indexes: Sequence[str], python: Python, *, limit: float = LIMIT) -> list[str]:
    """Give the top modules of the newest release of a package; none if it cannot be read."""
    wire = Wire(limit)
    try:
        newest = _chosen(simple.wheels(package, indexes, wire), python)[-1:]
        return [top for wheel in newest for top in unread.tops(Members(wheel, wire))]
    except Unreachable:
        return []


def _chosen(wheels: Iterable[Wheel], python: Python) -> list[Wheel]:
    """Give one wheel a release, oldest release first; releases before a final one only where there is none."""
    best: dict[Version, Wheel] = {}
    for wheel in wheels:
        other = best.get(wheel.version)
        if other is None or _rank(wheel, python) > _rank(other, python):
            best[wheel.version] = wheel
    final = [version for version in best if not version.is_prerelease]
    return [best[version] for version in sorted(final or best)]


def _rank(wheel: Wheel, python: Python) -> tuple[bool, bool, int]:
    """Rank the wheels of a release: for this platform, for this Python, then the smallest."""
    version = f"cp{python.version[0]}{python.version[1]}"
    fits = any(tag.platform == "any" or python.platform in tag.platform for tag in wheel.tags)
    return fits, any(tag.interpreter in (version, "py3") for tag in wheel.tags), -wheel.size
