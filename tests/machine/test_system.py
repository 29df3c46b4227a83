"""What the system shows of NVIDIA's devices, and the toolkits on it: the files of real machines, below a folder."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from envdoctor.facts import compiled, host, kernel, toolkit
from envdoctor.facts.inside import Files, Root
from envdoctor.facts.machine import DEEP, WSL_LIBCUDA, with_libcuda_of_wsl
from envdoctor.model import Distribution, Fact, Requirement, State
from tests.machine.building import library, needs_compiler
from tests.machine.fatbins import CUBIN, EXACT, PTX, container, holder, member

if TYPE_CHECKING:
    from pathlib import Path

CLOSED = (
    "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024\nGCC version:  gcc 12\n"
)
OPEN = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.133.20  Release Build  (root@host)\n"
WSL = "Linux version 5.15.167.4-microsoft-standard-WSL2 (root@host) (gcc (GCC) 11.2.0) #1 SMP\n"
TEGRA = "# R36 (release), REVISION: 4.0, GCID: 37537400, BOARD: generic, EABI: aarch64, DATE: Fri Sep 13 2024\n"


def machine(root: Path, **files: str) -> Path:
    """Write files below a root; `__` in a name stands for a folder, and a name that ends with it is a folder."""
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def told(root: Path) -> dict[str, str]:
    return {fact.name: fact.value or fact.source for fact in kernel.facts(root)}


def device(root: Path, slot: str, number: str, kind: str) -> None:
    folder = root / "sys/bus/pci/devices" / slot
    folder.mkdir(parents=True)
    for name, text in (("vendor", "0x10de\n"), ("device", f"0x{number}\n"), ("class", f"0x{kind}\n")):
        (folder / name).write_text(text)


@pytest.mark.parametrize(
    ("text", "number", "flavour"), [(CLOSED, "550.54.15", "proprietary"), (OPEN, "570.133.20", "open")]
)
def test_the_loaded_module_says_its_version_and_its_flavour(
    text: str, number: str, flavour: str, tmp_path: Path
) -> None:
    found = told(machine(tmp_path, proc__driver__nvidia__version=text))
    assert (found["nvidia.kernel"], found["nvidia.kernel.flavour"]) == (number, flavour)


def test_a_card_whose_driver_is_missing_is_on_the_bus_with_its_name(tmp_path: Path) -> None:
    device(tmp_path, "0000:01:00.0", "2b85", "030000")
    device(tmp_path, "0000:01:00.1", "22e8", "040300")
    ids = "10dd  Other\n\t2b85  wrong\n10de  NVIDIA Corporation\n\t2b85  GB202 [GeForce RTX 5090]\n10df  Next\n"
    machine(tmp_path, usr__share__misc__pci="").joinpath("usr/share/misc/pci.ids").write_text(ids)
    assert told(tmp_path)["gpu.pci"] == "10de:2b85 GB202 [GeForce RTX 5090]"
    unasked = {fact.name: fact for fact in kernel.without_nvml(tmp_path, "libnvidia-ml.so.1 not found")}
    assert unasked["driver"].source == "libnvidia-ml.so.1 not found; /proc/driver/nvidia absent"
    assert unasked["gpu.count"].value == "0"


def test_switches_without_their_manager_and_with_it_are_told_apart(tmp_path: Path) -> None:
    for number in range(4):
        device(tmp_path, f"0000:0{number}:00.0", "22a3", "068000")
    machine(tmp_path, proc__driver__nvidia__version=CLOSED)
    assert told(tmp_path)["gpu.nvswitch"] == "4"
    assert told(tmp_path)["nvidia.fabricmanager"] == "nv-fabricmanager not installed"
    status = "Package: a\nVersion: 1\n\nPackage: nvidia-fabricmanager-550\nStatus: installed\nVersion: 550.54.15-1\n\n"
    machine(
        tmp_path, **{"usr/bin/nv-fabricmanager": "", "var/lib/dpkg/status": status, "proc/77/comm": "nv-fabricmanage\n"}
    )
    found = told(tmp_path)
    assert (found["nvidia.fabricmanager"], found["nvidia.fabricmanager.state"]) == ("550.54.15", "running")


def test_a_container_without_the_device_still_sees_the_module_of_its_host(tmp_path: Path) -> None:
    gpus = {"proc/driver/nvidia/gpus/0000:01:00.0/information": "Model: \t\t NVIDIA H100\nDevice Minor: \t 0\n"}
    machine(tmp_path, proc__driver__nvidia__version=CLOSED, **gpus)
    found = {fact.name: fact for fact in kernel.without_nvml(tmp_path, "libnvidia-ml.so.1 not found")}
    assert (found["gpu.count"].value, found["gpu.count"].source) == ("0", "/dev")
    assert found["gpu.compute"].source == "no NVIDIA device"
    assert found["driver"].value == "550.54.15"


def test_where_nvml_fails_the_driver_and_the_names_are_read_from_proc(tmp_path: Path) -> None:
    for number in (0, 1):
        file = f"proc/driver/nvidia/gpus/0000:0{number}:00.0/information"
        machine(tmp_path, **{file: f"Model: \t\t NVIDIA H100\nDevice Minor: \t {number}\n"})
    machine(tmp_path, proc__driver__nvidia__version=CLOSED, dev__nvidia0="", dev__nvidiactl="")
    found = {fact.name: fact for fact in kernel.without_nvml(tmp_path, "NVML does not answer within 10 s")}
    assert (found["gpu.count"].value, found["gpu.name"].value) == ("1", "NVIDIA H100")  # one of two has a device here
    assert found["gpu.memory"].source == "NVML does not answer within 10 s"


def test_wsl_and_jetson_are_recognised(tmp_path: Path) -> None:
    assert told(machine(tmp_path / "wsl", proc__version=WSL)) == {"os.wsl": "2"}
    assert told(machine(tmp_path / "jetson", etc__nv_tegra_release=TEGRA)) == {"os.jetson": "36.4.0"}
    assert kernel.shown_devices(machine(tmp_path / "wsl", dev__dxg=""))
    assert not kernel.shown_devices(tmp_path / "jetson")


def test_the_libcuda_of_wsl_has_the_number_of_its_driver() -> None:
    unread = Fact("nvidia.libcuda", source=f"the name of {WSL_LIBCUDA} states no version", state=State.UNSEEN)
    driver, wsl = Fact("driver", "576.88", "NVML"), Fact("os.wsl", "2", "/proc/version")
    assert with_libcuda_of_wsl([unread, driver, wsl])[0] == Fact("nvidia.libcuda", "576.88", WSL_LIBCUDA)
    assert with_libcuda_of_wsl([unread, driver])[0] == unread


def test_a_container_is_known_by_its_signs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    assert host.container(tmp_path).state is State.UNSEEN
    groups = machine(tmp_path / "pod", proc__1__cgroup="0::/kubepods/besteffort/pod1\n")
    assert host.container(groups).value == "kubernetes"


def test_a_value_that_looks_like_a_secret_is_not_told_and_a_home_is_a_tilde(monkeypatch: pytest.MonkeyPatch) -> None:
    home = os.path.expanduser("~")
    monkeypatch.setenv("ONE_INDEX", "https://user:pass@index.example/simple")
    monkeypatch.setenv("ONE_LOGIN", "hf_abcdefghijklmnopqrstuvwxyz")
    monkeypatch.setenv("LD_LIBRARY_PATH", f"{home}/lib:/opt/lib")
    found = {fact.name: fact for fact in host.variables(["ONE_INDEX", "ONE_LOGIN"])}
    assert {found[name].state for name in ("env.ONE_INDEX", "env.ONE_LOGIN")} == {State.UNSEEN}
    assert found["env.LD_LIBRARY_PATH"].value == "~/lib:/opt/lib"


def toolkits(root: Path, **variables: str) -> dict[str, Fact]:
    return {fact.name: fact for fact in toolkit.facts("/env", [], {"PATH": "", **variables}, Files(Root(str(root))))}


def put(folder: Path, file: str, text: str) -> Path:
    """Lay out a toolkit that states its version in a file."""
    for name, content in (("bin/nvcc", ""), (file, text)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


def test_the_toolkit_of_cuda_home_comes_first_and_the_others_are_candidates(tmp_path: Path) -> None:
    put(tmp_path / "usr/local/cuda-11.8", "version.json", '{"cuda_nvcc": {"version": "11.8.89"}}')
    put(tmp_path / "usr/local/cuda-12.6", "version.json", '{"cuda_nvcc": {"version": "12.6.85"}}')
    (tmp_path / "usr/local/cuda").symlink_to("cuda-12.6")
    assert toolkits(tmp_path)["cuda.toolkit"].value == "12.6.85"
    found = toolkits(tmp_path, CUDA_HOME="/usr/local/cuda-11.8")
    assert found["cuda.toolkit"].value == "11.8.89"
    assert found["cuda.toolkit"].source.endswith("cuda-11.8/bin/nvcc")
    assert found["cuda.toolkit.candidates"].value == "11.8.89 12.6.85"


@pytest.mark.parametrize(
    ("file", "text", "version"),
    [
        ("version.txt", "CUDA Version 10.2.89\n", "10.2.89"),
        ("conda-meta/cuda-nvcc-12.4.131-0.json", "", "12.4.131"),
        ("include/cuda.h", "#define CUDA_VERSION 13000\n", "13.0"),
    ],
)
def test_a_toolkit_states_its_version_in_one_of_several_files(
    file: str, text: str, version: str, tmp_path: Path
) -> None:
    put(tmp_path / "usr/local/cuda", file, text)
    assert toolkits(tmp_path)["cuda.toolkit"].value == version


@pytest.mark.parametrize("text", ["", "[]", "{", '{"cuda_nvcc": []}', '{"cuda_nvcc": {"version": 3}}', "[" * 100_000])
def test_a_toolkit_that_states_no_version_is_unseen_with_its_place(text: str, tmp_path: Path) -> None:
    put(tmp_path / "usr/local/cuda", "version.json", text)
    assert "states its version" in toolkits(tmp_path)["cuda.toolkit"].source


def test_a_script_that_starts_an_nvcc_stands_for_it(tmp_path: Path) -> None:
    put(tmp_path / "opt/cuda", "version.txt", "CUDA Version 12.1.66\n")
    wrapper = put(tmp_path / "tools", "note", "")
    (wrapper / "bin/nvcc").write_text('#!/bin/sh\nexec /opt/cuda/bin/nvcc "$@"\n')
    assert toolkits(tmp_path, CUDA_HOME="/tools")["cuda.toolkit"].value == "12.1.66"


def test_no_toolkit_is_unseen_in_the_same_words_everywhere(tmp_path: Path) -> None:
    assert toolkits(tmp_path)["cuda.toolkit"].source == "nvcc not on PATH, no CUDA_HOME"


@needs_compiler
def test_what_compiled_files_need_and_hold_is_read_where_it_is_asked_for(tmp_path: Path) -> None:
    site = tmp_path / "site"
    source = "#include <stdio.h>\nint say(const char *w) { return puts(w); }\n"
    library(site / "pack/_C.abi3.so", source)
    holder(
        site / "pack/lib/libkernels.so.1",
        container(*[member(CUBIN, 80)] * 4, *[member(PTX, 90)] * 3, member(CUBIN, 90, EXACT)),
    )
    holder(site / "pack/lib/libsmall.so.1", container(member(CUBIN, 50)))
    folder = site / "pack-1.0.dist-info"
    folder.mkdir()
    listed = [
        "pack/__init__.py,,",
        "pack/_C.abi3.so,sha256=x,1",
        "pack/lib/libkernels.so.1,,",
        "pack/lib/libsmall.so.1,,",
        "../../../bin/x.so,,",
        "/etc/y.so,,",
    ]
    (folder / "RECORD").write_text("\n".join(listed))
    dist = Distribution("pack", "1.0", str(site), folder=str(folder))
    asked = ["needs.glibc.pack", "needs.glibcxx.pack", "pack.arch_list", "needs.glibc.other", "env.X", "driver"]
    found = {fact.name: fact for fact in compiled.facts(asked, {"pack": dist}, {str(site): str(site)})}
    assert found.keys() == {"needs.glibc.pack", "needs.glibcxx.pack", "pack.arch_list"}
    assert found["needs.glibc.pack"].value.startswith("2.")
    assert list(compiled.facts(DEEP, {"pack": dist}, {str(site): str(site)})) == []
    wanting = dist._replace(requires=(Requirement("torch"),))
    deep = compiled.facts(DEEP, {"pack": wanting}, {str(site): str(site)})
    assert [fact.name for fact in deep] == ["needs.glibc.pack", "pack.arch_list"]
    assert found["needs.glibcxx.pack"].source == "no compiled file of pack asks for one"
    assert (found["pack.arch_list"].value, found["pack.arch_list"].source) == (
        "sm_80 compute_90",
        "ELF of libkernels.so.1",
    )
