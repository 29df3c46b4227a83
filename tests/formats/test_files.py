"""Files that people name, and what they may turn out to be."""

from __future__ import annotations

import codecs
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envdoctor.errors import UserError
from envdoctor.formats import files

if TYPE_CHECKING:
    from pathlib import Path


def refused(path: Path, **options: int) -> UserError:
    with pytest.raises(UserError) as caught:
        files.read_text(path, **options)
    assert caught.value.place.startswith(str(path))
    return caught.value


def test_line_ends_become_one_kind(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes("a\r\nb\rc\nä".encode())
    assert files.read_text(path) == "a\nb\nc\nä"


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_a_byte_order_mark_says_the_encoding(tmp_path: Path, mark: bytes, encoding: str) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(mark + "numpy # ä".encode(encoding))
    assert files.read_text(path) == "numpy # ä"


def test_a_missing_file_is_named_with_a_hint(tmp_path: Path) -> None:
    error = refused(tmp_path / "nope.txt")
    assert error.problem == "cannot be read: no such file or directory"
    assert "is the name right" in error.hint


def test_a_folder_and_what_lies_below_a_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    assert refused(tmp_path).problem == "is a folder"
    assert "not a directory" in refused(tmp_path / "x" / "y").problem


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes in folders")
def test_a_pipe_and_a_device_are_refused_without_waiting(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert refused(pipe).problem == "is a pipe or a device"
    (tmp_path / "zero").symlink_to("/dev/zero")
    assert refused(tmp_path / "zero").problem == "is a pipe or a device"


def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").symlink_to("x")
    assert "cannot be read" in refused(tmp_path / "x").problem


def test_a_large_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "weights.bin"
    with path.open("wb") as file:
        file.truncate(10_000_001)
    assert refused(path).problem == "is larger than 10,000,000 bytes"
    path.write_bytes(b"abc")
    assert files.read_text(path, limit=3) == "abc"
    assert refused(path, limit=2).problem == "is larger than 2 bytes"


def test_what_is_not_text_is_refused_where_it_begins(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(b"numpy\nJ\xf6rg")
    error = refused(path)
    assert (error.problem, error.place) == ("is not UTF-8 text", f"{path}:2:2")
    path.write_bytes(b"a\n\nb\0")
    error = refused(path)
    assert (error.problem, error.place) == ("is not text: it holds a NUL", f"{path}:3:2")
    path.write_bytes(codecs.BOM_UTF16_LE + b"a")
    assert refused(path).problem == "is not UTF-16 text"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("")
    path.chmod(0)
    assert refused(path).problem == "cannot be read: permission denied"


def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "a\0b").problem == "is not the name of a file"
    assert "too long" in refused(tmp_path / ("a" * 5000)).problem


@settings(deadline=None)
@given(content=st.binary(max_size=60))
def test_any_content_is_text_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(content)
    with suppress(UserError):
        assert "\r" not in files.read_text(path)
