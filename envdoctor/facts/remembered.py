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
from typing import TYPE_CHECKING, Any

from envdoctor import __version__
from envdoctor.errors import UserError
from envdoctor.formats import files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Stamp = tuple[int, int, int]
Stamps = tuple[int, ...]
Row = tuple[Any, ...]

FORM = "3"  # raise it when what the rows hold is read otherwise
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
    """What is remembered of one site folder: a row an entry, of plain types, with the stamps that it is good for."""

    def __init__(self, folder: str, form: str) -> None:
        """Open the shelf of a folder; rows of another form than this are not remembered."""
        self._folder = folder
        self._key = f"{FORM} {__version__} {sys.version} {form} {folder}"
        self._name = f"site-{hashlib.sha256(os.fsencode(self._key)).hexdigest()[:20]}"
        self._begun = time.time_ns()
        self._rows = read(self._name, self._key)

    def stamped(self, entry: str) -> tuple[Stamps, Row | None]:
        """Give the stamps of an entry's files, and what is remembered of it if that still stands."""
        about = f"{self._folder}/{entry}"
        stamps = stamp(f"{about}/METADATA") + stamp(f"{about}/RECORD")
        known = self._rows.get(entry)
        return stamps, known[1] if known is not None and known[0] == stamps else None

    def rows(self) -> list[Row]:
        """Give every row, whether it still stands or not."""
        return [row for _, row in self._rows.values()]

    def given(self, entry: str) -> Row:
        """Give away what is remembered of an entry: thousands of rows weigh megabytes."""
        row: Row = self._rows.pop(entry)[1]
        return row

    def keep(self, entries: Iterable[str], new: Mapping[str, tuple[Stamps, Row]]) -> None:
        """Write what is new, and forget what is not among the entries; a file of this very moment is not kept."""
        there = set(entries)
        if not new and self._rows.keys() <= there:
            return
        old = {entry: row for entry, row in self._rows.items() if entry in there}
        settled = {entry: row for entry, row in new.items() if self._is_settled(row[0])}
        write(self._name, self._key, {**old, **settled})
        _forget_old()

    def _is_settled(self, stamps: Stamps) -> bool:
        mine, changed, _, others, their_change, _ = stamps
        return self._begun - max(mine, changed, others, their_change) > UNSETTLED_NS


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
