"""Remember what the metadata of each distribution says, for as long as path, times and size of its files stand.

Reading thousands of headers is most of what a look costs. What is remembered is checked against the files' own times
and sizes at every look; where the cache cannot be read or written everything is read again.
"""

from __future__ import annotations

import contextlib
import hashlib
import marshal
import os
import sys
import time
from pathlib import Path
from typing import Any

from envdoctor import __version__
from envdoctor.errors import UserError
from envdoctor.formats import files

Stamp = tuple[int, int, int]

FORM = "2"  # raise it when the form of the rows changes
MOST_FILES = 30
UNSETTLED_NS = 2_000_000_000  # a file that was written this moment may be written again within the same tick
GONE = (0, 0, -1)


def stamp(path: str) -> Stamp:
    """Give what tells whether a file has changed, in one look: its times in nanoseconds and its size."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return GONE
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size


class Shelf:
    """What is remembered of one site folder: a row an entry, with the stamps that it is good for."""

    def __init__(self, folder: str) -> None:
        self._key = f"{FORM} {__version__} {sys.version} {folder}"
        self._name = f"site-{hashlib.sha256(os.fsencode(self._key)).hexdigest()[:20]}"
        self._rows = self._load()
        self._count = len(self._rows)
        self._used: set[str] = set()
        self._new: dict[str, tuple[Any, ...]] = {}
        self._now = time.time_ns()

    def get(self, entry: str, *stamps: Stamp) -> tuple[Any, ...] | None:
        """Give the row of an entry if its files are as they were."""
        row = self._rows.pop(entry, None)  # given away, not kept: thousands of them weigh megabytes
        if row is None or row[0] != stamps:
            return None
        self._used.add(entry)
        found: tuple[Any, ...] = row[1]
        return found

    def put(self, entry: str, row: tuple[Any, ...], *stamps: Stamp) -> None:
        """Remember a row of marshal's plain types."""
        latest = max(time for one in stamps for time in one[:2])
        if self._now - latest > UNSETTLED_NS:
            self._new[entry] = (stamps, row)

    def close(self) -> None:
        """Write what is new, and forget what is no longer there."""
        if not self._new and len(self._used) == self._count:
            return
        kept = {entry: row for entry, row in self._load().items() if entry in self._used} | self._new
        write(self._name, self._key, kept)
        _forget_old()

    def _load(self) -> dict[str, tuple[Any, ...]]:
        return read(self._name, self._key)


def read(name: str, key: str) -> dict[str, tuple[Any, ...]]:
    """Give the rows that were kept under a name for a key; none if there are none to trust.

    They are read from a file of our own: marshal, as for `.pyc` files, is no format to take from others.
    """
    try:
        with (_folder() / name).open("rb") as file:
            status = os.fstat(file.fileno())
            if hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & 0o022):
                return {}
            found, rows = marshal.loads(file.read())  # noqa: S302  (our own file, as is seen to above)
    except (OSError, ValueError, EOFError, TypeError):
        return {}
    return rows if found == key and isinstance(rows, dict) else {}


def write(name: str, key: str, rows: dict[str, tuple[Any, ...]]) -> None:
    """Keep rows of marshal's plain types; a home that is read-only or full keeps none, and is no fault."""
    with contextlib.suppress(OSError, ValueError, UserError):
        files.write_whole(_folder() / name, marshal.dumps((key, rows)))


def blob(name: str) -> bytes:
    """Give the bytes that were kept under a name, or none."""
    try:
        return (_folder() / name).read_bytes()
    except OSError:
        return b""


def keep_blob(name: str, content: bytes) -> None:
    """Keep bytes under a name, where that can be."""
    with contextlib.suppress(OSError, UserError):
        files.write_whole(_folder() / name, content)


def forget(pattern: str, most: int) -> None:
    """Remove the files of a pattern that were not written for longest, until the rest has at most so many bytes."""
    with contextlib.suppress(OSError):
        there = [(path.stat().st_mtime, path.stat().st_size, path) for path in _folder().glob(pattern)]
        for _, size, path in sorted(there, reverse=True):
            most -= size
            if most < 0:
                path.unlink(missing_ok=True)


def _folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or ""
    return Path(base if base.startswith("/") else os.path.expanduser("~/.cache")) / "envdoctor"


def _forget_old() -> None:
    with contextlib.suppress(OSError):
        shelves = sorted(_folder().glob("site-*"), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in shelves[MOST_FILES:]:
            old.unlink(missing_ok=True)
