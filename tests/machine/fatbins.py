"""Make fat binaries as nvcc lays them out, and libraries that hold them, for the tests of their reader."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from tests.machine.building import library

if TYPE_CHECKING:
    from pathlib import Path

MAGIC = 0xBA55ED50
PTX, CUBIN = 1, 2
EXACT, FAMILY = 0x100000, 0x200000
HEADER = 64


def member(kind: int, capability: int, flags: int = 0, payload: bytes = b"\0" * 24) -> bytes:
    """Give one member: a header of 64 bytes and what it holds."""
    begin = struct.pack("<HHIQIIHHI", kind, 0x101, HEADER, len(payload), 0, 0, 8, 1, capability)
    return (begin + struct.pack("<IIQ", 0, 0, 0x11 | flags)).ljust(HEADER, b"\0") + payload


def container(*members: bytes) -> bytes:
    """Give a fat binary of some members, padded to eight bytes."""
    inside = b"".join(members)
    return struct.pack("<IHHQ", MAGIC, 1, 16, len(inside)) + inside + b"\0" * (-len(inside) % 8)


def holder(path: Path, content: bytes) -> Path:
    """Build a library whose .nv_fatbin holds some bytes."""
    numbers = ",".join(map(str, content))
    where = '__attribute__((section(".nv_fatbin"), used, aligned(8)))'
    return library(path, f"{where} static const unsigned char code[] = {{{numbers}}};\nint one(void) {{ return 1; }}\n")
