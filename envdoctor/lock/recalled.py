"""Read a lock, of which a check asks little: what it asks is remembered by the digest of the text.

To read TOML takes longer than all that a check does with it. Whoever writes a lock reads it whole.
"""

from __future__ import annotations

import datetime
import hashlib
from typing import TYPE_CHECKING, Any

from envdoctor import __version__
from envdoctor.facts import remembered
from envdoctor.formats import files, pylock
from envdoctor.model import Listed, Place

if TYPE_CHECKING:
    from pathlib import Path

_FORM = "1"  # raise it when the form of what is remembered changes
_MOST = 20_000_000  # bytes of all locks together


def read(path: Path) -> pylock.Lock:
    """Give a pylock.toml without its document; raise UserError with the place."""
    text = files.read_text(path, limit=pylock.LARGEST)
    digest = hashlib.sha256(text.encode()).hexdigest()
    name, key = f"lock-{digest[:20]}", f"{_FORM} {__version__} {digest}"
    row = remembered.read(name, key).get("lock")
    if row is not None:
        return _lock(row, str(path))
    lock = pylock.parse(text, str(path))
    remembered.write(name, key, {"lock": _row(lock)})
    remembered.forget("lock-*", _MOST)
    return lock._replace(document={})


def _row(lock: pylock.Lock) -> tuple[Any, ...]:
    entries = [(e.name, e.specifier, e.marker, e.url, e.editable, e.place.line if e.place else 1) for e in lock.entries]
    return lock.python, lock.environments, entries, _plain(dict(lock.tool)), lock.digest


def _lock(row: tuple[Any, ...], file: str) -> pylock.Lock:
    python, environments, entries, tool, digest = row
    listed = (
        Listed(name, specifier, (), marker, url, editable, place=Place(file, line))
        for name, specifier, marker, url, editable, line in entries
    )
    return pylock.Lock(file, python, environments, tuple(listed), tool, digest, {})


def _plain(value: Any) -> Any:
    """Give a value of TOML as one that can be remembered."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else value
