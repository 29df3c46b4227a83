"""Where does the link check begin? At what the recipe imports, else at the modules that its packages bring."""

from __future__ import annotations

import configparser
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.formats import metadata
from envdoctor.model import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from envdoctor.model import Facts, Recipe
    from envdoctor.source.owners import Owners

_STRAY = frozenset(
    "test tests testing doc docs example examples samples scripts benchmark benchmarks bin tools".split()
)
_ENDS = (".py", ".so", ".pyd")


class Start(NamedTuple):
    """A module where the walk begins, and how bad it is if its import fails."""

    module: str
    status: Status = Status.ERROR


def of(recipe: Recipe, facts: Facts, owners: Owners) -> list[Start]:
    """Give the starts: a package's own module is an error if it fails, what else it brings a warning."""
    if recipe.imports:
        return [Start(name) for name in recipe.imports]
    names = [wish.name for wish in recipe.packages if wish.name in facts.by_name]
    if recipe.kind == "none":
        names = _leaves(facts)
    found: dict[str, Start] = {}
    for name in names:
        for start in _of(name, owners, certain=recipe.kind != "none"):
            if start.module not in found or start.status is Status.ERROR:
                found[start.module] = start
    return list(found.values())


def _leaves(facts: Facts) -> list[str]:
    """Give the distributions that no other asks for."""
    asked = {requirement.name for dist in facts.distributions for requirement in dist.requires}
    return [name for name in facts.by_name if name not in asked]


def _of(name: str, owners: Owners, *, certain: bool) -> Iterator[Start]:
    tops = [_module(top) for top in owners.tops(name)]
    modules = [top for top in tops if top.isidentifier() and top not in _STRAY]
    own = [top for top in modules if metadata.canonical(top) == name] or (modules if len(modules) == 1 else [])
    for top in modules:
        yield Start(top, Status.ERROR if certain and top in own else Status.WARNING)
    for module in _commands(owners.entry(name)):
        yield Start(module, Status.WARNING)


def _module(top: str) -> str:
    return top.partition(".")[0] if top.endswith(_ENDS) else top


def _commands(folder: str) -> Sequence[str]:
    """Give the modules that the commands of a distribution start with."""
    reader = configparser.ConfigParser(delimiters=("=",), interpolation=None, strict=False)
    try:
        with open(f"{folder}/entry_points.txt", encoding="utf-8") as file:
            reader.read_string(file.read(1_000_000))
    except (OSError, UnicodeDecodeError, configparser.Error):
        return []
    values = dict(reader.items("console_scripts")).values() if reader.has_section("console_scripts") else []
    return list(dict.fromkeys(value.partition("[")[0].partition(":")[0].strip() for value in values))
