"""Headers of installed distributions, in the spellings of fifteen years."""

from __future__ import annotations

import email
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from packaging.markers import InvalidMarker, Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from envdoctor.formats.metadata import LONGEST, Headers, folder_name, parse, parse_requires_txt, split_requirement

ORDINARY = b"""Metadata-Version: 2.1
Name: Foo_Bar
Version: 1.2
Summary: Version: 9
Requires-Python: >=3.8
Provides-Extra: test
Requires-Dist: attrs (>=20.1.0)\x20
Requires-Dist: foo; extra == 'x'
Description-Content-Type: text/markdown

Name: not a header
Requires-Dist: neither
"""


def test_an_ordinary_header_block_is_read_up_to_its_blank_line() -> None:
    assert parse(ORDINARY) == Headers("Foo_Bar", "1.2", ("attrs (>=20.1.0)", "foo; extra == 'x'"), ">=3.8")


@pytest.mark.parametrize("end", [b"\r\n", b"\r"])
def test_other_line_ends_change_nothing(end: bytes) -> None:
    assert parse(ORDINARY.replace(b"\n", end)) == parse(ORDINARY)


def test_a_mark_at_the_start_and_a_missing_end_change_nothing() -> None:
    assert parse(b"\xef\xbb\xbfName: foo\nVersion: 1") == Headers("foo", "1")


def test_a_folded_line_belongs_to_the_one_above() -> None:
    block = b"Name: foo\nRequires-Dist: bar\n  >=1.0,\n\t<2\nVersion: 1\n"
    assert parse(block) == Headers("foo", "1", ("bar >=1.0, <2",))


def test_names_of_headers_may_be_in_any_case_and_the_first_counts() -> None:
    assert parse(b"NAME: foo\nversion: 1\nVersion: 2\nrequires-dist: a\nREQUIRES-DIST: b\n") == Headers(
        "foo", "1", ("a", "b")
    )


def test_what_is_missing_is_empty() -> None:
    assert parse(b"Name: foo\n") == Headers("foo")
    assert parse(b"") == parse(b"\n\nName: foo\n") == parse(b"\x00\xff" * 99) == Headers()


def test_bytes_that_are_not_utf8_do_not_stop_the_reading() -> None:
    assert parse(b"Author: J\xf6rg\nName: foo\xff\nVersion: 1\n") == Headers("foo\ufffd", "1")


def test_a_line_that_is_no_header_ends_them_as_it_does_for_pip() -> None:
    block = b"Name: foo\nSummary: one\nand two\nVersion: 1\n"
    assert parse(block) == Headers("foo")
    assert email.message_from_bytes(block)["Version"] is None


def test_requires_without_dist_names_modules_and_is_not_read() -> None:
    assert parse(b"Name: foo\nRequires: bar (>1.0)\n").requires == ()


HEADERS = st.sampled_from(
    ["Name", "name", "Version", "Requires-Dist", "Requires-Python", "Provides-Extra", "X-Y", "Nam"]
)
VALUES = st.text(st.characters(codec="ascii", exclude_categories=["C", "Z"]), min_size=1, max_size=12)


@settings(deadline=None)
@given(st.lists(st.tuples(HEADERS, VALUES, st.sampled_from(["\n", "\n\t more\n"])), max_size=8), st.text(max_size=20))
def test_headers_are_what_a_mail_parser_reads(lines: list[tuple[str, str, str]], body: str) -> None:
    text = "".join(f"{name}: {value}{end}" for name, value, end in lines)
    mail = email.message_from_string(text)
    found = parse(text.encode() + b"\n" + body.encode("utf-8", "replace"))
    assert found.name == " ".join(mail.get("Name", "").split())
    assert found.requires == tuple(" ".join(value.split()) for value in mail.get_all("Requires-Dist", []))


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_stop_the_reading_of_headers(block: bytes) -> None:
    parse(block)


def test_ten_megabytes_of_one_header_take_no_time() -> None:
    began = time.process_time()
    for filler in (b"x" * 10_000_000, b"Name:" * 2_000_000, b"a:\n" * 3_000_000, b"\n " * 5_000_000):
        parse(b"Name: foo\nSummary: " + filler)
    assert time.process_time() - began < 10


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("attrs", ("attrs", (), "", "", "")),
        ("  Foo.Bar_baz  ", ("foo-bar-baz", (), "", "", "")),
        ("attrs (>=20.1.0) ", ("attrs", (), ">=20.1.0", "", "")),
        ("attrs>=20.1,<22", ("attrs", (), ">=20.1,<22", "", "")),
        ("foo; extra == 'x'", ("foo", (), "", "extra == 'x'", "")),
        ("foo[a,b] >=1 ; python_version < '3'", ("foo", ("a", "b"), ">=1", "python_version < '3'", "")),
        ("foo[]", ("foo", (), "", "", "")),
        ("foo @ https://x/y;z.zip ; extra == 'x'", ("foo", (), "", 'extra == "x"', "https://x/y;z.zip")),
        ("foo[b,a]@https://x/y", ("foo", ("a", "b"), "", "", "https://x/y")),
        ("foo===any-thing", ("foo", (), "===any-thing", "", "")),
        # what packaging no longer reads is handed on as it is written
        ("foo >=1.0.*", ("foo", (), ">=1.0.*", "", "")),
        ("foo (>1.0)", ("foo", (), ">1.0", "", "")),
        ("foo >dev", ("foo", (), ">dev", "", "")),
        ("foo==2.*.*", ("foo", (), "==2.*.*", "", "")),
        ("foo (1.0)", ("foo", (), "1.0", "", "")),
        ("foo 1.0; extra == 'x'", ("foo", (), "1.0", "extra == 'x'", "")),
        ("foo (>=1.0", ("foo", (), "(>=1.0", "", "")),
        ("foo-", ("foo", (), "-", "", "")),
    ],
)
def test_a_requirement_is_taken_apart(line: str, expected: tuple[str, tuple[str, ...], str, str, str]) -> None:
    assert split_requirement(line) == expected


