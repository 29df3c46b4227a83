"""Compiled modules are linked as the loader would do it: what it misses is found, what it finds is not told."""

from __future__ import annotations

import contextlib
import shutil
import struct
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envdoctor.facts import bindings, elf, symbols
from envdoctor.model import Status
from tests.folders import TAG, wheel
from tests.link.jobs import linked, problems

if TYPE_CHECKING:
    from pathlib import Path

    from envdoctor.model import Finding

pytestmark = pytest.mark.skipif(shutil.which("g++") is None, reason="there is no C++ compiler")
CALLS = 'extern "C" { int made(int); int PyInit_ext() { return made(1); } }\n'
MAKES = 'extern "C" int made(int x) { return x; }\n'
NOTHING = 'extern "C" int PyInit_ext() { return 1; }\n'


def built(path: Path, source: str, *words: str) -> Path:
    """Compile a library from C++."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = path.with_suffix(".cpp")
    text.write_text(source)
    command = ["g++", "-shared", "-fPIC", "-nostdlib", "-Wl,--hash-style=gnu", "-o", str(path), str(text), *words]
    subprocess.run(command, check=True, timeout=60)
    text.unlink()
    return path


@pytest.fixture
def extension(site: Path) -> Path:
    """Give the place of the compiled module of a package that imports it."""
    wheel(site, "ext", {"ext/__init__.py": "from ext import _ext\n", f"ext/_ext.{TAG}.so": "", "ext/libmade.so": ""})
    return site / "ext" / f"_ext.{TAG}.so"


def found(site: Path, program: str = "import ext\n", *given: str) -> list[Finding]:
    return problems(linked(site, program, given=given))


def test_a_library_beside_the_module_is_found_by_its_rpath_and_missed_without(extension: Path, site: Path) -> None:
    library = built(extension.parent / "libmade.so", MAKES, "-Wl,-soname,libmade.so")
    built(extension, CALLS, str(library), "-Wl,-rpath,$ORIGIN")
    assert found(site) == []
    library.unlink()
    assert found(site) == []  # a distribution lists it: it may be opened by its path
    built(elsewhere := site.parent / "libother.so", MAKES, "-Wl,-soname,libother.so")
    built(extension, CALLS, str(elsewhere))
    (lack,) = found(site)
    assert (lack.code, lack.kind, lack.culprit, lack.status) == ("LINK010", "missing-lib", ("ext",), Status.ERROR)
    assert "ImportError: libother.so: cannot open shared object file" in lack.cause
    assert found(site, "", f"env.LD_LIBRARY_PATH={site.parent}") == []


def test_what_catches_the_error_of_the_loader_is_content(extension: Path, site: Path) -> None:
    built(site.parent / "libother.so", MAKES, "-Wl,-soname,libother.so")
    built(extension, CALLS, str(site.parent / "libother.so"))
    assert found(site, "try:\n    import ext\nexcept ImportError:\n    ext = None\n") == []


def test_a_newer_c_library_is_missed_here_and_on_the_machine_that_is_named(extension: Path, site: Path) -> None:
    versions = site.parent / "versions.map"
    versions.write_text("GLIBC_2.2.5 { };\nGLIBC_9.99 { made; } GLIBC_2.2.5;\n")
    stub = built(site.parent / "libm.so.6", MAKES, "-Wl,-soname,libm.so.6", f"-Wl,--version-script={versions}")
    built(extension, CALLS, str(stub))
    (lack,) = found(site)
    assert (lack.code, lack.kind, lack.culprit) == ("LINK011", "glibc", ("ext", "glibc"))
    assert "version `GLIBC_9.99' not found" in lack.cause
    (there,) = found(site, "import ext\n", "glibc=2.31")
    assert there.title == "ext asks for GLIBC_9.99, glibc is 2.31"
    assert there.status is Status.ERROR
    assert found(site, "import ext\n", "glibc=10.0") == []
    recipe = "packages: {ext: '*'}\nmachines: {old: {glibc: '2.28'}, new: {glibc: '10.0'}}\n"
    told = problems(linked(site, "import ext\n", recipe, machines=("all",)))
    assert [one.title for one in told if one.machine == "old"] == ["ext asks for GLIBC_9.99, glibc is 2.28"]
    assert [one for one in told if one.machine == "new"] == []


def test_a_symbol_that_nothing_defines_is_missed(extension: Path, site: Path) -> None:
    built(extension, CALLS)
    (lack,) = found(site)
    assert (lack.code, lack.kind, lack.culprit) == ("LINK012", "abi", ("ext",))
    assert "undefined symbol: made" in lack.cause
    assert [one.cause for one in found(site)] == [lack.cause]  # as it was kept
    built(extension, NOTHING)
    assert found(site) == []


@pytest.mark.parametrize("there", [True, False])
def test_an_extension_for_another_torch_is_found_and_one_for_this_is_not(there: bool, site: Path) -> None:
    words = "namespace c10 { int kept(int); int changed(long); int more(); }\n"
    wheel(site, "torch", {"torch/__init__.py": "", "torch/lib/libc10.so": ""}, "2.5.0")
    wheel(site, "ext", {"ext/__init__.py": "import torch\n", "ext/_C.abi3.so": ""})
    made = "namespace c10 { int kept(int) { return 1; } int changed(%s) { return 2; } int more() { return 3; } }\n"
    library = built(site / "torch" / "lib" / "libc10.so", made % ("long" if there else "int"), "-Wl,-soname,libc10.so")
    other = built(site.parent / "libc10.so", made % "long", "-Wl,-soname,libc10.so")
    uses = f"{words}int use() {{ return c10::kept(1) + c10::changed(2) + c10::more(); }}\n"
    built(site / "ext" / "_C.abi3.so", uses, str(library if there else other))
    seen = problems(linked(site, recipe="packages: {ext: '*'}\n"))
    assert [(one.code, one.culprit) for one in seen] == ([] if there else [("LINK012", ("ext", "torch"))])
    assert there or "_ZN3c107changedEl" in seen[0].cause


def test_what_the_own_library_beside_an_extension_defines_is_there(site: Path) -> None:
    wheel(site, "torch", {"torch/__init__.py": "", "torch/lib/libc10.so": ""}, "2.5.0")
    wheel(site, "ext", {"ext/__init__.py": "import torch\n", "ext/_C.abi3.so": "", "ext/libcommon.so": ""})
    built(site / "torch" / "lib" / "libc10.so", "namespace c10 { int kept() { return 1; } }\n", "-Wl,-soname,libc10.so")
    common = built(
        site / "ext" / "libcommon.so", "namespace c10 { int mine() { return 1; } }\n", "-Wl,-soname,libcommon.so"
    )
    uses = "namespace c10 { int kept(); int mine(); }\nint use() { return c10::kept() + c10::mine(); }\n"
    built(site / "ext" / "_C.abi3.so", uses, str(common), "-Wl,-rpath,$ORIGIN")
    assert problems(linked(site, recipe="packages: {ext: '*'}\n")) == []


def test_a_module_for_another_machine_and_one_that_is_none_are_found(extension: Path, site: Path) -> None:
    built(extension, NOTHING)
    blob = bytearray(extension.read_bytes())
    struct.pack_into("<H", blob, 18, 183)
    extension.write_bytes(blob)
    (other,) = found(site)
    assert (other.code, other.title) == ("LINK013", "ext was built for aarch64, this Python is for another machine")
    extension.write_bytes(b"nothing")
    (broken,) = found(site)
    assert (broken.code, broken.kind) == ("LINK013", "corrupt")
    assert [fix.reinstall for fix in broken.fixes] == [("ext",)]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Give a library with versions, a hash table and something undefined."""
    folder = tmp_path_factory.mktemp("sample")
    (folder / "versions.map").write_text("ONE_1 { made; };\n")
    needs = built(folder / "libneeds.so", MAKES, f"-Wl,--version-script={folder / 'versions.map'}")
    return built(
        folder / "sample.so", CALLS + 'extern "C" int lost(); int use() { return lost(); }', str(needs)
    ).read_bytes()


@given(st.lists(st.tuples(st.integers(0, 4_000), st.integers(0, 255)), max_size=12), st.integers(0, 20_000))
@settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=60)
def test_a_damaged_library_is_read_within_bounds(
    sample: bytes, tmp_path: Path, changes: list[tuple[int, int]], kept: int
) -> None:
    blob = bytearray(sample)
    for place, value in changes:
        blob[place % len(blob)] = value
    path = tmp_path / "damaged.so"
    path.write_bytes(bytes(blob[: kept or None]))
    begun = time.process_time()
    with contextlib.suppress(elf.Unreadable):
        bindings.read(str(path))
    with contextlib.suppress(elf.Unreadable):
        symbols.undefined(str(path))
    with contextlib.suppress(elf.Unreadable):
        provider = symbols.Provider(str(path))
        try:
            assert provider.has("made") in (True, False)
        finally:
            provider.close()
    assert time.process_time() - begun < 5
