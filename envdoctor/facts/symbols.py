"""Which symbols does a compiled file expect from others, and which of them does another not have?

What it expects is read from its own short table of symbols; whether another library has one is looked up through that
library's hash table, as the loader does it: a few reads for each symbol, though the library holds a million.
"""

from __future__ import annotations

import mmap
import struct
from functools import lru_cache
from typing import TYPE_CHECKING

from envdoctor.facts import elf

if TYPE_CHECKING:
    from collections.abc import Iterable

_STRTAB, _SYMTAB, _GNU_HASH, _STRSZ, _VERSYM = 5, 6, 0x6FFFFEF5, 10, 0x6FFFFFF0
_SYMBOL = struct.Struct("<IBBHQQ")
_HASH = struct.Struct("<IIII")
_WORD, _FILTER = struct.Struct("<I"), struct.Struct("<Q")
_GLOBAL, _PLAIN = 1, 1
_MOST_SYMBOLS = 400_000
_MOST_CHAIN = 1_000
_MOST_NAME = 65_536


def expected(path: str, spaces: Iterable[str]) -> list[str]:
    """Give the C++ symbols of some namespaces that a library needs and does not define; raise Unreadable."""
    marks = tuple(f"{len(space)}{space}" for space in spaces)
    return [name for name in undefined(path) if _is_of(name, marks)]


def undefined(path: str) -> list[str]:
    """Give the symbols that a library must find elsewhere, without those whose provider's version is asked for.

    Raise Unreadable. Weak symbols may stay undefined.
    """
    with elf.Open(path) as file:
        found = elf.dynamic(file)
        symbols, texts, versions = found.place(_SYMTAB), found.place(_STRTAB), found.place(_VERSYM)
        size = next((value for tag, value in found.entries if tag == _STRSZ), 0)
        count = _number(file, found)
        if symbols is None or texts is None or not count:
            return []
        names = file.read(texts, size)
        rows = file.read(symbols, count * _SYMBOL.size)
        bound = file.read(versions, count * 2) if versions is not None else b"\1\0" * count
    numbers = struct.unpack(f"<{count}H", bound)
    return [
        names[name : names.find(b"\0", name, name + _MOST_NAME)].decode("ascii", "replace")
        for (name, about, _, section, _, _), number in zip(_SYMBOL.iter_unpack(rows), numbers, strict=True)
        if not section and name and about >> 4 == _GLOBAL and number & 0x7FFF <= _PLAIN
    ]


def _number(file: elf.Open, found: elf.Dynamic) -> int:
    """Give how many symbols a library has before those that it defines: the first that its hash table holds.

    What is undefined stands before what is defined; where there is no such table, nothing is said.
    """
    place = found.place(_GNU_HASH)
    if place is None:
        return 0
    (first,) = struct.unpack("<I", file.read(place + 4, 4))
    return int(first) if first <= _MOST_SYMBOLS else 0


def _is_of(name: str, marks: tuple[str, ...]) -> bool:
    """Say whether a mangled name begins in one of some namespaces."""
    if not name.startswith("_Z"):
        return False
    start = name[2:].removeprefix("TI").removeprefix("TV").removeprefix("N").removeprefix("K")
    return start.startswith(marks)


class Provider:
    """A library that is asked for symbols, for no longer than it is open."""

    def __init__(self, path: str) -> None:
        """Open a library; raise Unreadable if it is none, or has no hash table."""
        with elf.Open(path) as file:
            found = elf.dynamic(file)
            places = found.place(_GNU_HASH), found.place(_SYMTAB), found.place(_STRTAB)
            if None in places:
                raise elf.Unreadable("has no hash table of its symbols")
            hashes, self._symbols, self._texts = (place or 0 for place in places)
            self._buckets, self._first, self._words, self._shift = _HASH.unpack(file.read(hashes, 16))
            if not self._buckets or not self._words:
                raise elf.Unreadable("its hash table is empty")
            self._marks = hashes + 16
            self._heads = self._marks + 8 * self._words
            self._chains = self._heads + 4 * self._buckets
            self._blob = mmap.mmap(file.handle, 0, access=mmap.ACCESS_READ)

    def close(self) -> None:
        """Close the file."""
        self._blob.close()

    def has(self, symbol: str) -> bool:
        """Say whether the library defines a symbol; raise Unreadable if its table leads nowhere."""
        try:
            return self._has(symbol)
        except struct.error:
            raise elf.Unreadable("cut short") from None

    def _has(self, symbol: str) -> bool:
        number = _hashed(symbol)
        (marks,) = _FILTER.unpack_from(self._blob, self._marks + 8 * (number // 64 % self._words))
        if not marks >> number % 64 & marks >> (number >> self._shift) % 64 & 1:
            return False
        (index,) = _WORD.unpack_from(self._blob, self._heads + 4 * (number % self._buckets))
        if index < self._first:
            return False
        for step in range(index, index + _MOST_CHAIN):
            (seen,) = _WORD.unpack_from(self._blob, self._chains + 4 * (step - self._first))
            if seen | 1 == number | 1 and self._is(step, symbol.encode()):
                return True
            if seen & 1:
                return False
        raise elf.Unreadable("a chain of symbols without an end")

    def _is(self, index: int, wanted: bytes) -> bool:
        name, _, _, section, *_ = _SYMBOL.unpack_from(self._blob, self._symbols + index * _SYMBOL.size)
        place = self._texts + name
        return bool(section) and self._blob[place : place + len(wanted) + 1] == wanted + b"\0"


@lru_cache(maxsize=65_536)
def _hashed(name: str) -> int:
    number = 5381
    for byte in name.encode():
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
