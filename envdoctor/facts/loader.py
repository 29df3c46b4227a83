"""Say which file the loader of glibc takes for a library, in its real order, without running anything.

The order (ld.so(8)): what is loaded already, by name or SONAME; DT_RPATH of the library that asks and of those that
loaded it, and of the program, unless the asking one has a DT_RUNPATH; LD_LIBRARY_PATH; DT_RUNPATH of the asking one
alone; the loader's cache; the default folders. So LD_LIBRARY_PATH beats a RUNPATH and loses to an RPATH.
"""

from __future__ import annotations

import os
import struct
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.facts import beginnings, elf
from envdoctor.facts.inside import Files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

CACHE = "/etc/ld.so.cache"
_MOST_CACHE = 16_777_216
_MOST_LOADED = 2_000
_MAGIC = b"glibc-ld.so.cache1.1"
_ROWS = 48
_COUNT = struct.Struct("<I")
_ROW = struct.Struct("<iIIIQ")
_LIB = {62: "x86_64-linux-gnu", 183: "aarch64-linux-gnu"}


class Loaded(NamedTuple):
    """A library as it was found: its path, its content, and what asked for it."""

    path: str
    content: elf.Elf
    asked_by: Loaded | None = None


class Process:
    """A process that a program would become: what it has loaded, and what it would take next."""

    def __init__(
        self,
        program: str,
        variables: Mapping[str, str],
        *,
        cache: str = CACHE,
        files: Files | None = None,
        arch: str = "",
    ) -> None:
        """Begin with a program that may not be there: then only its own search path is unknown."""
        self.files = files or Files()
        self.cache_file = self.files.place(cache)
        self._searched = _split(variables.get("LD_LIBRARY_PATH", ""))
        self.loaded: dict[str, Loaded] = {}
        self.lacking: dict[str, str] = {}
        real = self.files.real(program)
        self.program = Loaded(real, _content(self.files.place(real)) or elf.Elf(_machine(arch)))
        for name in variables.get("LD_PRELOAD", "").replace(":", " ").split():
            self.open(name)
        self._load_needs(self.program)

    def open(self, name: str, by: Loaded | None = None) -> Loaded | None:
        """Load a library and all that it needs, as dlopen does; None if it is not found or not readable."""
        asker = by or self.program
        known = self.loaded.get(name)
        if known is not None:
            return known
        found = self._find(name, asker)
        if found is None:
            self.lacking.setdefault(name, asker.path)
            return None
        self._remember(name, found)
        self._load_needs(found)
        return found

    def _load_needs(self, first: Loaded) -> None:
        """Load what a library needs, and what that needs, in the loader's order: breadth first."""
        waiting = [(name, first) for name in first.content.needed]
        for name, asker in waiting:  # grows while it is walked
            if name in self.loaded or len(self.loaded) >= _MOST_LOADED:
                continue
            found = self._find(name, asker)
            if found is None:
                self.lacking.setdefault(name, asker.path)
                continue
            self._remember(name, found)
            waiting += [(needed, found) for needed in found.content.needed]

    def _remember(self, name: str, found: Loaded) -> None:
        self.loaded[name] = found
        if found.content.soname:
            self.loaded.setdefault(found.content.soname, found)

    def places(self, name: str, asker: Loaded | None = None) -> Iterator[str]:
        """Give every path at which the loader would look for a name, in its order."""
        by = asker or self.program
        listed = cached(name, self.cache_file)
        early = (*self._rpaths(by), *self._searched, *_expanded(by.content.runpath, by.path))
        yield from (f"{folder}/{name}" for folder in early)
        yield from listed
        yield from (f"{folder}/{name}" for folder in _defaults(self.program.content.machine))

    def searched(self) -> tuple[str, ...]:
        """Give the folders of LD_LIBRARY_PATH."""
        return self._searched

    def _find(self, name: str, asker: Loaded) -> Loaded | None:
        for path in [name] if "/" in name else self.places(name, asker):
            content = _content(self.files.place(path)) if self.files.holds(path) else None
            if content is not None and content.machine == self.program.content.machine:
                return Loaded(path, content, asker)
        return None

    def _rpaths(self, asker: Loaded) -> Iterator[str]:
        if asker.content.runpath:
            return
        one: Loaded | None = asker
        while one is not None and one is not self.program:
            if not one.content.runpath:
                yield from _expanded(one.content.rpath, one.path)
            one = one.asked_by
        if not self.program.content.runpath:
            yield from _expanded(self.program.content.rpath, self.program.path)


