"""Which file is taken for a library: small real libraries, and the real loader of this machine as the judge."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from envdoctor.facts.loader import Process, cached, cached_beginning
from tests.machine.building import RPATH, RUNPATH, library, needing, needs_compiler

pytestmark = [needs_compiler, pytest.mark.skipif(sys.platform != "linux", reason="the loader of glibc is Linux's")]

NAME = "libwanted-for-a-test.so.1"
LOADS = """
import ctypes, os, sys
ctypes.CDLL(sys.argv[1])
print(next(line.split()[-1] for line in open("/proc/self/maps") if line.rstrip().endswith(sys.argv[2])))
"""


def really_loaded(asker: Path, variables: dict[str, str]) -> str:
    """Give the path that the loader of this machine takes."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", LOADS, str(asker), NAME],
        env={**os.environ, "LD_LIBRARY_PATH": "", **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.strip()


def predicted(asker: Path, variables: dict[str, str]) -> str:
    process = Process(sys.executable, variables)
    assert process.open(str(asker)) is not None
    return os.path.realpath(process.loaded[NAME].path)


@pytest.fixture
def places(tmp_path: Path) -> Path:
    """Give a folder with the same library in three places."""
    for name in ("own", "variable", "other"):
        library(tmp_path / name / NAME)
    return tmp_path


@pytest.mark.parametrize(
    ("tags", "winner"), [(RPATH, "own"), (RUNPATH, "variable")], ids=["an-rpath-beats-it", "it-beats-a-runpath"]
)
def test_the_variable_against_the_path_in_the_library(tags: tuple[str, ...], winner: str, places: Path) -> None:
    asker = needing(places / "asks" / "libasks.so", places / "own" / NAME, *tags, "-Wl,-rpath,$ORIGIN/../own")
    variables = {"LD_LIBRARY_PATH": str(places / "variable")}
    assert predicted(asker, variables) == really_loaded(asker, variables) == str(places / winner / NAME)
    assert predicted(asker, {}) == really_loaded(asker, {}) == str(places / "own" / NAME)


def test_an_rpath_reaches_what_its_library_loads_and_a_runpath_does_not(places: Path) -> None:
    between = needing(places / "between" / "libbetween.so", places / "own" / NAME)
    into = ("-Wl,-rpath,$ORIGIN/../own:$ORIGIN/../between", f"-Wl,-rpath-link,{places / 'own'}")
    inherited = needing(places / "asks" / "librpath.so", between, *RPATH, *into)
    alone = needing(places / "asks" / "librunpath.so", between, *RUNPATH, *into)
    assert predicted(inherited, {}) == really_loaded(inherited, {}) == str(places / "own" / NAME)
    process = Process(sys.executable, {})
    process.open(str(alone))
    assert process.lacking == {NAME: str(places / "asks" / ".." / "between" / "libbetween.so")}
    with pytest.raises(subprocess.CalledProcessError):
        really_loaded(alone, {})


def test_a_runpath_ends_the_search_of_the_rpaths_above_it(places: Path) -> None:
    flags = (*RUNPATH, "-Wl,-rpath,$ORIGIN/nowhere")
    between = needing(places / "between" / "libbetween.so", places / "own" / NAME, *flags)
    into = ("-Wl,-rpath,$ORIGIN/../other:$ORIGIN/../between", f"-Wl,-rpath-link,{places / 'own'}")
    asker = needing(places / "asks" / "libasks.so", between, *RPATH, *into)
    variables = {"LD_LIBRARY_PATH": str(places / "variable")}
    assert predicted(asker, variables) == really_loaded(asker, variables) == str(places / "variable" / NAME)


def test_what_is_loaded_first_is_taken_by_its_name_ever_after(places: Path) -> None:
    asker = needing(places / "asks" / "libasks.so", places / "own" / NAME, *RPATH, "-Wl,-rpath,$ORIGIN/../own")
    variables = {"LD_PRELOAD": str(places / "other" / NAME)}
    assert predicted(asker, variables) == really_loaded(asker, variables) == str(places / "other" / NAME)


def test_a_file_that_is_no_library_of_this_machine_is_passed_over(places: Path) -> None:
    (places / "variable" / NAME).write_bytes(b"\x7fELF\x01\x01\x01" + b"\0" * 100)
    asker = needing(places / "asks" / "libasks.so", places / "own" / NAME, *RUNPATH, "-Wl,-rpath,$ORIGIN/../own")
    variables = {"LD_LIBRARY_PATH": str(places / "variable")}
    assert predicted(asker, variables) == really_loaded(asker, variables) == str(places / "own" / NAME)


def test_libraries_that_need_each_other_end(tmp_path: Path) -> None:
    one = library(tmp_path / "libone.so")
    two = needing(tmp_path / "libtwo.so", one)
    needing(one, two)
    assert Process(sys.executable, {"LD_LIBRARY_PATH": str(tmp_path)}).open(str(one)) is not None


def test_the_cache_of_this_machine_names_its_c_library() -> None:
    if not Path("/etc/ld.so.cache").exists():
        pytest.skip("this machine keeps no loader cache")
    listed = subprocess.run(["ldconfig", "-p"], capture_output=True, text=True, timeout=60, check=False).stdout
    for path in cached("libc.so.6"):
        assert f"=> {path}\n" in listed or not listed


@pytest.mark.parametrize("content", [b"", b"glibc-ld.so.cache1.1", b"glibc-ld.so.cache1.1" + b"\xff" * 200])
def test_a_cache_that_makes_no_sense_is_empty(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "cache").write_bytes(content)
    assert cached("libc.so.6", str(tmp_path / "cache")) == []
    assert not any(path.startswith("/") for path in cached_beginning("", str(tmp_path / "cache")))
