"""Which copy of CUDA's libraries a framework gets: small real libraries, laid out as the wheels lay theirs out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from envdoctor.facts import builds, libraries, machine
from envdoctor.facts.libraries import Environment
from envdoctor.facts.loader import Process
from envdoctor.model import Distribution, State
from tests.machine.building import RPATH, RUNPATH, library, needing, needs_compiler

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from envdoctor.model import Fact

pytestmark = [needs_compiler, pytest.mark.skipif(sys.platform != "linux", reason="the loader of glibc is Linux's")]

WHEELS = {"nvidia-nccl-cu12": "2.21.5", "nvidia-nvjitlink-cu12": "12.4.127", "nvidia-cuda-runtime-cu12": "12.4.127"}
FOLDERS = "$ORIGIN/../../nvidia/nccl/lib:$ORIGIN/../../nvidia/cusparse/lib:$ORIGIN/../../nvidia/cuda_runtime/lib"


def torch(site: Path, tags: tuple[str, ...] = RPATH) -> None:
    """Lay out a torch with CUDA and its wheels: torch has an RPATH, cusparse a RUNPATH, as measured in its wheels."""
    nccl = library(site / "nvidia/nccl/lib/libnccl.so.2")
    runtime = library(site / "nvidia/cuda_runtime/lib/libcudart.so.12")
    link = library(site / "nvidia/nvjitlink/lib/libnvJitLink.so.12")
    sparse = site / "nvidia/cusparse/lib/libcusparse.so.12"
    needing(sparse, link, *RUNPATH, "-Wl,-rpath,$ORIGIN/../../nvjitlink/lib")
    cuda = site / "torch/lib/libtorch_cuda.so"
    needing(cuda, nccl, str(runtime), str(sparse), *tags, f"-Wl,-rpath,{FOLDERS}", f"-Wl,-rpath-link,{link.parent}")
    library(site / "torch/lib/libtorch_global_deps.so")
    (site / "torch/version.py").write_text("__version__ = '2.6.0+cu124'\ncuda: Optional[str] = '12.4'\nhip = None\n")


def seen(site: Path, wheels: Mapping[str, str], **variables: str) -> dict[str, Fact]:
    dists = {
        name: Distribution(name, version, str(site), folder=f"{site}/{name}-{version}.dist-info")
        for name, version in {"torch": "2.6.0", **wheels}.items()
    }
    environment = Environment((str(site),), str(site.parent), dists)
    built = builds.read(dists, {str(site): str(site)}, str(site.parent))
    process = Process(sys.executable, variables)
    found = [machine.libstdcxx(process), *machine.libcuda(process), *libraries.facts(environment, built, process)]
    return {fact.name: fact for fact in found}


def versioned(folder: Path, name: str, version: str) -> Path:
    """Build a library as a system has it: a file with its full version, and a link of its SONAME to it."""
    stem = name.partition(".so")[0]
    library(folder / f"{stem}.so.{version}", soname=name)
    (folder / name).symlink_to(f"{stem}.so.{version}")
    return folder


def test_the_wheels_of_torch_are_what_it_loads(tmp_path: Path) -> None:
    torch(tmp_path / "site")
    found = seen(tmp_path / "site", WHEELS)
    told = {name: found[name].value for name in ("cuda.runtime", "nccl", "nvjitlink")}
    assert told == {"cuda.runtime": "12.4.127", "nccl": "2.21.5", "nvjitlink": "12.4.127"}
    assert found["nccl"].source.endswith("site/nvidia/nccl/lib/libnccl.so.2")
    assert found["cudnn"].source == "no libcudnn found"
    assert not any(name.endswith(".candidates") for name in found)


def test_a_variable_takes_nvjitlink_but_not_nccl_from_an_index_wheel_of_torch(tmp_path: Path) -> None:
    torch(tmp_path / "site")
    other = versioned(tmp_path / "cuda", "libnccl.so.2", "2.18.3")
    versioned(other, "libnvJitLink.so.12", "12.1.105")
    found = seen(tmp_path / "site", WHEELS, LD_LIBRARY_PATH=str(other))
    assert (found["nccl"].value, found["nvjitlink"].value) == ("2.21.5", "12.1.105")
    assert found["nccl.candidates"].value == "2.21.5 2.18.3"
    assert found["nvjitlink.candidates"].value == "12.1.105 12.4.127"
    assert found["nvjitlink.candidates"].source.endswith("cuda; " + str(tmp_path / "site/nvidia/nvjitlink/lib"))


PRELOADS = """
def _preload_cuda_deps(err=None):
    cuda_libs = [
        ("nvjitlink", "libnvJitLink.so.*[0-9]"),
        ("nccl", "libnccl.so.*[0-9]"),
    ]

def _load_global_deps():
    try:
        ctypes.CDLL(path)
        with open("/proc/self/maps") as f:
            _maps = f.read()
        {condition}
        {call}
    except OSError as err:
        _preload_cuda_deps(err)
