"""Read the machine that a live target runs on: driver, GPUs, CUDA as it is loaded, toolkit, builds of the frameworks.

What is cheap is always read: names of files, headers, /proc. NVML answers in a process of its own that was started
beside the target's Python, and only where there is a sign of it. What has to read every library of a distribution is
read when somebody asks for it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from envdoctor.facts import kernel, loader
from envdoctor.facts.inside import Files
from envdoctor.facts.paths import shown
from envdoctor.model import Fact, State

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from envdoctor.facts import gpu
    from envdoctor.facts.builds import Build
    from envdoctor.model import Distribution

    Ask = Callable[[], gpu.Answer]

ROOT = Path("/")
_SILENT = "`--static` starts no process, so NVML was not asked"
_NO_FRAMEWORK = "no framework with a CUDA runtime found"
DEEP = ("needs.glibc.*", "needs.glibcxx.*", "*.arch_list")  # of every framework, and of what requires one
_STACK = ("torch", "jax", "tensorflow", "onnxruntime", "nvidia-", "cupy", "vllm", "triton")
WSL_LIBCUDA = "/usr/lib/wsl/lib/libcuda.so.1"
_NO_LIBRARY = "libnvidia-ml.so.1 not found"


class Target(NamedTuple):
    """What is installed in a target, its folders by the way they are shown, and what its Python said.

    `has_stack` says whether anything is installed that computes on a GPU.
    Folders and the `prefix` are paths in `files`: those of this computer, or of an image.
    """

    by_name: Mapping[str, Distribution]
    place: Mapping[str, str]
    answer: Mapping[str, Any]
    prefix: str
    files: Files = Files()
    has_stack: bool = True

    def process(self, variables: Mapping[str, str]) -> loader.Process:
        """Give the process that the target's Python would become."""
        program = str(self.answer.get("executable") or f"{self.prefix}/bin/python")
        return loader.Process(program, variables, files=self.files, arch=str(self.answer.get("arch") or ""))


def shows_nvml(variables: Mapping[str, str]) -> bool:
    """Say whether there is a sign of an NVIDIA driver here, so that asking NVML is worth a process."""
    return kernel.shown_devices(ROOT) or loader.finds("libnvidia-ml.so.1", variables)


def holds_stack(names: Iterable[str]) -> bool:
    """Say whether anything is installed that computes on a GPU; most environments have nothing of the kind."""
    return any(name.startswith(_STACK) for name in names)


def frameworks(target: Target) -> list[Build]:
    """Give the builds of the frameworks in a target."""
    if not target.has_stack:
        return []
    from envdoctor.facts import builds

    return builds.read(target.by_name, target.place, target.prefix, target.files)


def facts(target: Target, built: Sequence[Build], asked: Collection[str], ask: Ask | None) -> list[Fact]:
    """Give the facts of the machine; one that could not be seen carries the reason. `ask` waits for NVML if it runs."""
    if target.answer.get("os") != "linux":
        why = f"nothing reads this on {target.answer.get('os') or 'this system'}"
        return [_unseen(name, why) for name in kernel.FACTS]
    variables = dict(os.environ)
    process = target.process(variables)
    found = [*kernel.facts(ROOT), *libcuda(process), *brought(target, built, asked, process, variables)]
    return with_libcuda_of_wsl([*found, *_driver(ask, variables)])


def brought(
    target: Target,
    built: Sequence[Build],
    asked: Collection[str],
    process: loader.Process,
    variables: Mapping[str, str],
) -> Iterator[Fact]:
    """Give what an environment and the system around it bring, whatever driver and GPUs there are."""
    found = [libstdcxx(process), *_stated(built), *_loaded(target, built, process), *_toolkit(target, variables)]
    yield from found
    yield from _compiled(asked, target, [fact.name for fact in found])


def with_libcuda_of_wsl(found: list[Fact]) -> list[Fact]:
    """Give the libcuda of WSL the number of the driver: it is a part of it, and its file states none."""
    driver = next((fact for fact in found if fact.name == "driver" and fact.state is State.KNOWN), None)
    if driver is None or not any(fact.name == "os.wsl" for fact in found):
        return found
    return [
        Fact(fact.name, driver.value, WSL_LIBCUDA)
        if fact.name == "nvidia.libcuda" and WSL_LIBCUDA in fact.source
        else fact
        for fact in found
    ]


