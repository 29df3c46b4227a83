"""Which C++ symbols does a compiled file expect from another, and which of them does that one not have?

What it expects is read from its own short table of symbols; whether another library has one is looked up through that
library's hash table, as the loader does it: a few reads for each symbol, though the library holds a million.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from envdoctor.facts import elf

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_STRTAB, _SYMTAB, _GNU_HASH, _STRSZ = 5, 6, 0x6FFFFEF5, 10
_SYMBOL = struct.Struct("<IBBHQQ")
_HASH = struct.Struct("<IIII")
_WORD = struct.Struct("<I")
_GLOBAL = 1
_MOST_SYMBOLS = 200_000
_MOST_CHAIN = 10_000


def expected(path: str, spaces: Iterable[str]) -> list[str]:
    """Give the C++ symbols of some namespaces that a library needs and does not define; raise Unreadable."""
    marks = tuple(f"{len(space)}{space}".encode() for space in spaces)
    with elf.Open(path) as file:
        found = elf.dynamic(file)
        symbols, texts = found.place(_SYMTAB), found.place(_STRTAB)
        size = next((value for tag, value in found.entries if tag == _STRSZ), 0)
        if symbols is None or texts is None or not size:
            return []
        table = elf.section(path, ".dynsym")
        if table is None or table.offset != symbols:
            return []
        names = file.read(texts, size)
        rows = file.read(symbols, min(table.size, _MOST_SYMBOLS * _SYMBOL.size) // _SYMBOL.size * _SYMBOL.size)
        return [name.decode("ascii", "replace") for name in _undefined(rows, names) if _is_of(name, marks)]


def _undefined(rows: bytes, names: bytes) -> Iterator[bytes]:
    """Give the names of the symbols that must be found elsewhere; weak ones need not be."""
    for name, about, _, section, _, _ in _SYMBOL.iter_unpack(rows):
        if not section and about >> 4 == _GLOBAL:
            yield names[name : names.find(b"\0", name)]


def _is_of(name: bytes, marks: tuple[bytes, ...]) -> bool:
    """Say whether a mangled name begins in one of some namespaces."""
    if not name.startswith(b"_Z"):
        return False
    start = name[2:].removeprefix(b"TI").removeprefix(b"TV").removeprefix(b"N").removeprefix(b"K")
    return start.startswith(marks)


class Provider:
    """A library that is asked for symbols, for no longer than it is open."""

    def __init__(self, path: str) -> None:
        """Open a library; raise Unreadable if it is none, or has no hash table."""
        self._file = elf.Open(path)
        try:
            found = elf.dynamic(self._file)
            places = found.place(_GNU_HASH), found.place(_SYMTAB), found.place(_STRTAB)
            if None in places:
                raise elf.Unreadable("has no hash table of its symbols")
            self._hash, self._symbols, self._texts = (place or 0 for place in places)
            self._buckets, self._first, self._words, self._shift = _HASH.unpack(self._file.read(self._hash, 16))
            if not self._buckets or not self._words:
                raise elf.Unreadable("its hash table is empty")
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._file.__exit__(None, None, None)

    def has(self, symbol: str) -> bool:
        """Say whether the library defines a symbol; raise Unreadable if its table leads nowhere."""
        wanted = symbol.encode()
        number = _hashed(wanted)
        bucket = self._hash + 16 + 8 * self._words + 4 * (number % self._buckets)
        (index,) = _WORD.unpack(self._file.read(bucket, 4))
        if index < self._first:
            return False
        chain = self._hash + 16 + 8 * self._words + 4 * self._buckets
        for step in range(index, index + _MOST_CHAIN):
            (seen,) = _WORD.unpack(self._file.read(chain + 4 * (step - self._first), 4))
            if seen | 1 == number | 1 and self._is(step, wanted):
                return True
            if seen & 1:
                return False
        raise elf.Unreadable("a chain of symbols without an end")

    def _is(self, index: int, wanted: bytes) -> bool:
        name, _, _, section, *_ = _SYMBOL.unpack(self._file.read(self._symbols + index * _SYMBOL.size, _SYMBOL.size))
        place = self._texts + name
        if not section or place + len(wanted) + 1 > self._file.size:
            return False
        return self._file.read(place, len(wanted) + 1) == wanted + b"\0"


def _hashed(name: bytes) -> int:
    number = 5381
    for byte in name:
        number = (number * 33 + byte) & 0xFFFFFFFF
    return number


def lacking(symbols: Iterable[str], libraries: Iterable[str]) -> list[str]:
    """Give the symbols that none of some libraries has; raise Unreadable if one of them cannot be asked."""
    left = list(symbols)
    for path in libraries:
        if not left:
            break
        provider = Provider(path)
        try:
            left = [symbol for symbol in left if not provider.has(symbol)]
        finally:
            provider.close()
    return left
