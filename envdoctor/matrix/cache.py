"""Remember the compiled matrix by the content of its files, so that reading YAML costs the start-up once.

The cache is a convenience: where it cannot be read or written the files are compiled again.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envdoctor import __version__
from envdoctor.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FORM = "2"  # raise it when the compiled form changes
KEPT = 32  # as many matrices: other versions, other folders of further claims


def remembered(
    paths: Sequence[Path], compile_: Callable[[Sequence[tuple[str, str]]], dict[str, Any]]
) -> dict[str, Any]:
    """Give the compiled form of these files, compiling them only if their content is new."""
    blobs = [(str(path), _bytes(path)) for path in paths]
    place = _folder() / f"matrix-{_key(blobs)}.json"
    found = _recall(place)
    if found is None:
        found = compile_([(name, _text(name, blob)) for name, blob in blobs])
        _keep(place, found)
    return found


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", place=str(path)) from None


def _text(name: str, blob: bytes) -> str:
    try:
        return blob.decode("utf-8")
    except UnicodeDecodeError:
        raise UserError("not UTF-8", place=name) from None


def _key(blobs: Sequence[tuple[str, bytes]]) -> str:
    digest = hashlib.sha256(f"{FORM} {__version__}".encode())
    for name, blob in blobs:
        digest.update(f"\0{name}\0{len(blob)}\0".encode())
        digest.update(blob)
    return digest.hexdigest()[:24]


def _folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or ""
    return Path(base if base.startswith("/") else os.path.expanduser("~/.cache")) / "envdoctor"


def _recall(place: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(place.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and {"stored", "conda", "wheelless"} <= found.keys() else None


def _keep(place: Path, compiled: dict[str, Any]) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=place.parent, prefix=".matrix-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(compiled, file, separators=(",", ":"))
        Path(name).replace(place)
        for old in sorted(place.parent.glob("matrix-*"), key=lambda path: path.stat().st_mtime)[:-KEPT]:
            old.unlink(missing_ok=True)
    except OSError:
        return  # a read-only or full home: compile again next time
