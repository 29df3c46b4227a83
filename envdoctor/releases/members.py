"""Read single members of a wheel that lies on an index, and keep them.

Where the server has ranges, only the wheel's table of contents and the member travel; else the whole wheel, which is
then kept. What is kept is found again by the wheel's hash; a wheel never changes.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from typing import TYPE_CHECKING, Any

from envdoctor.facts import remembered
from envdoctor.releases.wire import Unreachable

if TYPE_CHECKING:
    from envdoctor.releases.simple import Wheel
    from envdoctor.releases.wire import Wire

SMALL = 1_000_000  # a wheel of so many bytes is got whole
MOST_WHOLE = 200_000_000  # of a server without ranges
MOST_PART = 64_000_000
MOST_MEMBERS = 200_000
MOST_KEPT = 512_000_000
_MOST_OF_ONE = 4_000_000
_TAIL = 131_072
_STEP = 32_768
_FORM = "1"
_SITE = ("purelib", "platlib")
_BROKEN = (OSError, ValueError, KeyError, RuntimeError, zipfile.BadZipFile, NotImplementedError, EOFError)


class Members:
    """The members of one wheel by the path at which an installer would put them."""

    def __init__(self, wheel: Wheel, wire: Wire) -> None:
        self._wheel, self._wire = wheel, wire
        self._key = f"{_FORM} {wheel.digest or wheel.address}"
        self._name = f"wheel-{hashlib.sha256(self._key.encode()).hexdigest()[:24]}"
        self._rows: dict[str, Any] = remembered.read(self._name, self._key)
        self._open: io.BytesIO | _Ranges | None = None
        self._archive: zipfile.ZipFile | None = None
        self._changed = False
        if "" not in self._rows:
            self._rows[""] = self._listed()
            self._changed = True
        self.places: dict[str, str] = {_installed(name): name for name in self._rows[""]}

    def read(self, path: str, most: int) -> bytes | None:
        """Give a member, at most so many bytes and one; None if there is none of that path. Raise Unreachable."""
        name = self.places.get(path)
        if name is None:
            return None
        if name not in self._rows:
            blob = self._got(name, max(most, _MOST_OF_ONE))
            if len(blob) > _MOST_OF_ONE:
                return blob[: most + 1]
            self._rows[name] = blob
            self._changed = True
        found: bytes = self._rows[name]
        return found[: most + 1]

    def close(self) -> None:
        """Keep what was read, within bounds."""
        if self._changed:
            remembered.write(self._name, self._key, {**remembered.read(self._name, self._key), **self._rows})
            remembered.forget("wheel-*", MOST_KEPT)

    def _listed(self) -> tuple[str, ...]:
        names = self._opened().namelist()
        if len(names) > MOST_MEMBERS:
            raise Unreachable(f"a wheel has more than {MOST_MEMBERS:,} files")
        return tuple(names)

    def _got(self, name: str, most: int) -> bytes:
        archive = self._opened()
        try:
            entry = archive.getinfo(name)
            if isinstance(self._open, _Ranges):
                self._open.ask(entry.header_offset, entry.compress_size + len(name) * 4 + 1024)
            with archive.open(entry) as file:
                return file.read(most + 1)
        except _BROKEN:
            raise Unreachable("a wheel is broken") from None

    def _opened(self) -> zipfile.ZipFile:
        if self._archive is None:
            try:
                self._open = self._file()
                self._archive = zipfile.ZipFile(self._open)
            except _BROKEN:
                raise Unreachable("a wheel is broken") from None
        return self._archive

    def _file(self) -> io.BytesIO | _Ranges:
        size, address = self._wheel.size, self._wheel.address
        kept = remembered.blob(f"{self._name}.whl")
        if zipfile.is_zipfile(io.BytesIO(kept)):
            return io.BytesIO(kept)
        if address.startswith("file:") or 0 < size <= SMALL:
            return io.BytesIO(self._wire.get(address, MOST_WHOLE).body)
        answer = self._wire.part(address, size - _TAIL if size > _TAIL else -_TAIL, size, MOST_WHOLE)
        if answer.start or len(answer.body) < answer.total:
            return _Ranges(self._wire, address, answer.total, answer.start, answer.body)
        if len(answer.body) > _TAIL:  # sent whole where a part was asked for: the next name shall not cost it again
            remembered.keep_blob(f"{self._name}.whl", answer.body)
        return io.BytesIO(answer.body)


class _Ranges(io.RawIOBase):
    """A file on a server that has ranges; each part that is asked for travels once."""

    def __init__(self, wire: Wire, address: str, size: int, start: int, body: bytes) -> None:
        self._wire, self._address, self._size = wire, address, size
        self._parts = [(start, body)]
        self._at = 0

    def ask(self, start: int, length: int) -> None:
        """Get a part, if it is not here."""
        end = min(start + length, self._size)
        if any(begin <= start and end <= begin + len(body) for begin, body in self._parts) or start >= end:
            return
        if length > MOST_PART:
            raise Unreachable(f"a part of a wheel is larger than {MOST_PART:,} bytes")
        answer = self._wire.part(self._address, start, end, MOST_PART)
        if answer.start != start or not answer.body:
            raise Unreachable("the index does not send the part that is asked for")
        self._parts.append((start, answer.body))

    def seekable(self) -> bool:
        """Say that it can be read from anywhere."""
        return True

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def tell(self) -> int:
        """Give where it is read next."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to where it is read next."""
        self._at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence])
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        wanted = self._size - self._at if size < 0 else min(size, self._size - self._at)
        if wanted <= 0:
            return b""
        end = self._at + wanted
        if not any(begin <= self._at and end <= begin + len(body) for begin, body in self._parts):
            self.ask(self._at, max(wanted, _STEP))
        for begin, body in self._parts:
            if begin <= self._at and end <= begin + len(body):
                found = body[self._at - begin : end - begin]
                self._at = end
                return found
        raise Unreachable("the index does not send the part that is asked for")


def _installed(name: str) -> str:
    """Give where an installer puts a member: what a wheel keeps in its data folder lies beside the rest."""
    first, _, rest = name.partition("/")
    kind, _, path = rest.partition("/")
    return path if first.endswith(".data") and kind in _SITE else name
