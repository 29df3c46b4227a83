"""The modules of a wheel that is installed nowhere, read one by one from where it lies."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

from envdoctor.facts.inside import Root
from envdoctor.link.answers import Answers
from envdoctor.releases.wire import Unreachable
from envdoctor.source.folders import Folders
from envdoctor.source.owners import Owners
from envdoctor.source.shelf import Shelves
from envdoctor.source.world import World

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from packaging.tags import Tag

    from envdoctor.model.code import Module, Python
    from envdoctor.releases.members import Members

SITE = "/wheel"
_MOST_COMPILED = 12_000_000


class Packed(Folders):
    """The folders of a wheel, below a site folder of their own."""

    def __init__(self, python: Python, members: Members, scratch: str) -> None:
        super().__init__(python, Root())
        self._members, self._scratch = members, scratch
        self._tree: dict[str, set[str]] = {}
        for path in members.places:
            left = path
            while left:
                left, _, last = left.rpartition("/")
                self._tree.setdefault(left, set()).add(last)

    def _look(self, folder: str) -> Iterable[str]:
        return self._tree.get(folder.removeprefix(SITE).strip("/"), ())

    def walk(self, folder: str) -> Iterator[tuple[str, frozenset[str]]]:
        """Give nothing: to read a whole package of every release would take too long."""
        raise Unreachable(f"all of {folder.rpartition('/')[2]} would have to be read")

    def is_folder(self, path: str) -> bool:
        """Say whether a path is a folder."""
        return path.removeprefix(SITE).strip("/") in self._tree

    def read(self, path: str, most: int) -> bytes | None:
        """Give the content of a file, at most so many bytes and one."""
        return self._members.read(path.removeprefix(f"{SITE}/"), most)

    def real(self, path: str) -> str:
        """Give a copy of a file on this disk, or the path of none."""
        blob = self.read(path, _MOST_COMPILED)
        place = f"{self._scratch}/{len(os.listdir(self._scratch))}"
        if blob is not None and len(blob) <= _MOST_COMPILED:
            with open(place, "wb") as file:
                file.write(blob)
        return place


def has(members: Members, tags: Iterable[Tag], python: Python, name: str, argument: str) -> bool | None:
    """Say whether a wheel has a dotted name, and whether what it names takes an argument, if one is asked for."""
    python = _python(tags, python)
    with tempfile.TemporaryDirectory(prefix="envdoctor-wheel-") as scratch:
        folders = Packed(python, members, scratch)
        owners = Owners([], [])
        world = World([SITE], python, folders, owners, Shelves(python, owners))
        return _Question(world).answer(name.split("."), argument)


def tops(members: Members) -> list[str]:
    """Give the modules at the top of a wheel."""
    first = {path.partition("/")[0] for path in members.places if path.endswith((".py", ".so", ".pyd"))}
    names = {one.partition(".")[0] for one in first if not one.endswith((".dist-info", ".data", ".libs"))}
    return sorted(name for name in names if name.isidentifier())


def _python(tags: Iterable[Tag], python: Python) -> Python:
    """Give the Python that a wheel is for: the one that is asked about, if it is for that too."""
    found = [tag.interpreter for tag in tags]
    major, minor = python.version
    if f"cp{major}{minor}" in found or any(tag.abi in ("none", "abi3") for tag in tags):
        return python
    versions = [(int(name[2]), int(name[3:])) for name in found if name[:3] == "cp3" and name[3:].isdigit()]
    return python._replace(version=max(versions)) if versions else python


class _Question:
    def __init__(self, world: World) -> None:
        self._world, self._answers = world, Answers(world)

    def answer(self, parts: list[str], argument: str) -> bool | None:
        module, rest = self._nearest(parts)
        if module is None:
            return False
        while rest:
            found = self._answers.has(module, rest[0])
            if not found:
                return self._missing(module, rest) if found is False else None
            inner = self._answers.part(module, rest[0])
            if inner is None:
                return self._below(module, rest, argument)
            module, rest = inner, rest[1:]
        return None if argument else True

    def _nearest(self, parts: list[str]) -> tuple[Module | None, list[str]]:
        """Give the deepest module on the way to a name, and what is left of the name."""
        module = None
        for count in range(1, len(parts) + 1):
            inner = self._world.find(".".join(parts[:count]))
            if inner is None:
                return module, parts[count - 1 :]
            module = inner
        return module, []

    def _missing(self, module: Module, rest: list[str]) -> bool | None:
        """Say that a name is missing, unless it may be a part that a module makes at run time."""
        return None if module.summary.registers and module.folders and len(rest) == 1 else False

    def _below(self, module: Module, rest: list[str], argument: str) -> bool | None:
        """Say whether a function or class that a module has takes an argument, or has a method of some name."""
        if not argument and len(rest) == 1:
            return True
        if len(rest) > 2 or (argument and len(rest) == 2):
            return None
        where, _, last = self._answers.origin(f"{module.name}.{rest[0]}").rpartition(".")
        source = self._world.find(where)
        if source is None or source.opaque:
            return None
        if argument:
            function = self._world.function(source, last)
            taken = function.arguments if function is not None else None
            return None if taken is None else argument in taken
        method, called = (self._world.function(source, one) for one in (f"{last}.{rest[1]}", last))
        taken = called.arguments if called is not None else None
        return True if method is not None or rest[1] in (taken or ()) else None
