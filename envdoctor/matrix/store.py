"""Pack the compiled matrix so that a check decodes only the parts that concern it."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


_WIDTH = 8


class Store(NamedTuple):
    """A packed matrix: its bytes, and where each of its parts stands in them."""

    packed: memoryview
    places: Mapping[str, tuple[int, int]]

    def part(self, name: str) -> Any:
        """Give a part by its name, or None if there is no such part."""
        if name not in self.places:
            return None
        start, end = self.places[name]
        return json.loads(bytes(self.packed[start:end]))


def pack(parts: Mapping[str, Any]) -> bytes:
    """Give parts (plain data by name) as bytes: a checksum, the length of the places, these, and each part as JSON."""
    places, blob = {}, b""
    for name, part in parts.items():
        text = json.dumps(part, ensure_ascii=False, separators=(",", ":")).encode()
        places[name] = (len(blob), len(blob) + len(text))
        blob += text
    body = json.dumps(places, separators=(",", ":")).encode()
    counted = b"%08d%s%s" % (len(body), body, blob)
    return b"%08x%s" % (zlib.crc32(counted), counted)


def opened(packed: bytes) -> Store:
    """Open a packed matrix; raise ValueError if it is none, or is not as it was written."""
    if packed[:_WIDTH] != b"%08x" % zlib.crc32(memoryview(packed)[_WIDTH:]):
        raise ValueError("not a packed matrix, or not whole")
    start = 2 * _WIDTH + int(packed[_WIDTH : 2 * _WIDTH])
    places = json.loads(packed[2 * _WIDTH : start])
    if not isinstance(places, dict):
        raise ValueError("not a packed matrix")
    return Store(memoryview(packed)[start:], places)
