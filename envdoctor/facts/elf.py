"""Read what the loader reads of an ELF file: its name, what it needs, where it looks, which symbol versions it wants.

Headers and single strings are read by position, never the file: a library of a gigabyte costs as much as a small one.
That is why this is our own reader: a `check` looks at thirty libraries, and pyelftools takes 90 ms to load and 7 ms a
file, lief 900 ms and, for one NCCL, 300 MB. pyelftools is the judge of this module in the tests.
"""

from __future__ import annotations

import os
import stat
import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

_MOST_HEADERS = 2_000
_MOST_SECTIONS = 65_536
_MOST_ENTRIES = 4_096
_MOST_TEXT = 65_536
_LOAD, _DYNAMIC = 1, 2
_NEEDED, _STRTAB, _SONAME, _RPATH, _RUNPATH = 1, 5, 14, 15, 29
_VERNEED, _VERNEEDNUM = 0x6FFFFFFE, 0x6FFFFFFF
_HEADER = struct.Struct("<QQHHIQQQIHHHHHH")
_PROGRAM = struct.Struct("<IIQQQQQQ")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_ENTRY = struct.Struct("<QQ")
_NEED = struct.Struct("<HHIII")
_WANT = struct.Struct("<IHHII")


class Elf(NamedTuple):
    """What an ELF file says of itself. `wants` holds the symbol versions that it needs, as `GLIBC_2.34`."""

    machine: int
    soname: str = ""
    needed: tuple[str, ...] = ()
    rpath: tuple[str, ...] = ()
    runpath: tuple[str, ...] = ()
    wants: frozenset[str] = frozenset()


class Section(NamedTuple):
    """Where the content of a section lies in its file."""

    offset: int
    size: int


class Unreadable(Exception):
    """A file is no library that can be read; the text says why."""


class Open:
    """A file that is read by position, for no longer than it is open; every read is within the file or refused."""

    def __init__(self, path: str) -> None:
        """Open a regular file; raise Unreadable for anything else."""
        try:
            self.handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except (OSError, ValueError) as error:
            raise Unreadable(getattr(error, "strerror", None) or str(error)) from None
        status = os.fstat(self.handle)
        self.size = status.st_size
        if not stat.S_ISREG(status.st_mode):
            os.close(self.handle)
            raise Unreadable("not a regular file")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self.handle)

    def read(self, offset: int, size: int) -> bytes:
        """Give bytes; raise Unreadable if the file is cut before their end."""
        if offset < 0 or offset + size > self.size:
            raise Unreadable("cut short")
        try:
            block = os.pread(self.handle, size, offset)
        except OSError as error:
            raise Unreadable(error.strerror or "cannot be read") from None
        if len(block) < size:
            raise Unreadable("cut short")
        return block

    def text(self, offset: int) -> str:
        """Give the text that begins at an offset and ends with a zero byte; raise Unreadable if it has no end."""
        block = self.read(offset, min(256, max(self.size - offset, 1)))
        if b"\0" not in block:
            block = self.read(offset, min(_MOST_TEXT, self.size - offset))
        end = block.find(b"\0")
        if end < 0:
            raise Unreadable("a text without an end")
        return block[:end].decode("utf-8", "surrogateescape")


class _Header(NamedTuple):
    """The places of the tables that the file header names."""

    machine: int
    programs: int
    program_count: int
    sections: int
    section_count: int
    names: int


class Dynamic(NamedTuple):
    """What the loader goes by: the segments in memory, and the entries of the dynamic section."""

    machine: int
    loads: list[tuple[int, int, int]]
    entries: list[tuple[int, int]]

    def place(self, tag: int) -> int | None:
        """Give the position in the file of the table that an entry names, or None if there is no such entry."""
        address = next((value for found, value in self.entries if found == tag), None)
        return None if address is None else _place(self.loads, address)


def read(path: str, *, wants: bool = False) -> Elf:
    """Give what a library says of itself, with `wants` where asked for; raise Unreadable if it is none, or cut."""
    with Open(path) as file:
        found = dynamic(file)
        return _linked(file, found.machine, found.loads, found.entries, wants)


