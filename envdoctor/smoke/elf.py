"""Is a shared library whole? A cut one has the right name, and ends the process that maps its missing pages."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_LIBRARIES = 500


def cut_beside(library: str) -> Iterator[str]:
    """Name the libraries in a library's folder, and in `lib` below it, that are shorter than their own header says."""
    if not library or not os.path.isabs(library):
        return
    folder = Path(library).parent
    found = [path for pattern in ("*.so*", "lib/*.so*") for path in sorted(folder.glob(pattern))]
    for path in found[:MOST_LIBRARIES]:
        stated, there = _stated(path), _size(path)
        if stated > there:
            yield f"{path} has {there} of {stated} bytes"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _stated(path: Path) -> int:
    """Give the length that a 64-bit ELF file says it has: its section headers stand at the end."""
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except OSError:
        return 0
    if len(head) < 64 or head[:5] != b"\x7fELF\x02":
        return 0
    order = "<" if head[5] == 1 else ">"
    (offset,) = struct.unpack_from(f"{order}Q", head, 40)
    size, count = struct.unpack_from(f"{order}HH", head, 58)
    return int(offset + size * count)
