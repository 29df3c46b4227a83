"""Read the host facts that need no GPU: os, architecture, glibc, container, and the variables that someone asks for."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envdoctor.facts import beginnings
from envdoctor.facts.inside import Files
from envdoctor.facts.paths import shown
from envdoctor.model import Fact, State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

ALLOWED = frozenset(
    "CUDA_VISIBLE_DEVICES CUDA_DEVICE_ORDER CUDA_HOME CUDA_PATH CUDA_VERSION LD_LIBRARY_PATH LD_PRELOAD "
    "CUDA_DISABLE_PTX_JIT NVIDIA_REQUIRE_CUDA NVIDIA_DISABLE_REQUIRE NVIDIA_VISIBLE_DEVICES OMP_NUM_THREADS "
    "PYTHONPATH PYTHONNOUSERSITE KERAS_BACKEND TF_USE_LEGACY_KERAS MPLBACKEND JAX_PLATFORMS".split()
)
_SECRET = ("token", "secret", "password", "passwd", "api_key", "apikey", "credential", "private_key", "access_key")
_TELLING = r"://[^/\s:@]*:[^/\s@]+@|\b(?:hf_|gh[pousr]_|github_pat_|glpat-|pypi-|sk-|xox[abp]-|AKIA|eyJ)[\w-]{12,}"
_SIGNS = (("/.dockerenv", "docker"), ("/run/.containerenv", "podman"), ("/.singularity.d", "apptainer"))
_GROUPS = (("kubepods", "kubernetes"), ("docker", "docker"), ("libpod", "podman"), ("lxc", "lxc"))


def of_interpreter(answer: Mapping[str, Any], source: str) -> Iterator[Fact]:
    """Give what a probe said of its Python and its machine."""
    for name, key in (("python", "python"), ("implementation", "implementation"), ("os", "os"), ("arch", "arch")):
        if answer.get(key):
            yield Fact(name, str(answer[key]), source)
    if answer.get("kernel"):
        yield Fact("os.kernel", str(answer["kernel"]), "uname")
    if answer.get("glibc"):
        yield Fact("glibc", str(answer["glibc"]), "confstr")


def of_machine(answer: Mapping[str, Any]) -> Iterator[Fact]:
    """Give what is known of this machine beside what a probe said of it."""
    if "glibc" not in answer:
        glibc = _glibc()
        yield Fact("glibc", glibc, "confstr") if glibc else without_glibc(Files())
    yield from release(Files())
    yield container(Path("/"))


def _glibc() -> str:
    """Give the glibc of this machine, on which this Python runs too."""
    try:
        name, _, number = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
    except (AttributeError, OSError, ValueError):
        return ""
    return number if name == "glibc" else ""


def without_glibc(files: Files) -> Fact:
    """Give the reason why no glibc was seen; one with musl has none."""
    musl = next((name for name in files.names("/lib") if name.startswith("ld-musl-")), "")
    return Fact("glibc", source=f"/lib/{musl}, no glibc" if musl else "nothing states it", state=State.UNSEEN)


def release(files: Files) -> Iterator[Fact]:
    """Give the distribution of Linux as /etc/os-release names it."""
    lines = (files.text("/etc/os-release") or files.text("/usr/lib/os-release")).splitlines()
    said = {key: value.strip("\"'") for key, _, value in (line.partition("=") for line in lines)}
    told = f"{said.get('NAME', '')} {said.get('VERSION_ID', '')}".strip()
    if told:
        yield Fact("os.release", told, "/etc/os-release")


def container(root: Path) -> Fact:
    """Give the kind of container this process runs in and the sign of it; unseen if there is no sign."""
    for sign, kind in _SIGNS:
        if (root / sign.lstrip("/")).exists():
            return Fact("container", kind, sign)
    if "KUBERNETES_SERVICE_HOST" in os.environ:
        return Fact("container", "kubernetes", "KUBERNETES_SERVICE_HOST")
    groups = beginnings.text(root / "proc/1/cgroup")
    for word, kind in _GROUPS:
        if word in groups:
            return Fact("container", kind, "/proc/1/cgroup")
    return Fact("container", source="not in a container", state=State.UNSEEN)


def variables(asked: Collection[str]) -> Iterator[Fact]:
    """Give the variables of this process that are on the allow-list or asked for by name.

    Never one like a secret: by its name it is not looked at, by its value it is unseen.
    """
    for name in sorted(ALLOWED.union(asked)):
        value = os.environ.get(name)
        if value is None or any(word in name.lower() for word in _SECRET):
            continue
        if re.search(_TELLING, value):
            yield Fact(f"env.{name}", source="its value looks like a secret", state=State.UNSEEN)
        else:
            yield Fact(f"env.{name}", ":".join(shown(part) for part in value.split(":")), "environment")
