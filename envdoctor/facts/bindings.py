"""Which versions of symbols does a library ask of which other, and which does it define?

The loader refuses a library that asks for a version which its provider does not define: `version GLIBC_2.34 not found`.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.facts import elf

if TYPE_CHECKING:
    from collections.abc import Iterator

_STRTAB = 5
_VERDEF, _VERDEFNUM, _VERNEED, _VERNEEDNUM = 0x6FFFFFFC, 0x6FFFFFFD, 0x6FFFFFFE, 0x6FFFFFFF
_NEED, _WANT = struct.Struct("<HHIII"), struct.Struct("<IHHII")
_DEFINITION, _NAMED = struct.Struct("<HHHHIII"), struct.Struct("<II")
_WEAK_VERSION = 2
_MOST = 8_192


class Bindings(NamedTuple):
    """What a library asks of others and gives: (file, version) pairs, and the versions that it defines."""

    asked: tuple[tuple[str, str], ...] = ()
    given: frozenset[str] = frozenset()


def read(path: str) -> Bindings:
    """Give the versions of symbols that a library asks for and defines; raise Unreadable."""
    with elf.Open(path) as file:
        found = elf.dynamic(file)
        texts = found.place(_STRTAB)
        if texts is None:
            return Bindings()
        return Bindings(tuple(_asked(file, found, texts)), frozenset(_given(file, found, texts)))


def _asked(file: elf.Open, found: elf.Dynamic, texts: int) -> Iterator[tuple[str, str]]:
    place, left = found.place(_VERNEED), _MOST
    for _ in range(_count(found, _VERNEEDNUM) if place is not None else 0):
        assert place is not None
        _, number, name, first, following = _NEED.unpack(file.read(place, _NEED.size))
        provider, at = file.text(texts + name), place + first
        for _ in range(number):
            left -= 1
            if left < 0:
                raise elf.Unreadable("its symbol versions have no end")
            _, flags, _, version, step = _WANT.unpack(file.read(at, _WANT.size))
            if not flags & _WEAK_VERSION:
                yield provider, file.text(texts + version)
            at += step
        place += following


def _given(file: elf.Open, found: elf.Dynamic, texts: int) -> Iterator[str]:
    place = found.place(_VERDEF)
    for _ in range(_count(found, _VERDEFNUM) if place is not None else 0):
        assert place is not None
        *_, first, following = _DEFINITION.unpack(file.read(place, _DEFINITION.size))
        name, _ = _NAMED.unpack(file.read(place + first, _NAMED.size))
        yield file.text(texts + name)
        place += following


def _count(found: elf.Dynamic, tag: int) -> int:
    return min(next((value for one, value in found.entries if one == tag), 0), _MOST)
