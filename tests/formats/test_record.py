"""RECORD files, as installers write them and as nobody should."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envdoctor.formats import record


def test_files_sizes_tags_and_scripts_are_read() -> None:
    blob = (
        b'a/__init__.py,sha256=x,10\r\na/"b,c".txt,,\n"a/d,e.py",sha256=x,7\na/_x.cpython-311-x86_64-linux-gnu.so,sha256=x,9\n'
        b"a/__pycache__/b.cpython-311.pyc,,\n../../../bin/a,sha256=x,5\na-1.dist-info/direct_url.json,sha256=x,3\n"
    )
    listed = record.parse(blob)
    assert listed.files[0] == ("a/__init__.py", 10)
    assert ("a/d,e.py", 7) in listed.files
    assert listed.compiled == ("cpython-311-x86_64-linux-gnu.so",)
    assert listed.scripts == ("../../../bin/a",)
    assert listed.linked


def test_rows_that_lead_out_of_the_folder_are_not_followed() -> None:
    listed = record.parse(b"/etc/passwd,,1\n../x.py,,1\na/../../x.py,,1\nC:/x.py,,1\na\\b.py,,1\n")
    assert listed.files == (("a/b.py", 1),)


@pytest.mark.parametrize("size", ["-1", "9" * 40, "x", "\u0661"])
def test_a_size_that_is_none_is_not_compared(size: str) -> None:
    assert record.parse(f"a.py,sha256=x,{size}\n".encode()).files == (("a.py", -1),)


@given(st.binary(max_size=200) | st.text(alphabet='a/.",\\\r\n0=', max_size=60).map(str.encode))
@settings(max_examples=300, deadline=None)
def test_no_record_ends_in_a_traceback_and_no_row_leaves_the_folder(blob: bytes) -> None:
    try:
        listed = record.parse(blob)
    except ValueError:
        return
    for path, size in listed.files:
        assert not path.startswith("/")
        assert ".." not in path.split("/")[:-1]
        assert size >= -1
