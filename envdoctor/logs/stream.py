"""Open a log and give its bytes in chunks: a file, one packed by gzip, bzip2 or xz, a UTF-16 one, standard input."""

from __future__ import annotations

import codecs
import io
import os
import stat
import sys
from typing import IO, TYPE_CHECKING

from envdoctor.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 1 << 20
STDIN = "-"
_PACKED = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\xfd7zXZ\x00": "lzma"}
_WIDE = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_PEEK = 6


def shown(name: str) -> str:
    """Give the name of a log as a report writes it, the home folder as `~`."""
    home = os.path.expanduser("~")
    if name == STDIN:
        return "standard input"
    return f"~{name[len(home) :]}" if home != "/" and name.startswith(f"{home}/") else name


def chunks(name: str) -> Iterator[bytes]:
    """Give a log in chunks; raise UserError if it cannot be read."""
    try:
        with _opened(name) as raw:
            yield from _decoded(raw, name)
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or "it is damaged, or not whole"
        raise UserError(f"cannot be read: {reason}", place=shown(name), hint=_hint(name)) from None


def _hint(name: str) -> str:
    return "" if os.path.exists(name) or name == STDIN else "a log is a file, or `-` for standard input"


def _opened(name: str) -> IO[bytes]:
    if name == STDIN:
        return io.BufferedReader(io.FileIO(os.dup(sys.stdin.fileno())), CHUNK)
    if stat.S_ISDIR(os.stat(name).st_mode):
        raise UserError("a folder is no log", place=shown(name), hint="name the files in it")
    return open(name, "rb", buffering=CHUNK)


def _decoded(raw: IO[bytes], name: str) -> Iterator[bytes]:
    """Unpack, and turn the two-byte text of Windows shells into UTF-8."""
    head = raw.peek(_PEEK)[:_PEEK] if isinstance(raw, io.BufferedReader) else b""
    packed = next((module for magic, module in _PACKED.items() if head.startswith(magic)), "")
    if packed:
        yield from _unpacked(raw, packed, name)
        return
    wide = next((codec for mark, codec in _WIDE.items() if head.startswith(mark)), "")
    decoder = codecs.getincrementaldecoder(wide)("replace") if wide else None
    while chunk := raw.read1(CHUNK) if isinstance(raw, io.BufferedReader) else raw.read(CHUNK):
        yield decoder.decode(chunk).encode("utf-8", "replace") if decoder else chunk


def _unpacked(raw: IO[bytes], module: str, name: str) -> Iterator[bytes]:
    import importlib

    try:
        with importlib.import_module(module).open(raw) as unpacked:
            while chunk := unpacked.read(CHUNK):
                yield chunk
    except (OSError, EOFError, ValueError) as error:
        raise UserError(f"cannot be unpacked ({module}): {error}", place=shown(name)) from None
    except Exception as error:
        if type(error).__module__ not in ("zlib", "_lzma", "lzma"):
            raise
        raise UserError(f"cannot be unpacked ({module}): {error}", place=shown(name)) from None
