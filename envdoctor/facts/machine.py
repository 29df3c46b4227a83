"""Read the machine that a live target runs on: driver, GPUs, CUDA as it is loaded, toolkit, builds of the frameworks.

What is cheap is always read: names of files, headers, /proc. NVML answers in a process of its own that was started
beside the target's Python, and only where there is a sign of it. What has to read every library of a distribution is
read when somebody asks for it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from envdoctor.facts import builds, kernel, libraries, loader, toolkit
from envdoctor.facts.paths import shown
from envdoctor.model import Fact, State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from envdoctor.facts import gpu
    from envdoctor.facts.builds import Build
    from envdoctor.model import Distribution

ROOT = Path("/")
_SILENT = "`--static` starts no process, so NVML was not asked"
_NO_LIBRARY = "libnvidia-ml.so.1 not found"


class Target(NamedTuple):
    """What is installed in a target, its folders by the way they are shown, and what its Python said."""

    by_name: Mapping[str, Distribution]
    place: Mapping[str, str]
    answer: Mapping[str, Any]

    @property
    def prefix(self) -> str:
        """Give the folder that the environment lies in."""
        return str(self.answer.get("prefix") or "")


def shows_nvml(variables: Mapping[str, str]) -> bool:
    """Say whether there is a sign of an NVIDIA driver here, so that asking NVML is worth a process."""
    return kernel.shown_devices(ROOT) or loader.finds("libnvidia-ml.so.1", variables)


def frameworks(target: Target) -> list[Build]:
    """Give the builds of the frameworks in a target."""
    return builds.read(target.by_name, target.place, target.prefix)


def facts(target: Target, built: Sequence[Build], asked: Collection[str], said: gpu.Answer | None) -> list[Fact]:
    """Give the facts of the machine; one that could not be seen carries the reason. `said`: None if not asked."""
    if target.answer.get("os") != "linux":
        return [Fact(name, source=_unread(target), state=State.UNSEEN) for name in kernel.FACTS]
    variables = dict(os.environ)
    found = [*kernel.facts(ROOT), *_driver(said, variables), *_stated(built)]
    environment = libraries.Environment(
        program=str(target.answer.get("executable") or f"{target.prefix}/bin/python"),
        sites=tuple(target.place.values()),
        prefix=target.prefix,
        variables=variables,
        by_name=target.by_name,
    )
    found += libraries.facts(environment, built)
    found += toolkit.facts(Path(target.prefix), environment.sites, variables, ROOT)
    return [*found, *_compiled(asked, target, [fact.name for fact in found])]


def _compiled(asked: Collection[str], target: Target, known: Sequence[str]) -> Iterator[Fact]:
    owners = {name: name.removesuffix(".arch_list").rpartition(".")[2] for name in asked if name[:4] != "env."}
    slow = [name for name, owner in owners.items() if owner in target.by_name or "*" in name]
    if slow:  # few ask, and the readers take a while to load
        from envdoctor.facts import compiled

        yield from compiled.facts(slow, target.by_name, target.place, known)


def _unread(target: Target) -> str:
    return f"nothing reads this on {target.answer.get('os') or 'this system'}"


def _driver(said: gpu.Answer | None, variables: Mapping[str, str]) -> Iterator[Fact]:
    """Give driver and GPUs: from NVML, and where it could not be asked from what the system shows."""
    if said is None:
        there = shows_nvml(variables)
        yield from kernel.without_nvml(ROOT, _SILENT if there else _NO_LIBRARY)
        return
    from envdoctor.facts import gpu

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
