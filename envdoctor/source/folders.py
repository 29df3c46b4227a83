"""Find the file of a module as Python's own finders would: folders, packages, namespaces, extension modules, zips."""

from __future__ import annotations

import os
import zipfile
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from envdoctor.facts.inside import Root
    from envdoctor.model.code import Python

_COMPILED = (".so", ".pyd")
MOST_ENTRIES = 100_000
MOST_IN_ZIP = 20_000
MOST_FOLDERS = 20_000


class Found(NamedTuple):
    """Where a module lies: its file (empty for a namespace), its folders if it is a package, and how it is read."""

    file: str
    folders: tuple[str, ...] = ()
    compiled: bool = False


class Folders:
    """The folders of a search path; what is in each is looked at once."""

    def __init__(self, python: Python, root: Root) -> None:
        self._root = root
        major, minor = python.version
        self._tags = (f".cpython-{major}{minor}", ".abi3.", f".cp{major}{minor}")
        self._listed: dict[str, frozenset[str]] = {}
        self._zips: dict[str, dict[str, set[str]]] = {}

    def entries(self, folder: str) -> frozenset[str]:
        """Give the names in a folder; none if it is none."""
        found = self._listed.get(folder)
        if found is None:
            found = self._listed[folder] = frozenset(self._look(folder))
        return found

    def _look(self, folder: str) -> Iterable[str]:
        real = self._root.real(folder)
        try:
            return os.listdir(real)[:MOST_ENTRIES]
        except OSError:
            archive = _archive(real)
        if not archive:
            return ()
        if archive not in self._zips:
            self._zips[archive] = _tree(archive)
        return self._zips[archive].get(real[len(archive) :].strip("/"), ())

    def module(self, tail: str, folders: Sequence[str], *, every: bool = False) -> Found | None:
        """Give where a module lies below some folders; with `every` all folders of its name belong to it."""
        bare: list[str] = []
        for folder in folders:
            names = self.entries(folder)
            if tail in names:
                place = f"{folder}/{tail}"
                inner = self.entries(place)
                if file := self._file("__init__", inner):
                    here = [one for one in (f"{other}/{tail}" for other in folders) if self.entries(one)]
                    return Found(f"{place}/{file}", tuple(here) if every else (place,), not file.endswith(".py"))
                if inner or self.is_folder(place):
                    bare.append(place)
            if file := self._file(tail, names):
                return Found(f"{folder}/{file}", (), not file.endswith(".py"))
        return Found("", tuple(bare)) if bare else None

    def real(self, path: str) -> str:
        """Give where a path leads."""
        return self._root.real(path)

    def walk(self, folder: str) -> Iterator[tuple[str, frozenset[str]]]:
        """Give each folder below one, itself first, with the names in it; a link to a folder is not followed."""
        waiting, count = [folder], 0
        while waiting and count < MOST_FOLDERS:
            place, count = waiting.pop(), count + 1
            names = self.entries(place)
            yield place, names
            inner = (f"{place}/{name}" for name in sorted(names, reverse=True) if _may_be_folder(name))
            waiting += [one for one in inner if not os.path.islink(one) and self.entries(one)]

    def has(self, path: str) -> bool:
        """Say whether something lies at a path."""
        folder, _, name = path.rpartition("/")
        return name in self.entries(folder)

    def is_folder(self, path: str) -> bool:
        """Say whether a path is a folder."""
        return os.path.isdir(self._root.real(path))

    def _file(self, stem: str, names: frozenset[str]) -> str:
        """Give the file of a module in a folder: its source before what was compiled from it."""
        if f"{stem}.py" in names:
            return f"{stem}.py"
        if f"{stem}.pyc" in names:
            return f"{stem}.pyc"
        start = f"{stem}."
        for name in names:
            if name.startswith(start) and name.endswith(_COMPILED) and self._fits(name[len(stem) :]):
                return name
        return ""

    def _fits(self, tag: str) -> bool:
        return tag in _COMPILED or tag.startswith(self._tags)

    def foreign(self, tail: str, folders: Iterable[str]) -> bool:
        """Say whether a module is there, compiled for another Python."""
        start = f"{tail}."
        return any(
            name.startswith(start) and name.endswith(_COMPILED) for folder in folders for name in self.entries(folder)
        )

    def read(self, path: str, most: int) -> bytes | None:
        """Give the content of a file, at most so many bytes and one; None if it cannot be read."""
        real = self._root.real(path)
        try:
            handle = os.open(real, os.O_RDONLY | os.O_NONBLOCK)
        except (OSError, ValueError):
            return _from_zip(real, most)
        try:
            with os.fdopen(handle, "rb") as file:
                return file.read(most + 1)
        except OSError:
            return None


def _archive(path: str) -> str:
    """Give the zip file that a path leads into, or nothing."""
    while len(path) > 1:
        if path.endswith((".zip", ".egg", ".whl", ".pyz")) and os.path.isfile(path):
            return path
        path = os.path.dirname(path)
    return ""


def _tree(archive: str) -> dict[str, set[str]]:
    tree: dict[str, set[str]] = {}
    try:
        with zipfile.ZipFile(archive) as opened:
            names = opened.namelist()[:MOST_IN_ZIP]
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
        return tree
    for name in names:
        left = name.rstrip("/")
        while left:
            folder, _, last = left.rpartition("/")
            tree.setdefault(folder, set()).add(last)
            left = folder
    return tree


def _from_zip(path: str, most: int) -> bytes | None:
    archive = _archive(path)
    if not archive:
        return None
    try:
        with zipfile.ZipFile(archive) as opened, opened.open(path[len(archive) + 1 :]) as file:
            return file.read(most + 1)
    except (OSError, ValueError, KeyError, RuntimeError, zipfile.BadZipFile, NotImplementedError, EOFError):
        return None


def _may_be_folder(name: str) -> bool:
    """Say whether a name has no suffix of a file; the version of what is vendored is none: `gql-0.2.0`."""
    suffix = name.rpartition(".")[2]
    return suffix == name or suffix.isdigit()