def dynamic(file: Open) -> Dynamic:
    """Give the dynamic section of an open library; without entries if it has none."""
    header = _header(file)
    programs = [
        _PROGRAM.unpack(file.read(header.programs + i * _PROGRAM.size, _PROGRAM.size))
        for i in range(header.program_count)
    ]
    loads = [(vaddr, offset, size) for kind, _, offset, vaddr, _, size, *_ in programs if kind == _LOAD]
    place = next(((offset, size) for kind, _, offset, _, _, size, *_ in programs if kind == _DYNAMIC), None)
    return Dynamic(header.machine, loads, list(_entries(file, *place)) if place is not None else [])


def section(path: str, name: str) -> Section | None:
    """Give the place of a section, or None if the file has none of that name; raise Unreadable if it is no library."""
    with Open(path) as file:
        header = _header(file)
        if not header.section_count:
            return None
        size = _SECTION.size
        table = file.read(header.sections, header.section_count * size)
        rows = [_SECTION.unpack_from(table, i * size) for i in range(header.section_count)]
        if header.names >= len(rows):
            raise Unreadable("its section names are nowhere")
        names = rows[header.names][4]
        wanted = name.encode() + b"\0"
        for label, _, _, _, offset, length, *_ in rows:
            at = names + label
            if at + len(wanted) <= file.size and file.read(at, len(wanted)) == wanted:
                return Section(offset, length)
    return None


def _header(file: Open) -> _Header:
    ident = file.read(0, 16)
    if ident[:4] != b"\x7fELF":
        raise Unreadable("not an ELF file")
    if ident[4:6] != b"\x02\x01":
        raise Unreadable("not a 64-bit little-endian ELF file")
    _, _, _, machine, _, _, programs, sections, _, _, each, count, section_each, section_count, names = _HEADER.unpack(
        file.read(0, _HEADER.size)
    )
    if count and (each != _PROGRAM.size or count > _MOST_HEADERS):
        raise Unreadable("its program headers make no sense")
    if section_count and (section_each != _SECTION.size or section_count > _MOST_SECTIONS):
        raise Unreadable("its section headers make no sense")
    return _Header(machine, programs, count, sections, section_count if sections else 0, names)


def _entries(file: Open, offset: int, size: int) -> Iterator[tuple[int, int]]:
    count = min(size // _ENTRY.size, _MOST_ENTRIES)
    for tag, value in _ENTRY.iter_unpack(file.read(offset, count * _ENTRY.size)):
        if tag == 0:
            return
        yield tag, value


def _linked(
    file: Open, machine: int, loads: list[tuple[int, int, int]], entries: list[tuple[int, int]], asked: bool
) -> Elf:
    single = dict(reversed(entries))
    if _STRTAB not in single:
        return Elf(machine)
    texts = _place(loads, single[_STRTAB])

    def named(tag: int) -> list[str]:
        return [file.text(texts + value) for found, value in entries if found == tag]

    wants: frozenset[str] = frozenset()
    if asked and _VERNEED in single:
        place, count = _place(loads, single[_VERNEED]), min(single.get(_VERNEEDNUM, 0), _MOST_ENTRIES)
        wants = frozenset(_wants(file, place, count, texts))
    return Elf(
        machine=machine,
        soname=next(iter(named(_SONAME)), ""),
        needed=tuple(named(_NEEDED)),
        rpath=_folders(named(_RPATH)),
        runpath=_folders(named(_RUNPATH)),
        wants=wants,
    )


def _folders(paths: list[str]) -> tuple[str, ...]:
    return tuple(folder for path in paths for folder in path.split(":") if folder)


def _place(loads: list[tuple[int, int, int]], address: int) -> int:
    """Give the position in the file of what is at an address in memory."""
    for vaddr, offset, size in loads:
        if vaddr <= address < vaddr + size:
            return address - vaddr + offset
    raise Unreadable("an address that no segment holds")


def _wants(file: Open, place: int, count: int, texts: int) -> Iterator[str]:
    left = _MOST_ENTRIES
    for _ in range(count):
        _, names, _, first, following = _NEED.unpack(file.read(place, _NEED.size))
        at = place + first
        for _ in range(names):
            left -= 1
            if left < 0:
                raise Unreadable("its symbol versions have no end")
            _, _, _, name, step = _WANT.unpack(file.read(at, _WANT.size))
            yield file.text(texts + name)
            at += step
        place += following