def libstdcxx(process: loader.Process) -> Fact:
    """Give the libstdc++ that the loader takes for any program."""
    found = process.open("libstdc++.so.6")
    if found is None:
        return _unseen("libstdcxx", "no libstdc++.so.6 found")
    number = os.path.basename(process.files.real(found.path)).removeprefix("libstdc++.so.6.0.")
    if number.isdigit():
        return Fact("libstdcxx", f"3.4.{number}", shown(found.path))  # libstdc++.so.6.0.N gives GLIBCXX_3.4.N
    return _unseen("libstdcxx", f"the name of {shown(found.path)} states no version")


def libcuda(process: loader.Process) -> Iterator[Fact]:
    """Give the driver's library that the loader takes."""
    driver = process.open("libcuda.so.1")
    if driver is None:
        if kernel.shown_devices(ROOT):
            yield _unseen("nvidia.libcuda", "libcuda.so.1 not found")
        return
    real = os.path.realpath(driver.path)
    number = os.path.basename(real).removeprefix("libcuda.so.")
    if "/stubs/" in real:
        yield Fact("nvidia.libcuda", "stub", shown(driver.path))
    elif number.count(".") and number[0] != "1":
        yield Fact("nvidia.libcuda", number, shown(driver.path))
    else:
        yield _unseen("nvidia.libcuda", f"the name of {shown(driver.path)} states no version")


def _loaded(target: Target, built: Sequence[Build], process: loader.Process) -> Iterator[Fact]:
    if not target.has_stack:
        yield from (_unseen(name, _NO_FRAMEWORK) for name in ("cuda.runtime", "cudnn", "nccl"))
        return
    from envdoctor.facts import libraries

    environment = libraries.Environment(tuple(target.place.values()), target.prefix, target.by_name)
    yield from libraries.facts(environment, built, process)


def _toolkit(target: Target, variables: Mapping[str, str]) -> Iterator[Fact]:
    places = [f"{folder}/nvcc" for folder in variables.get("PATH", "").split(os.pathsep)]
    signs = [*places, "/usr/local/cuda", f"{target.prefix}/bin/nvcc"]
    named = "CUDA_HOME" in variables or "CUDA_PATH" in variables
    if not named and not target.has_stack and not any(os.path.exists(target.files.place(sign)) for sign in signs):
        yield _unseen("cuda.toolkit", "nvcc not on PATH, no CUDA_HOME")
        return
    from envdoctor.facts import toolkit

    yield from toolkit.facts(target.prefix, tuple(target.place.values()), variables, target.files)


def _compiled(asked: Collection[str], target: Target, known: Sequence[str]) -> Iterator[Fact]:
    owners = {name: name.removesuffix(".arch_list").rpartition(".")[2] for name in asked if name[:4] != "env."}
    slow = [name for name, owner in owners.items() if owner in target.by_name or "*" in name]
    if slow:  # few ask, and the readers take a while to load
        from envdoctor.facts import compiled

        yield from compiled.facts(slow, target.by_name, target.place, known, target.files)


def _driver(ask: Ask | None, variables: Mapping[str, str]) -> Iterator[Fact]:
    """Give driver and GPUs: from NVML, and where it could not be asked from what the system shows."""
    if ask is None:
        there = shows_nvml(variables)
        yield from kernel.without_nvml(ROOT, _SILENT if there else _NO_LIBRARY)
        return
    from envdoctor.facts import gpu

    said = ask()
    stands = gpu.counts(said)
    yield from gpu.facts(said, variables) if stands else kernel.without_nvml(ROOT, said.reason)


def _stated(built: Sequence[Build]) -> Iterator[Fact]:
    """Give what frameworks state of their build: the cuDNN they were compiled with, and for which GPUs."""
    with_cudnn = next((build for build in built if build.cudnn or _pinned(build)), None)
    if with_cudnn is not None:
        dist = with_cudnn.distribution
        source = with_cudnn.file if with_cudnn.cudnn else f"requirements of {dist.name}"
        yield Fact("cudnn.built", with_cudnn.cudnn or _pinned(with_cudnn), source)
    for build in built:
        if build.targets:
            source = f"{build.distribution.location}/{build.file}"
            yield Fact(f"{build.distribution.name}.arch_list", " ".join(build.targets), shown(source))


def _pinned(build: Build) -> str:
    """Give the cuDNN that a wheel pins exactly: the one that it was compiled with."""
    for requirement in build.distribution.requires:
        if requirement.name.startswith("nvidia-cudnn") and requirement.specifier.startswith("=="):
            return requirement.specifier.removeprefix("==").strip()
    return ""


def _unseen(name: str, reason: str) -> Fact:
    return Fact(name, source=reason, state=State.UNSEEN)
