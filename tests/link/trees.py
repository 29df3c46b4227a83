"""Write small modules into a folder, walk them, and give what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.facts.inside import Root
from envdoctor.link.walk import Walk
from envdoctor.model.code import Module, Python
from envdoctor.source.folders import Folders
from envdoctor.source.owners import Owners
from envdoctor.source.shelf import Shelves
from envdoctor.source.world import World

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from envdoctor.link.gaps import Walked

PYTHON = Python((3, 11))


def written(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files into a folder."""
    for name, text in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


def world(folder: Path, python: Python = PYTHON) -> World:
    """Give the modules of a folder as a target would find them, beside an empty standard library."""
    written(folder, {"os.py": "", "library.py": "def kept(): ...\n"})
    owners = Owners([], [])
    return World([str(folder)], python, Folders(python, Root()), owners, Shelves(python, owners))


def walked(folder: Path, files: Mapping[str, str | bytes], *, python: Python = PYTHON, start: str = "") -> Walked:
    """Walk a program (`main.py` of the files), or the import of a module."""
    written(folder, files)
    there = world(folder, python)
    walk = Walk(there)
    if start:
        walk.package(start)
    else:
        main = str(folder / "main.py")
        walk.program(Module("__main__", main, summary=there.read(main, main=True)))
    return walk.outcome()


def missing(folder: Path, files: Mapping[str, str | bytes], *, python: Python = PYTHON, start: str = "") -> list[str]:
    """Give what is surely missing, as `kind dotted.name`."""
    return [f"{gap.kind} {gap.dotted}" for gap in walked(folder, files, python=python, start=start).gaps]
