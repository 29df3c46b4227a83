"""Does an extension module have a name? Methods, types and constants stand in its bytes as C strings."""

from __future__ import annotations

import mmap

from envdoctor.facts import elf

_SYSTEM = ("libc.so", "libm.so", "libpthread.so", "libgcc_s.so", "libstdc++.so", "libdl.so", "librt.so", "ld-linux")
_MOST_BYTES = 40_000_000  # each question reads it whole
_OF_CYTHON, _PLAIN_STRINGS = b"__pyx_", b"__test__"


def has(path: str, name: str) -> bool | None:
    """Say yes where the name stands in the file by itself, no where it stands nowhere and nothing else may bring it."""
    word = name.encode("utf-8", "replace")
    try:
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as blob:
            if len(blob) > _MOST_BYTES:
                return None
            if blob.find(b"\0" + word + b"\0") >= 0:
                return True
            if blob.find(word) >= 0 or (blob.find(_OF_CYTHON) >= 0 and blob.find(_PLAIN_STRINGS) < 0):
                return None  # a part of something longer; or strings that are compressed
    except (OSError, ValueError):
        return None
    try:
        needed = elf.read(path).needed
    except elf.Unreadable:
        return None
    return False if all(one.startswith(_SYSTEM) for one in needed) else None
