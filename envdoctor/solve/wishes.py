"""Write what a recipe wishes as uv and pip read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement

if TYPE_CHECKING:
    from envdoctor.model import Wish


def written(wish: Wish) -> str:
    """Give a wish as a line of requirements, or nothing if an index cannot answer it."""
    if wish.unmapped or wish.url or wish.unreadable:
        return ""
    extras = f"[{','.join(wish.extras)}]" if wish.extras else ""
    line = f"{wish.name}{extras}{wish.specifier}" + (f" ; {wish.marker}" if wish.marker else "")
    try:
        Requirement(line)
    except InvalidRequirement:
        return ""
    return line
