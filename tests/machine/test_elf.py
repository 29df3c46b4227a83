"""Headers of ELF files: real ones beside pyelftools, cut ones, huge ones, and bytes that make no sense."""

from __future__ import annotations

import os
import time
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envdoctor.facts import elf, fatbin
from envdoctor.facts.loader import cached_beginning
from tests.machine.building import RUNPATH, library, needing, needs_compiler

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUIET = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a small real library with a SONAME, a need, a RUNPATH and symbol versions."""
    folder = tmp_path_factory.mktemp("elf")
    needed = library(folder / "libneeded.so.3")
    source = "#include <stdio.h>\nint say(const char *w) { return puts(w); }\n"
    flags = ("-Wl,--no-as-needed", str(needed), *RUNPATH, "-Wl,-rpath,$ORIGIN:/opt/elsewhere")
    return library(folder / "libsays.so.1", source, *flags)


@needs_compiler
def test_a_library_says_its_name_its_needs_and_where_it_looks(real: Path) -> None:
    found = elf.read(str(real), wants=True)
    assert (found.soname, found.runpath, found.rpath) == ("libsays.so.1", ("$ORIGIN", "/opt/elsewhere"), ())
    assert found.needed[0] == "libneeded.so.3"
    assert any(want.startswith("GLIBC_") for want in found.wants)


def system_libraries() -> Iterator[str]:
    """Give some libraries of this machine, each real file once."""
    paths = {os.path.realpath(path) for path in cached_beginning("lib")}
    yield from sorted(path for path in paths if os.path.isfile(path))[:40]


def by_pyelftools(path: str) -> tuple[str, tuple[str, ...], tuple[str, ...], frozenset[str]]:
    from elftools.elf.elffile import ELFFile

    with open(path, "rb") as file:
        parsed: Any = ELFFile(file)
        tags = list(parsed.get_section_by_name(".dynamic").iter_tags())
        versions = parsed.get_section_by_name(".gnu.version_r")
        wants = [aux.name for _, several in versions.iter_versions() for aux in several] if versions else []
    soname = next((tag.soname for tag in tags if tag.entry.d_tag == "DT_SONAME"), "")
    needed = tuple(tag.needed for tag in tags if tag.entry.d_tag == "DT_NEEDED")
    runpath = tuple(part for tag in tags if tag.entry.d_tag == "DT_RUNPATH" for part in tag.runpath.split(":"))
    return soname, needed, runpath, frozenset(wants)


def test_pyelftools_reads_the_same_of_the_libraries_of_this_machine() -> None:
    compared = 0
    for path in system_libraries():
        try:
            ours = elf.read(path, wants=True)
        except elf.Unreadable as error:
            assert "64-bit" in str(error)
            continue
        assert (ours.soname, ours.needed, ours.runpath, ours.wants) == by_pyelftools(path)
        compared += 1
    if not compared:
        pytest.skip("the loader of this machine keeps no list of libraries")


@needs_compiler
def test_a_library_cut_anywhere_is_read_or_refused(real: Path, tmp_path: Path) -> None:
    whole = real.read_bytes()
    cut = tmp_path / "libcut.so"
    refused = 0
    for length in range(0, len(whole), 97):
        cut.write_bytes(whole[:length])
        try:
            elf.read(str(cut), wants=True)
            elf.section(str(cut), ".text")
        except elf.Unreadable:
            refused += 1
    assert refused > 50


@needs_compiler
def test_a_hundred_gigabytes_that_are_not_there_cost_nothing(real: Path, tmp_path: Path) -> None:
    huge, empty = tmp_path / "libhuge.so", tmp_path / "libempty.so"
    huge.write_bytes(real.read_bytes())
    for path in (huge, empty):
        with path.open("ab") as file:
            file.truncate(100 * 2**30)
    begun = time.monotonic()
    tracemalloc.start()
    assert elf.read(str(huge)).soname == "libsays.so.1"
    assert fatbin.read(str(huge)) is None
    with pytest.raises(elf.Unreadable, match="not an ELF file"):
        elf.read(str(empty))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000
    assert time.monotonic() - begun < 5


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "nothing"):
        with pytest.raises(elf.Unreadable):
            elf.read(str(path))
    with pytest.raises(elf.Unreadable):
        elf.read("a\0b")


@needs_compiler
@given(data=st.data())
@QUIET
def test_no_change_of_bytes_ends_in_a_traceback(real: Path, data: st.DataObject) -> None:
    whole = bytearray(real.read_bytes())
    changes = st.tuples(st.integers(0, min(len(whole), 4_096) - 8), st.binary(min_size=1, max_size=8))
    for at, block in data.draw(st.lists(changes, min_size=1, max_size=8)):
        whole[at : at + len(block)] = block
    path = real.with_name("libchanged.so")
    path.write_bytes(whole)
    begun = time.monotonic()
    for read in (lambda: elf.read(str(path), wants=True), lambda: fatbin.read(str(path), patience=1)):
        try:
            read()
        except elf.Unreadable as error:
            assert str(error)
    assert time.monotonic() - begun < 5


@given(content=st.binary(max_size=400))
@QUIET
def test_no_bytes_end_in_a_traceback(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "lib.so"
    for start in (b"", b"\x7fELF", b"\x7fELF\x02\x01\x01" + b"\0" * 9):
        path.write_bytes(start + content)
        try:
            elf.read(str(path), wants=True)
        except elf.Unreadable as error:
            assert str(error)


@needs_compiler
def test_a_library_that_needs_nothing_is_read(tmp_path: Path) -> None:
    bare = library(tmp_path / "libbare.so", "int one(void) { return 1; }\n", "-nostdlib")
    assert elf.read(str(needing(tmp_path / "libuser.so", bare))).needed[0] == "libbare.so"
    assert elf.read(str(bare)).needed == ()
