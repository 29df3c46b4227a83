"""Read for which GPUs a library holds code: the headers of the fat binaries in its section .nv_fatbin.

A fat binary is a row of members behind a short header: cubins, which run on GPUs of the same major capability
(`sm_90`), and PTX, which the driver compiles for newer ones (`compute_90`). Two flags mark code for one exact
capability (`sm_90a`) and for a family (`sm_100f`). The members themselves are skipped. The layout is not documented by
NVIDIA; it is what nvcc and cuobjdump show, and the fields read here have not changed from CUDA 10 to 13.
"""

from __future__ import annotations

import re
import struct
import time
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.facts import elf

if TYPE_CHECKING:
    from collections.abc import Iterator

SECTION = ".nv_fatbin"
PATIENCE = 10.0
_MAGIC = 0xBA55ED50
_CONTAINER = struct.Struct("<IHHQ")
_MEMBER = struct.Struct("<HHIQ12xI8xQ")  # kind, version, header, size …, capability …, flags
_KINDS = {1: "compute", 2: "sm"}
_EXACT, _FAMILY = 0x100000, 0x200000
_MOST_MEMBERS = 1_000_000
_BLOCK = 65_536
_MOST_PADDING = 16_777_216
_NUMBER = re.compile(r"\D+(\d+)(.*)")


class Code(NamedTuple):
    """The targets in a library, each once, with the number of members; `whole` is False if the time ran out."""

    targets: dict[str, int]
    whole: bool = True


def read(path: str, *, patience: float = PATIENCE) -> Code | None:
    """Give the targets of a library, or None if it holds no device code; raise Unreadable."""
    place = elf.section(path, SECTION)
    if place is None:
        return None
    counted: dict[str, int] = {}
    ends = time.monotonic() + patience
    with elf.Open(path) as file:
        for number, target in enumerate(_targets(file, place)):
            if target:
                counted[target] = counted.get(target, 0) + 1
            if number >= _MOST_MEMBERS or (number % 256 == 0 and time.monotonic() > ends):
                return Code(_ordered(counted), whole=False)
    return Code(_ordered(counted))


def _key(target: str) -> tuple[int, str]:
    found = _NUMBER.fullmatch(target)
    return (int(found[1]), found[2]) if found else (0, target)


def _ordered(counted: dict[str, int]) -> dict[str, int]:
    """Give targets as people list them: cubins first, each kind by capability."""
    ordered = sorted(counted, key=lambda target: (not target.startswith("sm_"), *_key(target)))
    return {target: counted[target] for target in ordered}


def _targets(file: elf.Open, place: elf.Section) -> Iterator[str]:
    at, end = place.offset, min(place.offset + place.size, file.size)
    if place.offset + place.size > file.size:
        raise elf.Unreadable("cut short")
    while (at := _next_container(file, at, end)) >= 0:
        _, _, header, size = _CONTAINER.unpack(file.read(at, _CONTAINER.size))
        inside = at + max(header, _CONTAINER.size)
        stop = min(inside + size, end)
        yield from _members(file, inside, stop)
        at = stop + -stop % 8


def _members(file: elf.Open, at: int, stop: int) -> Iterator[str]:
    """Give the target of each member, or nothing for one of another kind."""
    while at + _MEMBER.size <= stop:
        kind, _, header, size, capability, flags = _MEMBER.unpack(file.read(at, _MEMBER.size))
        if header < _MEMBER.size or capability > 9_999:
            raise elf.Unreadable("a fat binary whose members make no sense")
        suffix = "a" if flags & _EXACT else "f" if flags & _FAMILY else ""
        yield f"{_KINDS[kind]}_{capability}{suffix}" if kind in _KINDS else ""
        at += header + size


def _next_container(file: elf.Open, at: int, end: int) -> int:
    """Give the position of the next fat binary, past padding, or -1."""
    magic = struct.pack("<I", _MAGIC)
    last = min(end, at + _MOST_PADDING) - _CONTAINER.size
    while at <= last:
        block = file.read(at, 4)
        if block != magic:
            block = file.read(at, min(_BLOCK, end - at))
        found = block.find(magic)
        if 0 <= found <= last - at:
            return at + found
        at += len(block) - len(magic) + 1  # a magic number may lie across two blocks
    return -1
