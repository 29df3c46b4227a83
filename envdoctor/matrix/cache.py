"""Remember the compiled matrix by the content of its files, so that reading YAML costs the start-up once.

The cache is a convenience: where it cannot be read or written the files are compiled again.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envdoctor import __version__
from envdoctor.errors import UserError
from envdoctor.formats import files
from envdoctor.matrix import store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from envdoctor.matrix.store import Store

FORM = "10"  # raise it when the compiled form changes
KEPT = 32  # as many matrices: other versions, other folders of further claims


def remembered(paths: Sequence[Path], compile_: Callable[[Sequence[tuple[str, str]]], Mapping[str, Any]]) -> Store:
    """Give the compiled form of these files, compiling them only if their content is new."""
    blobs = [(str(path), _bytes(path)) for path in paths]
    place = _folder() / f"matrix-{_key(blobs)}"

    def compiled() -> Store:
        packed = store.pack(compile_([(name, _text(name, blob)) for name, blob in blobs]))
        _keep(place, packed)
        return store.opened(lambda start, end: packed[start:end], compiled)

    try:
        return store.opened(_reader(place), compiled)
    except (OSError, ValueError):
        return compiled()


def _reader(place: Path) -> Callable[[int, int], bytes]:
    def read(start: int, end: int) -> bytes:
        with open(place, "rb", buffering=0) as file:
            file.seek(start)
            return file.read(end - start)

    return read


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


def _keep(place: Path, packed: bytes) -> None:
    try:
        files.write_whole(place, packed)
        for old in sorted(place.parent.glob("matrix-*"), key=lambda path: path.stat().st_mtime_ns)[:-KEPT]:
            old.unlink(missing_ok=True)
    except (OSError, UserError):
        return  # a read-only or full home: compile again next time
