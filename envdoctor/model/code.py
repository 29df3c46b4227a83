"""What source code asks for and gives, as its syntax tree tells it: plain tuples, so that they are quick to keep.

`caught` says which failures of an item are caught where it stands, as bits; `UNSURE` among them if it may not run.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

Target = tuple[int, str, str]  # what an import names: level of the dots, module, name ("" for the module itself)
MODULE, NAME, ATTRIBUTE, KEYWORD = 1, 2, 4, 8  # a module, a name in it, an attribute, an argument that is not there
ANY = MODULE | NAME | ATTRIBUTE | KEYWORD
UNSURE = 16  # it may not run at all: below a condition, in a loop, behind a return


class Python(NamedTuple):
    """The Python that would run the code: version, `sys.platform`, implementation."""

    version: tuple[int, int]
    platform: str = "linux"
    implementation: str = "cpython"


HERE = Python((sys.version_info.major, sys.version_info.minor))  # what runs us, where no target says which


class Import(NamedTuple):
    """One imported module, or one name of it; `name` is `*` for all of them."""

    target: Target
    bound: str
    caught: int
    line: int


class Use(NamedTuple):
    """A dotted name that is read: its first part, and what follows."""

    root: str
    chain: tuple[str, ...]
    caught: int
    line: int


class Call(NamedTuple):
    """A call of a dotted name, with the names of its keyword arguments."""

    root: str
    chain: tuple[str, ...]
    keywords: tuple[str, ...]
    caught: int
    line: int


CLOSED, SPELLED, DEFINED, ANYTHING = range(4)


class Answers(NamedTuple):
    """What a module's own `__getattr__` or lazy tables answer beside the names it binds.

    `gives`: names they answer for certain, with the module each comes from where that is said; `denies`: names they
    refuse. `scope`: what else they may answer: nothing; what is spelled in the file or where one of `helpers` comes
    from; what a file in the package's folders defines; anything.
    """

    gives: Mapping[str, str] = {}
    scope: int = CLOSED
    helpers: tuple[str, ...] = ()
    denies: tuple[str, ...] = ()


class Summary(NamedTuple):
    """What one file gives and needs.

    `fault`: why nothing can be said of it; `refused`: line and words of a syntax that the target's Python has not.
    `names` has every name bound on some way through the file, with the import that alone binds it, if it is one;
    `typing` those bound for type checkers only. `exports` is a literal `__all__`. `dynamic`: names are put into it
    at run time, 1 for such as are spelled in the file, 2 for any. `registers`: it adds to `sys.modules` or
    `__path__`; `extends`: it joins its folder with others of its name; `edits_path`: it changes `sys.path`.
    `sets` are attributes that it sets on what it imported, `registered` modules that it makes by name, `made` variables
    that hold what a call of a dotted name gave. `rebound` are names that are bound in more than one place.
    """

    fault: str = ""
    refused: tuple[int, str] | None = None
    names: Mapping[str, Target | None] = {}
    typing: frozenset[str] = frozenset()
    exports: tuple[str, ...] | None = None
    imports: tuple[Import, ...] = ()
    uses: tuple[Use, ...] = ()
    calls: tuple[Call, ...] = ()
    answers: Answers | None = None
    dynamic: int = 0
    registers: bool = False
    extends: bool = False
    edits_path: bool = False
    sets: tuple[str, ...] = ()
    registered: tuple[str, ...] = ()
    made: Mapping[str, str] = {}
    rebound: frozenset[str] = frozenset()


class Function(NamedTuple):
    """A function or class that is called: the arguments it takes (None: any), what runs in it, and its own names."""

    arguments: frozenset[str] | None
    imports: tuple[Import, ...] = ()
    uses: tuple[Use, ...] = ()
    calls: tuple[Call, ...] = ()
    names: Mapping[str, Target | None] = {}


class Module(NamedTuple):
    """A module that was found. `file` is empty for a namespace and for what is built in; `folders` make it a package.

    `opaque` says why its names are not to be seen: compiled, built in, not readable. `owner` is the distribution,
    `python` for the standard library, or empty.
    """

    name: str
    file: str = ""
    folders: tuple[str, ...] = ()
    opaque: str = ""
    owner: str = ""
    summary: Summary = Summary()


def absolute(target: Target, module: Module) -> str:
    """Give the whole name of the module that an import in another one names; empty if it leaves its package."""
    level, name, _ = target
    if not level:
        return name
    parts = module.name.split(".") if module.folders else module.name.split(".")[:-1]
    kept = parts[: len(parts) - level + 1]
    return ".".join([*kept, *([name] if name else [])]) if len(kept) > 0 else ""
