"""Keep locks on disk: one process at a time in a folder, files whole or not at all, nothing left of what was ended."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from envdoctor.errors import CannotLook, UserError
from envdoctor.formats import files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@contextmanager
def alone(folder: Path, tell: Callable[[str], None]) -> Iterator[None]:
    """Hold a folder while locks are made in it; wait for another process that does the same, and say so."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise UserError(f"cannot be used: {error.strerror}", place=str(folder), hint="`--to` names another") from None
    try:
        _wait(handle, folder, tell)
        yield
    finally:
        os.close(handle)


def _wait(handle: int, folder: Path, tell: Callable[[str], None]) -> None:
    try:
        import fcntl
    except ImportError:  # Windows has none
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        tell(f"another process makes a lock in {folder}; waiting for it")
        fcntl.flock(handle, fcntl.LOCK_EX)
    except OSError:
        return  # a network file system without locks


def write(path: Path, text: str) -> None:
    """Write a lock whole or not at all, within `alone`; what an ended process left of one is removed."""
    remains = re.compile(rf"\.{re.escape(path.name)}\.\d+")
    for name in os.listdir(path.parent):
        if remains.fullmatch(name):
            with suppress(OSError):
                (path.parent / name).unlink()
    real = path.resolve()  # a link stays one
    try:
        files.write_whole(real, text)
    except UserError as error:
        raise CannotLook(error.problem, place=error.place, hint="the lock is as it was before") from None
