"""For which GPUs a library holds code: fat binaries as nvcc lays them out, in real libraries."""

from __future__ import annotations

import shutil
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envdoctor.facts import elf, fatbin
from tests.machine.building import library, needs_compiler
from tests.machine.fatbins import CUBIN, EXACT, FAMILY, PTX, container, holder, member

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = needs_compiler

EACH = (
    member(CUBIN, 80),
    member(CUBIN, 90, EXACT),
    member(CUBIN, 100, FAMILY),
    member(PTX, 90),
    member(CUBIN, 120, payload=b"x" * 1_000),
)
KERNEL = (
    '__global__ void add(float *x) { x[threadIdx.x] += 1; }\nextern "C" void run(float *x) { add<<<1, 32>>>(x); }\n'
)


def targets(path: Path) -> dict[str, int]:
    code = fatbin.read(str(path))
    assert code is not None
    assert code.whole
    return code.targets


def test_cubins_and_ptx_are_told_apart_with_their_suffixes(tmp_path: Path) -> None:
    path = holder(tmp_path / "libcode.so", container(*EACH) + container(member(CUBIN, 80)))
    assert targets(path) == {"sm_80": 2, "sm_90a": 1, "sm_100f": 1, "sm_120": 1, "compute_90": 1}
    assert list(targets(path)) == ["sm_80", "sm_90a", "sm_100f", "sm_120", "compute_90"]


def test_padding_between_fat_binaries_and_members_of_other_kinds_are_passed_over(tmp_path: Path) -> None:
    content = b"\0" * 24 + container(member(7, 1), member(CUBIN, 75)) + b"\0" * 70_000 + container(member(PTX, 75))
    assert targets(holder(tmp_path / "libcode.so", content)) == {"sm_75": 1, "compute_75": 1}


def test_a_library_without_device_code_has_none(tmp_path: Path) -> None:
    assert fatbin.read(str(library(tmp_path / "libplain.so"))) is None


@pytest.mark.parametrize("length", [4, 20, 60, 90])
def test_a_fat_binary_that_ends_early_gives_what_is_whole(length: int, tmp_path: Path) -> None:
    found = targets(holder(tmp_path / "libcode.so", container(*EACH)[:length]))
    assert set(found) <= {"sm_80", "sm_90a"}


def test_members_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    path = holder(tmp_path / "libcode.so", container(member(CUBIN, 77_777)))
    with pytest.raises(elf.Unreadable, match="make no sense"):
        fatbin.read(str(path))


def test_too_many_members_for_the_time_are_said_not_to_be_whole(tmp_path: Path) -> None:
    path = holder(tmp_path / "libcode.so", container(*[member(CUBIN, 80)] * 2_000))
    code = fatbin.read(str(path), patience=0.0)
    assert code is not None
    assert not code.whole


@given(content=st.binary(max_size=300), cut=st.integers(0, 400))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_content_of_the_section_ends_in_a_traceback(shell: Path, content: bytes, cut: int) -> None:
    whole = bytearray(shell.read_bytes())
    place = elf.section(str(shell), fatbin.SECTION)
    assert place is not None
    block = (container(*EACH)[:cut] + content)[: place.size]
    whole[place.offset : place.offset + len(block)] = block
    path = shell.with_name("libchanged.so")
    path.write_bytes(whole)
    begun = time.monotonic()
    try:
        fatbin.read(str(path), patience=1)
    except elf.Unreadable as error:
        assert str(error)
    assert time.monotonic() - begun < 5


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a library with room for a fat binary."""
    return holder(tmp_path_factory.mktemp("fatbin") / "libshell.so", b"\0" * 2_000)


@pytest.mark.exhaustive
def test_what_nvcc_makes_here_is_read(tmp_path: Path) -> None:
    if shutil.which("nvcc") is None:
        pytest.skip("there is no nvcc on PATH; the layout is that of the synthetic ones")
    (tmp_path / "add.cu").write_text(KERNEL)
    for_each = ["arch=compute_80,code=sm_80", "arch=compute_90a,code=sm_90a", "arch=compute_90,code=compute_90"]
    flags = [word for one in for_each for word in ("-gencode", one)]
    command = ["nvcc", "-shared", "-Xcompiler", "-fPIC", "-o", "libadd.so", "add.cu", *flags]
    made = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=300, check=False)
    if made.returncode:
        pytest.skip("this nvcc does not make code for these GPUs")
    assert list(targets(tmp_path / "libadd.so")) == ["sm_80", "sm_90a", "compute_90"]