def finds(name: str, variables: Mapping[str, str]) -> bool:
    """Say whether a library is where the loader would look for it first; it is not opened."""
    folders = (*_split(variables.get("LD_LIBRARY_PATH", "")), *_defaults(_machine()))
    return bool(cached(name)) or any(os.path.isfile(f"{folder}/{name}") for folder in folders)


def _split(path: str) -> tuple[str, ...]:
    """Give the folders of LD_LIBRARY_PATH; an empty one is the working folder."""
    return tuple(folder or "." for folder in path.replace(";", ":").split(":")) if path else ()


def _expanded(folders: Sequence[str], path: str) -> Iterator[str]:
    origin = os.path.dirname(os.path.abspath(path))
    for folder in folders:
        plain = folder.replace("${ORIGIN}", origin).replace("$ORIGIN", origin)
        yield plain.replace("${LIB}", "lib64").replace("$LIB", "lib64").rstrip("/") or "/"


def _content(path: str) -> elf.Elf | None:
    try:
        return elf.read(path)
    except elf.Unreadable:
        return None


def _machine(arch: str = "") -> int:
    """Give the number that ELF has for an architecture, or for that of this computer."""
    named = arch or (os.uname().machine if hasattr(os, "uname") else "")
    return next((number for number, triplet in _LIB.items() if triplet.startswith(named)), 62)


def _defaults(machine: int) -> Iterator[str]:
    triplet = _LIB.get(machine)
    for folder in ("/lib", "/usr/lib"):
        if triplet:
            yield f"{folder}/{triplet}"
    yield from ("/lib64", "/usr/lib64", "/lib", "/usr/lib")


def cached(name: str, path: str = CACHE) -> list[str]:
    """Give the paths that the loader's cache holds for a name; none if there is no cache that can be read."""
    block, rows = _cache(path)
    return [_text(block, place) for at in _found(block, f"{name}\0") for place in rows.get(at, ())]


def cached_beginning(stem: str, path: str = CACHE) -> list[str]:
    """Give the paths that the loader's cache holds for names with a beginning."""
    block, rows = _cache(path)
    return [_text(block, place) for at in _found(block, stem) for place in rows.get(at, ())]


def _found(block: bytes, words: str) -> Iterator[int]:
    """Give every position of some bytes in a block."""
    wanted = words.encode("utf-8", "surrogateescape")
    at = block.find(wanted)
    while at >= 0:
        yield at
        at = block.find(wanted, at + 1)


@lru_cache(maxsize=8)
def _cache(path: str) -> tuple[bytes, Mapping[int, Sequence[int]]]:
    """Give the cache from its magic number on, and where the paths of each name stand in it."""
    whole = beginnings.content(path, _MOST_CACHE)
    start = whole.find(_MAGIC)
    if start < 0 or start + _ROWS > len(whole):
        return b"", {}
    block = whole[start:]
    (count,) = _COUNT.unpack_from(block, len(_MAGIC))
    count = min(count, (len(block) - _ROWS) // _ROW.size)
    rows: dict[int, list[int]] = {}
    for _, name, place, _, hardware in _ROW.iter_unpack(block[_ROWS : _ROWS + count * _ROW.size]):
        if not hardware:  # variants for newer processors lie in folders of their own, beside the plain one
            rows.setdefault(name, []).append(place)
    return block, rows


def _text(block: bytes, at: int) -> str:
    end = block.find(b"\0", at, at + 4_096)
    return block[at:end].decode("utf-8", "surrogateescape") if end >= 0 else ""
