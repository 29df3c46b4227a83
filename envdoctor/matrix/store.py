"""Pack the compiled matrix so that a check reads and decodes only the parts that concern it."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Read = Callable[[int, int], bytes]

_WIDTH = 8


class Store(NamedTuple):
    """A packed matrix: its bytes from one place to another, where each part stands in them, and with which checksum.

    `anew` gives another one where a part is not as it was written.
    """

    read: Read
    places: Mapping[str, tuple[int, int, int]]
    anew: Callable[[], Store]

    def part(self, name: str) -> Any:
        """Give a part by its name, or None if there is no such part."""
        if name not in self.places:
            return None
        start, end, checksum = self.places[name]
        try:
            text = self.read(start, end)
        except OSError:
            text = b""
        return json.loads(text) if zlib.crc32(text) == checksum else self.anew().part(name)


def pack(parts: Mapping[str, Any]) -> bytes:
    """Give parts (plain data by name) as bytes: checksum and length of the places, these, and each part as JSON."""
    texts = {name: json.dumps(part, ensure_ascii=False, separators=(",", ":")).encode() for name, part in parts.items()}
    places, end = {}, 0
    for name, text in texts.items():
        places[name] = (end, end + len(text), zlib.crc32(text))
        end += len(text)
    head = json.dumps(places, separators=(",", ":")).encode()
    return b"%08x%08d%s%s" % (zlib.crc32(head), len(head), head, b"".join(texts.values()))


def opened(read: Read, anew: Callable[[], Store]) -> Store:
    """Open a packed matrix; raise ValueError if its head is not as it was written, OSError if it cannot be read."""
    length = int(read(_WIDTH, 2 * _WIDTH))
    start = 2 * _WIDTH + length
    head = read(2 * _WIDTH, start)
    if read(0, _WIDTH) != b"%08x" % zlib.crc32(head):
        raise ValueError("not a packed matrix, or not whole")
    return Store(lambda first, last: read(start + first, start + last), json.loads(head), anew)
