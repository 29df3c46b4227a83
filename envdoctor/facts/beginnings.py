"""Read the beginnings of files that may be anything, or not there: a pipe does not block, a long file is cut."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MOST = 262_144


def text(path: str | Path, most: int = MOST) -> str:
    """Give the beginning of a regular file as text, or nothing if it cannot be read."""
    return content(path, most).decode("utf-8", "replace")


def content(path: str | Path, most: int = MOST) -> bytes:
    """Give the beginning of a regular file, or nothing if it cannot be read."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return b""
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return b""
        block = os.read(handle, most)
        while block and len(block) < most and (more := os.read(handle, most - len(block))):
            block += more
        return block
    except OSError:
        return b""
    finally:
        os.close(handle)


def names(folder: str | Path) -> list[str]:
    """Give the names in a folder, sorted, or none if it cannot be read."""
    try:
        return sorted(os.listdir(folder))
    except (OSError, ValueError):
        return []
