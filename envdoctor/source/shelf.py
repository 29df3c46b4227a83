"""Keep summaries: those of a distribution under the hash of its RECORD, all others under their folder.

A wheel never changes after it is built, so one environment's summaries serve every other that has the same wheel. A
file that was changed after its RECORD was written is known by its times and size instead.
"""

from __future__ import annotations

import hashlib
import os
import sys
from typing import TYPE_CHECKING, Any

from envdoctor import __version__
from envdoctor.facts import remembered
from envdoctor.model.code import Answers, Call, Function, Import, Summary, Use

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envdoctor.model.code import Module, Python
    from envdoctor.source.owners import Owners

FORM = "14"  # raise it when the form of the rows, or what is read of a file, changes
MOST_BYTES = 256_000_000
_SETTLED_NS = 2_000_000_000


class Shelves:
    """The summaries that are at hand, and those that are new; nothing is lost but time where they cannot be kept."""

    def __init__(self, python: Python, owners: Owners) -> None:
        self._about = f"{FORM} {__version__} {sys.version_info[:2]} {python}"
        self._owners = owners
        self._open: dict[str, _Shelf] = {}
        self._places: dict[str, tuple[str, int]] = {}

    def get(self, module: Module) -> Summary | None:
        """Give the summary of a module if its file is as it was."""
        shelf, entry, stamp = self._place(module)
        row = shelf.rows.get(entry)
        return made(row[1]) if row is not None and row[0] == stamp != remembered.GONE else None

    def put(self, module: Module, summary: Summary) -> None:
        """Keep a summary."""
        shelf, entry, stamp = self._place(module)
        shelf.rows[entry] = (stamp, plain(summary))
        shelf.changed = True

    def function(self, module: Module, name: str) -> tuple[bool, Function | None]:
        """Say whether a function of a module is at hand, and give it."""
        shelf, entry, stamp = self._place(module)
        row = shelf.rows.get(f"{entry}:{name}")
        if row is None or row[0] != stamp or stamp == remembered.GONE:
            return False, None
        return True, None if row[1] is None else Function._make((row[1][0], *_items(row[1][1:4]), row[1][4]))

    def put_function(self, module: Module, name: str, function: Function | None) -> None:
        """Keep a function of a module, or that there is none of that name."""
        shelf, entry, stamp = self._place(module)
        kept = None if function is None else (function.arguments, *_rows(function[1:4]), function.names)
        shelf.rows[f"{entry}:{name}"] = (stamp, kept)
        shelf.changed = True

    def word(self, module: Module, name: str) -> tuple[bool, bool | None]:
        """Say whether it is known if a compiled module has a name, and give it."""
        shelf, entry, stamp = self._place(module)
        row = shelf.rows.get(f"{entry}:{name}")
        known = row is not None and row[0] == stamp != remembered.GONE
        return known, row[1] if known and row is not None else None

    def put_word(self, module: Module, name: str, found: bool | None) -> None:
        """Keep whether a compiled module has a name."""
        shelf, entry, stamp = self._place(module)
        shelf.rows[f"{entry}:{name}"] = (stamp, found)
        shelf.changed = True

    def close(self) -> None:
        """Write what is new, and forget the oldest where there is too much."""
        changed = [shelf for shelf in self._open.values() if shelf.changed]
        for shelf in changed:
            remembered.write(shelf.name, shelf.key, {**remembered.read(shelf.name, shelf.key), **shelf.rows})
        if changed:
            remembered.forget("code-*", MOST_BYTES)

    def _place(self, module: Module) -> tuple[_Shelf, str, remembered.Stamp]:
        """Give the shelf of a module, its row there, and what tells whether its file has changed."""
        found = self._owners.record(module.file)
        if found is None:
            folder = os.path.dirname(module.file)
            return self._shelf(folder, folder), module.file, remembered.stamp(module.file)
        folder, one = found
        key, written = self._record(f"{folder}/{one.entry}/RECORD")
        try:
            status = os.stat(module.file)
        except OSError:
            return self._shelf(folder, folder), module.file, remembered.GONE
        if not key or status.st_mtime_ns > written + _SETTLED_NS:
            return self._shelf(folder, folder), module.file, remembered.stamp(module.file)
        return self._shelf(key, key), module.file.removeprefix(f"{folder}/"), (0, 0, status.st_size)

    def _record(self, path: str) -> tuple[str, int]:
        if path not in self._places:
            try:
                with open(path, "rb") as file:
                    self._places[path] = hashlib.sha256(file.read()).hexdigest(), os.fstat(file.fileno()).st_mtime_ns
            except OSError:
                self._places[path] = "", 0
        return self._places[path]

    def _shelf(self, key: str, words: str) -> _Shelf:
        if key not in self._open:
            name = f"code-{hashlib.sha256(os.fsencode(f'{self._about} {words}')).hexdigest()[:24]}"
            self._open[key] = _Shelf(name, f"{self._about} {words}")
        return self._open[key]


class _Shelf:
    def __init__(self, name: str, key: str) -> None:
        self.name, self.key = name, key
        self.rows: dict[str, tuple[Any, ...]] = remembered.read(name, key)
        self.changed = False


def plain(summary: Summary) -> tuple[Any, ...]:
    """Give a summary in marshal's plain types."""
    answers = None if summary.answers is None else tuple(summary.answers)
    return (*summary[:5], *_rows(summary[5:8]), answers, *summary[9:])


def _rows(parts: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
    return tuple(tuple(tuple(item) for item in part) for part in parts)


def _items(parts: Sequence[Any]) -> tuple[Any, ...]:
    kinds = (Import._make, Use._make, Call._make)
    return tuple(tuple(map(make, part)) for make, part in zip(kinds, parts, strict=True))


def made(row: tuple[Any, ...]) -> Summary:
    """Give the summary of such plain types."""
    answers = None if row[8] is None else Answers(*row[8])
    return Summary._make((*row[:5], *_items(row[5:8]), answers, *row[9:]))
