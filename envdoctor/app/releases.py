"""Which released versions have a name? Asked of the index, without running anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.model import normalised
from envdoctor.model.code import HERE
from envdoctor.releases import history, indexes

if TYPE_CHECKING:
    from envdoctor.model.code import Python
    from envdoctor.model.releases import NameHistory

LIMIT = history.LIMIT


def name_history(
    package: str, name: str, *, argument: str = "", python: Python | None = None, limit: float = LIMIT
) -> NameHistory:
    """Give the releases of a distribution that have a dotted name, a module, or an argument of what a name calls.

    The name begins with its module (`PIL.Image.ANTIALIAS`). Nothing is raised: a history without answers has a reason.
    """
    asked = history.Asked(normalised(package), name, python or HERE, argument)
    return history.read(asked, indexes.configured(), limit=limit)


def whole_name(package: str, name: str, *, python: Python | None = None, limit: float = LIMIT) -> str:
    """Give a name with the module that it begins with, where a package has only one and the name does not say it."""
    tops = history.modules(normalised(package), indexes.configured(), python or HERE, limit=limit)
    if name.partition(".")[0] in tops or len(tops) != 1:
        return name
    return f"{tops[0]}.{name}"
