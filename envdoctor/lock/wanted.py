"""What is to be locked, for whichever computer it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from envdoctor.solve import uv

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from typing import Any

    from envdoctor.model import Claim, Facts, Finding, Recipe


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be locked and how: the requirements, the instant, how to judge a set, and what uv has to know."""

    recipe: Recipe
    requirements: Sequence[str]
    bounds: Sequence[str]
    before: str
    judge: Callable[[Facts], Sequence[Finding]]
    claims: Callable[[Facts], Sequence[Claim]]
    tell: Callable[[str], None]
    wheelless: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    codes: Collection[str] = ()
    anew: Sequence[str] = ()
    built: Sequence[str] = ()
    limit: float = uv.LIMIT
