"""What the loader would miss when compiled files are loaded."""

from __future__ import annotations

from typing import NamedTuple

LIBRARY, VERSION, SYMBOLS, MACHINE, BROKEN = "library", "version", "symbols", "machine", "broken"


class Compiled(NamedTuple):
    """A compiled module that an import loads: its file and owner, what is caught there, and where the walk began."""

    file: str
    owner: str
    caught: int
    start: str


class Lack(NamedTuple):
    """Something that the loader looks for in vain.

    `kind` says what: a library, a version of symbols, symbols, or a file for this machine. `file` asks for `names`, and
    `owner` is the distribution that brings it. `provider` should have them: a distribution, a library, or nothing.
    `sure`: an import loads the file for certain; `start` is where that walk began.
    """

    kind: str
    owner: str
    file: str
    names: tuple[str, ...]
    provider: str = ""
    place: str = ""
    sure: bool = True
    start: str = ""