@pytest.mark.parametrize("line", ["", "   ", ">=1.0", "; extra == 'x'", "[x]", "https://x/y", "git+https://x/y#egg=z"])
def test_a_line_without_a_name_is_an_error(line: str) -> None:
    with pytest.raises(ValueError, match=r"names no|without a name"):
        split_requirement(line)


PIECES = st.sampled_from(
    [
        "foo",
        "A.b",
        " ",
        "[",
        "]",
        "x,y",
        "(",
        ")",
        ">=",
        "==",
        "1.0",
        ".*",
        ",",
        ";",
        "@",
        "https://x/y",
        "'3'",
        "extra",
        "9" * 5000,
    ]
)


@settings(deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=9).map("".join)))
@example("foo;" + "(" * 2000)
@example("foo" + " " * 5000 + "x")
def test_what_packaging_reads_is_read_alike_and_nothing_else_stops_us(line: str) -> None:
    try:
        name, extras, specifier, marker, url = split_requirement(line)
    except ValueError:
        with pytest.raises(InvalidRequirement):
            Requirement(line)
        return
    assert name
    try:
        expected = Requirement(line)
    except (ValueError, RecursionError):
        return
    if len(line) >= LONGEST:
        return
    assert SpecifierSet(specifier) == expected.specifier
    assert (set(extras), url or None) == (expected.extras, expected.url)
    assert (Marker(marker) if marker else None) == expected.marker


@pytest.mark.parametrize("line", [f"foo>={'9' * 5000}", f"foo[a] {'9' * 5000}", f"foo @ https://{'9' * 5000}"])
def test_a_number_too_long_for_python_is_cut_to_no_range(line: str) -> None:
    with pytest.raises(InvalidSpecifier):
        SpecifierSet(split_requirement(line)[2])


@pytest.mark.parametrize("line", ["foo; " + "(" * 3000, "foo x; " + "(" * 3000, "foo; python_version < '" + "9" * 5000])
def test_a_marker_without_end_is_cut_to_none(line: str) -> None:
    with pytest.raises(InvalidMarker):
        Marker(split_requirement(line)[3])


REQUIRES_TXT = """
six
# none
old ; os_name == 'nt'

[test]
pytest>=7

[:python_version<'3']
enum34
[gpu:os_name=='nt']
x @ https://x/y
"""


def test_sections_of_requires_txt_become_markers() -> None:
    lines = parse_requires_txt(REQUIRES_TXT)
    assert lines == (
        "six",
        "old ; os_name == 'nt'",
        'pytest>=7; extra == "test"',
        "enum34; python_version<'3'",
        "x @ https://x/y ; (os_name=='nt') and extra == \"gpu\"",
    )
    assert [Requirement(line).name for line in lines] == ["six", "old", "pytest", "enum34", "x"]


def test_a_requirement_with_a_marker_of_its_own_needs_both() -> None:
    assert parse_requires_txt("[a]\nfoo>1 ; os_name == 'nt'") == ("foo>1; (os_name == 'nt') and (extra == \"a\")",)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_no_text_stops_the_reading_of_requires_txt(text: str) -> None:
    parse_requires_txt(text)


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("foo_bar-1.2.dist-info", ("foo_bar", "1.2")),
        ("foo-bar-1.2.dist-info", ("foo-bar", "1.2")),
        ("torch-2.1.0+cu121.dist-info", ("torch", "2.1.0+cu121")),
        ("zope.interface-5.0.dist-info", ("zope.interface", "5.0")),
        ("foo-1.2-py3.8.egg-info", ("foo", "1.2")),
        ("foo-1.2-py3.8-linux-x86_64.egg-info", ("foo", "1.2")),
        ("foo-1.2.egg-info", ("foo", "1.2")),
        ("foo.egg-info", ("foo", "")),
        ("foo-bar.egg-info", ("foo-bar", "")),
        ("-1.2.dist-info", None),
        (".dist-info", None),
        ("foo-1.2.egg", None),
        ("foo", None),
    ],
)
def test_a_folder_tells_name_and_version(folder: str, expected: tuple[str, str] | None) -> None:
    assert folder_name(folder) == expected


@settings(deadline=None)
@given(st.text(max_size=40), st.sampled_from(["", ".dist-info", ".egg-info"]))
def test_no_folder_name_stops_the_reading(stem: str, kind: str) -> None:
    found = folder_name(stem + kind)
    assert found is None or found[0]
