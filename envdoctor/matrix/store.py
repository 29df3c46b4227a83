"""Pack the compiled matrix so that a check decodes only the parts that concern it."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Store(NamedTuple):
    """A packed matrix: its bytes, and where each of its parts stands in them."""

    packed: bytes
    places: Mapping[str, tuple[int, int]]

    def part(self, name: str) -> Any:
        """Give a part by its name, or None if there is no such part."""
        if name not in self.places:
            return None
        start, end = self.places[name]
        return json.loads(self.packed[start:end])


def pack(parts: Mapping[str, Any]) -> bytes:
    """Give parts (plain data by name) as bytes: each as JSON, a line with the places, its length and a checksum."""
    places, blob = {}, b""
    for name, part in parts.items():
        text = json.dumps(part, ensure_ascii=False, separators=(",", ":")).encode()
        places[name] = (len(blob), len(blob) + len(text))
        blob += text
    last = json.dumps(places, separators=(",", ":")).encode()
    body = b"%s\n%s\n%d" % (blob, last, len(last))
    return b"%s\n%08x" % (body, zlib.crc32(body))


def opened(packed: bytes) -> Store:
    """Open a packed matrix; raise ValueError if it is none, or is not as it was written."""
    body, _, checksum = packed.rpartition(b"\n")
    if checksum != b"%08x" % zlib.crc32(body):
        raise ValueError("not a packed matrix, or not whole")
    _, _, length = body[-12:].rpartition(b"\n")
    end = len(body) - len(length) - 1
    places = json.loads(body[end - int(length) : end])
    if not isinstance(places, dict):
        raise ValueError("not a packed matrix")
    return Store(packed, places)
