"""Read source code into summaries: what each module of a target gives and needs, what a program does."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from envdoctor.cells import version
from envdoctor.facts import distributions
from envdoctor.facts.inside import Root
from envdoctor.model.code import HERE, Python
from envdoctor.source.folders import Folders
from envdoctor.source.owners import Owners
from envdoctor.source.shelf import Shelves
from envdoctor.source.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envdoctor.model import Facts

LIBRARY = "the standard library"
_KINDS = ("interpreter", "prefix", "image")
_PLATFORMS = {"linux": "linux", "darwin": "darwin", "windows": "win32"}


class Source:
    """The source code of a target: its modules, and who owns them."""

    def __init__(self, facts: Facts, first: Sequence[str] = ()) -> None:
        """Begin to read the code of a target that is here; `first` are folders of a program of one's own."""
        image = facts.target.kind == "image"
        self.root = root = Root(os.path.expanduser(facts.target.path) if image else "")
        path = [
            root.placed(f"{root.folder}{os.path.expanduser(one.path)}" if image else os.path.expanduser(one.path))
            for one in facts.search
        ]
        library = [place for place, one in zip(path, facts.search, strict=True) if one.origin == LIBRARY]
        python = python_of(facts)
        self.owners = Owners(distributions.scan(path, root).sites, library)
        self.shelves = Shelves(python, self.owners)
        self.world = World(path, python, Folders(python, root), self.owners, self.shelves, first)

    def close(self) -> None:
        """Keep what was read."""
        self.shelves.close()


def is_here(facts: Facts) -> bool:
    """Say whether the files of a target can be read."""
    return facts.target.kind in _KINDS and bool(facts.search)


def python_of(facts: Facts) -> Python:
    """Give the Python of a target."""
    seen = version(facts.get("python").value)
    number = (seen.major, seen.minor) if seen is not None else HERE.version
    platform = _PLATFORMS.get(facts.get("os").value, "linux")
    return Python(number, platform, facts.get("implementation").value or "cpython")
