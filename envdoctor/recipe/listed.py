"""Read requirements files and conda's environment.yml as recipes: every entry is a wish."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from envdoctor.formats import conda_environment
from envdoctor.model import Recipe, Wish

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from envdoctor import yamlpos
    from envdoctor.formats.conda_environment import Environment
    from envdoctor.model import Listed


def of_requirements(entries: Iterable[Listed], name: str, file: str) -> Recipe:
    """Give the recipe of requirements; a constraint bounds a package but does not ask for it."""
    wishes = tuple(_wish(entry) for entry in entries)
    return Recipe(name=name, kind="requirements", path=file, packages=wishes)


def of_environment(environment: Environment, file: str, to_pypi: Mapping[str, str]) -> Recipe:
    """Give the recipe of an environment.yml, conda's names as PyPI's where the table knows them."""
    python = None
    wishes = []
    for entry in environment.entries:
        wish = _wish(entry)
        if conda_environment.unread(entry):
            wish = dataclasses.replace(wish, unreadable=conda_environment.unread(entry))
        if entry.conda and entry.name == "python":
            python = wish
        else:
            wishes.append(_mapped(wish, to_pypi) if entry.conda else wish)
    env = tuple(_variable(name, text) for name, text in environment.variables.items())
    return Recipe(environment.name, "environment", file, python=python, packages=tuple(wishes), env=env)


def _variable(name: str, text: yamlpos.Text) -> Wish:
    """Give the wish for a variable; conda sets one without a value to the empty text."""
    return Wish(name, "" if text.empty else text.value, place=text.place)


def _wish(entry: Listed) -> Wish:
    """Give the wish of an entry; a folder or URL that states no name keeps itself as one, and cannot be looked for."""
    return Wish(
        name=entry.name or entry.url,
        specifier=entry.specifier,
        extras=entry.extras,
        marker=entry.marker,
        place=entry.place,
        optional=entry.constraint,
        unmapped=not entry.name,
        url=entry.url,
    )


def _mapped(wish: Wish, to_pypi: Mapping[str, str]) -> Wish:
    known = to_pypi.get(wish.name)
    if known is None:
        return dataclasses.replace(wish, unmapped=True)
    return dataclasses.replace(wish, name=known)
