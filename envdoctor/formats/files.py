"""How does a file that somebody names become text, and text a file?

The name may be mistyped, or belong to a folder, a pipe, a device, a gigabyte of weights or a picture. Each of these is
told to the person who named it, and none makes envdoctor wait: nothing but a regular file is opened.
"""

from __future__ import annotations

import codecs
import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from envdoctor.errors import UserError
from envdoctor.model import Place

if TYPE_CHECKING:
    from collections.abc import Mapping

# The marks that pip knows. UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HINTS = {
    FileNotFoundError: "is the name right, and is it relative to the folder you are in?",
    NotADirectoryError: "a part of the path is a file",
    PermissionError: "who runs envdoctor must be allowed to read it",
}


def read_text(path: Path, *, limit: int = 10_000_000) -> str:
    """Give the text of a regular file, whatever its line ends; raise UserError if it has none."""
    try:
        _refuse(path, path.stat(), limit)
        content = _content(path, limit)
    except OSError as error:
        hint = _HINTS.get(type(error), "")
        raise UserError(f"cannot be read: {_reason(error)}", place=str(path), hint=hint) from None
    except ValueError:  # the name holds a NUL
        raise UserError("is not the name of a file", place=str(path)) from None
    text = _decoded(content, str(path))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _reason(error: OSError) -> str:
    words = error.strerror or str(error)
    return words[:1].lower() + words[1:]


def _refuse(path: Path, status: os.stat_result, limit: int) -> None:
    place = str(path)
    if stat.S_ISDIR(status.st_mode):
        raise UserError("is a folder", place=place, hint="name a file in it")
    if not stat.S_ISREG(status.st_mode):
        raise UserError("is a pipe or a device", place=place, hint="save what it gives to a file, and name that")
    if status.st_size > limit:
        raise UserError(f"is larger than {limit:,} bytes", place=place, hint="is it the file you meant?")


def _content(path: Path, limit: int) -> bytes:
    # It may have become a pipe, or have grown, since it was looked at.
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as file:
        _refuse(path, os.fstat(handle), limit)
        content = file.read(limit + 1) or b""
    if len(content) > limit:
        raise UserError(f"is larger than {limit:,} bytes", place=str(path), hint="is it the file you meant?")
    return content


def _decoded(content: bytes, file: str) -> str:
    mark, encoding = next(((m, e) for m, e in _MARKS if content.startswith(m)), (b"", "utf-8"))
    content = content[len(mark) :]
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        place = _place(content[: error.start].decode(encoding, "replace"), file)
        named = encoding.upper().removesuffix("-LE").removesuffix("-BE")
        raise UserError(f"is not {named} text", place=place, hint="save it as UTF-8") from None
    if "\0" in text:
        place = _place(text[: text.index("\0")], file)
        raise UserError("is not text: it holds a NUL", place=place, hint="is it the file you meant?")
    return text


def _place(before: str, file: str) -> Place:
    return Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all; raise UserError if it cannot be written."""
    write_all({path: content})


def write_all(contents: Mapping[Path, str | bytes]) -> None:
    """Write several files, each whole, and all of them or none; raise UserError if one cannot be written.

    Each is written beside its place first. A pipe or a device, which has no beside, is written to last.
    """
    staged: dict[Path, Path] = {}
    streams = {path: _bytes(content) for path, content in contents.items() if _is_stream(path)}
    path = None
    try:
        for path, content in contents.items():
            if path not in streams:
                staged[path] = _staged(path, _bytes(content))
        for path, beside in staged.items():
            beside.replace(os.path.realpath(path))
        for path, content in streams.items():
            _pour(path, content)
    except OSError as error:
        raise UserError(f"cannot be written: {_reason(error)}", place=str(path)) from None
    except ValueError:  # the name holds a NUL
        raise UserError("is not the name of a file", place=str(path)) from None
    finally:
        for beside in staged.values():
            beside.unlink(missing_ok=True)


def _bytes(content: str | bytes) -> bytes:
    return content.encode(errors="replace") if isinstance(content, str) else content


def _is_stream(path: Path) -> bool:
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


def _staged(path: Path, content: bytes) -> Path:
    """Write what a file is to hold beside the place where it really stands; a link to it stays one."""
    whole = Path(os.path.realpath(path))
    if whole.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    whole.parent.mkdir(parents=True, exist_ok=True)
    beside = whole.with_name(f".{whole.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    return beside


def _pour(path: Path, content: bytes) -> None:
    # A pipe that nobody reads is refused, not waited for.
    handle = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(handle, "wb") as file:
        os.set_blocking(file.fileno(), True)
        file.write(content)
