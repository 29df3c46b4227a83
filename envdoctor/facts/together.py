"""Put what was seen of a target together: the first of several copies on the search path is the one that counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor import cells
from envdoctor.model import Facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from envdoctor.model import Distribution, Fact, Target


def facts_of(
    target: Target,
    *,
    facts: Iterable[Fact] = (),
    missing: Mapping[str, str] | None = None,
    distributions: Iterable[Distribution] = (),
    listed: bool = True,
    taken: str = "",
) -> Facts:
    """Give the facts of a target with every distribution found by its name."""
    everything = tuple(distributions)
    by_name: dict[str, Distribution] = {}
    for dist in everything:
        other = by_name.get(dist.name)
        if other is None or (other.location == dist.location and _stronger(dist, other)):
            by_name[dist.name] = dist
    return Facts(
        target=target,
        facts={fact.name: fact for fact in facts},
        missing=missing or {},
        distributions=everything,
        listed=listed,
        taken=taken,
        by_name=by_name,
    )


def _stronger(one: Distribution, other: Distribution) -> bool:
    """Say which of two copies in one folder counts: a readable one, then the newer one."""
    if bool(one.fault) != bool(other.fault):
        return not one.fault
    mine, theirs = cells.version(one.version), cells.version(other.version)
    return mine is not None and (theirs is None or mine > theirs)
