"""What does a distribution's RECORD say that it consists of?

One row a file: path, hash, size. The path is relative to the site folder. Rows that no one can be held to are left
out: compiled `.pyc` files come and go, the metadata folder is rewritten by installers, and what lies outside the site
folder (scripts, shared data) is not the same after a move. A row that would leave the folder is never followed.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCRIPT = re.compile(r"(?:\.\./)+(?:local/)?(?:bin|Scripts)/[^/]+")
_COMPILED = (".so", ".pyd", ".dylib")
_OUTSIDE = ("", "..")  # what an absolute path begins with, and one that leaves the site folder
_ABOUT = (".dist-info", ".egg-info", ".data")


class Record(NamedTuple):
    """What a RECORD lists: files with their size (-1: not stated), tags of extension modules, scripts.

    `tops` are the first parts of the files' paths, `libraries` those that are shared libraries. `linked` says that the
    code may lie elsewhere: it was installed from a folder, an archive or a repository, or brings a `.pth` file.
    """

    files: tuple[tuple[str, int], ...] = ()
    compiled: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    tops: tuple[str, ...] = ()
    linked: bool = False
    libraries: tuple[str, ...] = ()


def parse(blob: bytes) -> Record:
    """Give what a RECORD lists; raise ValueError if it is none."""
    files: list[tuple[str, int]] = []
    compiled: list[tuple[str, str]] = []
    scripts: list[str] = []
    tops: dict[str, None] = {}
    linked = False
    for path, _, size in rows(blob):
        top = path.partition("/")[0]
        if top.endswith(_ABOUT):
            linked = linked or path.endswith("/direct_url.json")
            continue
        if path.endswith(_COMPILED):
            compiled.append(_module(path))
        if top in _OUTSIDE or "/../" in path or path[1:2] == ":":
            if _SCRIPT.fullmatch(path):
                scripts.append(path)
        else:
            tops[top] = None
            linked = linked or top.startswith("__editable__") or top.endswith(".pth")
            files.append((path, int(size) if size.isascii() and size.isdecimal() and len(size) < 19 else -1))
    libraries = tuple(path for path, _ in files if ".so" in path and path.rpartition("/")[2].startswith("lib"))
    return Record(tuple(files), _without_twins(compiled, files), tuple(scripts), tuple(tops), linked, libraries)


def _module(path: str) -> tuple[str, str]:
    """Give the source that would hold the same module as a compiled file, and the tag of that file."""
    folder, _, name = path.rpartition("/")
    stem, _, tag = name.partition(".")
    return f"{folder}/{stem}.py".lstrip("/"), tag


def _without_twins(compiled: list[tuple[str, str]], files: list[tuple[str, int]]) -> tuple[str, ...]:
    """Give the tags of modules that only exist compiled; where the source lies beside it, it is loaded in its place."""
    if not compiled:
        return ()
    sources = {path for path, _ in files}
    return tuple(dict.fromkeys(tag for source, tag in compiled if source not in sources))


def rows(blob: bytes) -> Iterator[tuple[str, str, str]]:
    """Give path, hash and size of every row but those of `.pyc` files; raise ValueError if it is no such table."""
    if b"\0" in blob:
        raise ValueError("it holds a NUL")
    text = blob.decode("utf-8", "surrogateescape").replace("\r\n", "\n").replace("\\", "/")
    lines = [line for line in text.split("\n") if ".pyc," not in line]  # two of three, and dropped before they cost
    try:
        for row in csv.reader(lines) if '"' in text else [line.rsplit(",", 2) for line in lines]:
            if len(row) >= 3 and row[0]:
                yield row[0], row[1], row[2].strip()
    except csv.Error as error:
        raise ValueError(str(error)) from None
