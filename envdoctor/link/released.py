"""Which released versions have what is missing, and which of them does the one who asks for it allow?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from envdoctor import cells
from envdoctor.model import Fix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.model import Facts
    from envdoctor.model.releases import NameHistory, Span


class Released(NamedTuple):
    """What is told of the releases, and the pins that follow: the releases nearest to the installed one first."""

    words: str
    fixes: tuple[Fix, ...] = ()


def of(history: NameHistory, asker: str, facts: Facts) -> Released:
    """Join a history with what is installed and with what the one who asks declares."""
    package, ranges = history.package, history.ranges
    many = f"{history.read} of {len(history.answers)} releases read"
    if not ranges:
        nowhere = bool(history.answers) and not history.unknown
        why = f"no release of {package} has it ({many})" if nowhere else f"which releases have it: {history.reason}"
        return Released(why, (Fix(note=f"another release of {asker}"),) if nowhere and asker else ())
    shown = " or ".join(f"{package} {'*' if part == '*' else part}" for part in ranges)
    return Released(f"it is in {shown} ({many})", tuple(_fixes(history, asker, facts)))


def _fixes(history: NameHistory, asker: str, facts: Facts) -> Iterator[Fix]:
    package, declared = history.package, _declared(asker, history.package, facts)
    found = [span for span in _nearest(history, facts.get(package).value) if span.has]
    allowed = [span for span in found if _some(history, span, declared)]
    for span in allowed[:2]:
        yield Fix(pins={package: cells.both(span.range, declared or "*")})
    if not allowed:
        note = f"{asker} declares {package}{declared}: it has to move too"
        yield from (Fix(pins={package: span.range}, note=note) for span in found[:1])


def _declared(asker: str, package: str, facts: Facts) -> str:
    """Give what a distribution declares of another, whatever its extras."""
    dist = facts.by_name.get(asker)
    wanted = [one for one in dist.requires if one.name == package and "extra" not in one.marker] if dist else []
    return ",".join(one.specifier for one in wanted if one.specifier)


def _some(history: NameHistory, span: Span, declared: str) -> bool:
    """Say whether some release of a span is one that is declared."""
    try:
        return any(cells.contains(span.range, one) and cells.contains(declared, one) for one in history.having)
    except ValueError:
        return False


def _nearest(history: NameHistory, installed: str) -> list[Span]:
    """Give the spans in the order of their distance from what is installed."""
    versions = [version for version, _ in history.answers]
    seen = cells.version(installed)
    older = [one for one in versions if seen is not None and (cells.version(one) or seen) <= seen]
    at, places = len(older), {version: place for place, version in enumerate(versions)}
    return sorted(history.spans, key=lambda one: min(abs(places[one.first] - at), abs(places[one.last] - at)))