"""
CALL = '_preload_cuda_deps("nvjitlink", "libnvJitLink.so.*[0-9]")'
ONE = 'if version.cuda not in ["12.4", "12.6"]: return'


@pytest.mark.parametrize(
    ("condition", "call", "jitlink", "nccl"),
    [
        ("", "_preload_cuda_deps()", "12.4.127", "2.21.5"),
        (ONE, CALL, "12.4.127", "2.18.3"),
        (ONE.replace("12.4", "12.1"), CALL, "12.1.105", "2.18.3"),
        ("", "pass", "12.1.105", "2.18.3"),
    ],
    ids=["every-library", "one-for-this-cuda", "one-for-another-cuda", "none"],
)
def test_what_torch_opens_by_its_path_no_variable_takes(
    condition: str, call: str, jitlink: str, nccl: str, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    torch(site, RUNPATH)
    runtime = site / "nvidia/cuda_runtime/lib/libcudart.so.12"
    path = "-Wl,-rpath,$ORIGIN/../../nvidia/cuda_runtime/lib"
    needing(site / "torch/lib/libtorch_global_deps.so", runtime, *RUNPATH, path)
    (site / "torch/__init__.py").write_text(PRELOADS.format(condition=condition, call=call))
    other = versioned(tmp_path / "cuda", "libnccl.so.2", "2.18.3")
    versioned(other, "libnvJitLink.so.12", "12.1.105")
    found = seen(site, WHEELS, LD_LIBRARY_PATH=str(other))
    assert (found["nvjitlink"].value, found["nccl"].value) == (jitlink, nccl)


def test_a_variable_takes_nccl_from_a_torch_with_a_runpath(tmp_path: Path) -> None:
    torch(tmp_path / "site", RUNPATH)
    other = versioned(tmp_path / "cuda", "libnccl.so.2", "2.18.3")
    assert seen(tmp_path / "site", WHEELS, LD_LIBRARY_PATH=str(other))["nccl"].value == "2.18.3"


def test_two_wheels_that_write_one_file_are_told_apart_by_what_they_recorded(tmp_path: Path) -> None:
    site = tmp_path / "site"
    torch(site)
    size = (site / "nvidia/nccl/lib/libnccl.so.2").stat().st_size
    for name, version, length in (("nvidia-nccl-cu12", "2.21.5", size + 1), ("nvidia-nccl-cu13", "2.28.9", size)):
        folder = site / f"{name}-{version}.dist-info"
        folder.mkdir()
        (folder / "RECORD").write_text(f"nvidia/nccl/lib/libnccl.so.2,sha256=x,{length}\n")
    assert seen(site, {**WHEELS, "nvidia-nccl-cu13": "2.28.9"})["nccl"].value == "2.28.9"


def test_libraries_of_two_cuda_majors_are_candidates_of_one_fact(tmp_path: Path) -> None:
    site = tmp_path / "site"
    torch(site)
    library(site / "nvidia/cu13/lib/libcudart.so.13")
    found = seen(site, {**WHEELS, "nvidia-cuda-runtime": "13.0.96"})
    assert found["cuda.runtime"].value == "12.4.127"
    assert found["cuda.runtime.candidates"].value == "12.4.127 13.0.96"


def test_torch_opens_the_wheels_itself_where_its_own_path_does_not_lead_to_them(tmp_path: Path) -> None:
    torch(tmp_path / "one")
    (tmp_path / "two").mkdir()
    (tmp_path / "one/nvidia").rename(tmp_path / "two/nvidia")
    dists = {name: Distribution(name, version, str(tmp_path / "two")) for name, version in WHEELS.items()}
    sites = (str(tmp_path / "one"), str(tmp_path / "two"))
    environment = Environment(sites, str(tmp_path), dists)
    process = Process(sys.executable, {})
    found = {fact.name: fact for fact in libraries.facts(environment, [], process)}
    assert (found["nccl"].value, found["nvjitlink"].value) == ("2.21.5", "12.4.127")


def test_a_build_for_the_cpu_loads_no_runtime_and_says_so(tmp_path: Path) -> None:
    site = tmp_path / "site"
    torch(site)
    (site / "torch/version.py").write_text("__version__ = '2.6.0'\ncuda: Optional[str] = None\n")
    assert seen(site, {})["cuda.runtime"].source == "torch/version.py: cuda = None"


def test_tensorflow_opens_its_libraries_by_name_from_where_it_lies(tmp_path: Path) -> None:
    site = tmp_path / "site"
    path = "-Wl,-rpath,$ORIGIN/../nvidia/cudnn/lib"
    library(site / "tensorflow/libtensorflow_framework.so.2", "int tf(void) { return 1; }\n", *RUNPATH, path)
    library(site / "nvidia/cudnn/lib/libcudnn.so.9")
    info = site / "tensorflow/python/platform/build_info.py"
    info.parent.mkdir(parents=True)
    info.write_text(
        "build_info = dict([('cuda_version', '12.5.1'), ('cudnn_version', '9'), ('is_cuda_build', True)])\n"
    )
    system = versioned(tmp_path / "old", "libcudnn.so.8", "8.9.7")
    wheels = {"tensorflow": "2.18.0", "nvidia-cudnn-cu12": "9.3.0.75"}
    found = seen(site, wheels, LD_LIBRARY_PATH=str(system))
    assert found["cudnn"].value == "9.3.0.75"
    assert found["cudnn.candidates"].value == "9.3.0.75 8.9.7"


def test_a_stub_and_a_compat_libcuda_are_seen_by_where_they_lie(tmp_path: Path) -> None:
    library(tmp_path / "lib/stubs/libcuda.so.1")
    stub = seen(tmp_path, {}, LD_LIBRARY_PATH=str(tmp_path / "lib/stubs"))["nvidia.libcuda"]
    assert stub.value == "stub"
    compat = versioned(tmp_path / "compat", "libcuda.so.1", "580.65.06")
    found = seen(tmp_path, {}, LD_LIBRARY_PATH=str(compat))["nvidia.libcuda"]
    assert (found.value, found.source) == ("580.65.06", str(compat / "libcuda.so.1"))


def test_the_libstdcxx_of_a_variable_is_the_one_that_is_loaded(tmp_path: Path) -> None:
    before = seen(tmp_path, {})["libstdcxx"]
    other = versioned(tmp_path / "old", "libstdc++.so.6", "6.0.28")
    assert seen(tmp_path, {}, LD_LIBRARY_PATH=str(other))["libstdcxx"].value == "3.4.28"
    assert before.state is State.UNSEEN or before.value.startswith("3.4.")
