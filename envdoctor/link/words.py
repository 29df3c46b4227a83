"""Say what is missing: as Python would, and in a title."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from envdoctor.link.gaps import ARGUMENT, ATTRIBUTE, MODULE, NAME, SYNTAX

if TYPE_CHECKING:
    from envdoctor.link.gaps import Gap


class Words(NamedTuple):
    """The code of a kind of gap, what Python says when it meets one, and what the title of its finding says."""

    code: str
    message: str
    title: str


OF = {
    MODULE: Words(
        "LINK001",
        "ModuleNotFoundError: No module named '{module}'",
        "{asker} imports `{module}`, which is not there",
    ),
    NAME: Words(
        "LINK002",
        "ImportError: cannot import name '{name}' from '{module}'",
        "{asker} imports `{name}` from `{module}`, which has no such name",
    ),
    ATTRIBUTE: Words(
        "LINK003",
        "AttributeError: module '{module}' has no attribute '{name}'",
        "{asker} reads `{module}.{name}`, which is not there",
    ),
    ARGUMENT: Words(
        "LINK004",
        "TypeError: {last}() got an unexpected keyword argument '{name}'",
        "{asker} gives `{name}` to `{module}`, which does not take it",
    ),
    SYNTAX: Words("LINK005", "SyntaxError: {name}", "`{module}` has a syntax that Python {python} does not know"),
}


def message(gap: Gap) -> str:
    """Give what Python says when it meets a gap."""
    last = gap.module.rpartition(".")[2]
    return OF[gap.kind].message.format(module=gap.module, name=gap.name, last=last)


def title(gap: Gap, asker: str, python: str) -> str:
    """Give the title of a finding; `python` is the version of the target's Python."""
    minor = ".".join(python.split(".")[:2])
    return OF[gap.kind].title.format(module=gap.module, name=gap.name, asker=asker, python=minor)
