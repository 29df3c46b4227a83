"""What moved between two locks, and why?"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from envdoctor.errors import CannotLook
from envdoctor.model.locks import Change

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def between(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> list[Change]:
    """Give what differs between the packages of two locks, by name."""
    if old is None:
        return []
    was, becomes = _versions(old), _versions(new)
    reasons = _Reasons(old, new)
    names = sorted(was.keys() | becomes.keys())
    pairs = ((name, was.get(name, ""), becomes.get(name, "")) for name in names)
    return [Change(name, one, other, reasons.of(name)) for name, one, other in pairs if one != other]


def refuse_others(old: Mapping[str, Any] | None, new: Mapping[str, Any], file: str) -> None:
    """Raise CannotLook if a file has another hash than it had in a lock: what is released does not change."""
    before = dict(_hashes(old)) if old is not None else {}
    for name, digest in _hashes(new):
        if before.get(name, digest) != digest:
            hint = "the lock is as it was before; to trust the new file, remove the lock and make it again"
            raise CannotLook(f"`{name}` has another hash now than in the lock", place=file, hint=hint)


def _hashes(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Give what is locked with its hashes: PyPI's files by their names, conda's by their URLs."""
    for package in document["packages"]:
        own = package.get("hashes" if "hashes" in package else "hash")
        if isinstance(own, Mapping) and own.get("sha256"):
            yield str(package.get("url")), str(own["sha256"])
        for file in (*package.get("wheels", ()), package.get("sdist", {})):
            if digest := file.get("hashes", {}).get("sha256"):
                yield str(file.get("url") or file.get("name")).rpartition("/")[2], str(digest)


def _versions(document: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for package in document["packages"]:
        found.setdefault(package["name"], []).append(str(package.get("version", "?")))
    return {name: ", ".join(dict.fromkeys(versions)) for name, versions in found.items()}


class _Reasons:
    """What may have moved a package: the matrix, the recipe, the date."""

    def __init__(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        self._old, self._new = old, new
        self._before, self._now = _own(old), _own(new)

    def of(self, name: str) -> str:
        """Give the reason why a package moved, or nothing if none of these is it."""
        for row in _rows(self._now, "ruled-out"):
            if name in map(_name, row.get("bounds", ())) and row not in _rows(self._before, "ruled-out"):
                return f"{row['code']}: {row['title']}"
        asked, was = _asked(self._now, name), _asked(self._before, name)
        if asked != was:
            return f"the recipe asks for {', '.join(asked)}" if asked else "the recipe no longer asks for it"
        before, released = (max(_released(one, name), default=None) for one in (self._old, self._new))
        if released and before and released > before:
            return f"released {released.date().isoformat()}"
        return ""


def _own(document: Mapping[str, Any]) -> Mapping[str, Any]:
    own = document.get("tool", {}).get("envdoctor", {})
    return own if isinstance(own, dict) else {}


def _rows(table: Mapping[str, Any], key: str) -> Sequence[Mapping[str, Any]]:
    rows = table.get(key)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _asked(table: Mapping[str, Any], name: str) -> list[str]:
    return [str(line) for line in table.get("asked", ()) if _name(str(line)) == name]


def _name(line: str) -> str:
    found = _NAME.match(line)
    return found[0].lower() if found else ""


def _released(document: Mapping[str, Any], name: str) -> Iterator[datetime.datetime]:
    files: Iterable[Mapping[str, Any]] = (
        file for package in document["packages"] if package["name"] == name for file in package.get("wheels", ())
    )
    times = (file.get("upload-time") for file in files)
    return (time for time in times if isinstance(time, datetime.datetime) and time.tzinfo)
