"""Read the host facts that need no GPU: os, architecture, glibc, container, and the variables that someone asks for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envdoctor.model import Fact

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

ALLOWED = frozenset(
    "CUDA_VISIBLE_DEVICES LD_LIBRARY_PATH LD_PRELOAD OMP_NUM_THREADS PYTHONPATH PYTHONNOUSERSITE CUDA_HOME "
    "KERAS_BACKEND TF_USE_LEGACY_KERAS MPLBACKEND JAX_PLATFORMS".split()
)
_SECRET = ("token", "secret", "password", "passwd", "api_key", "apikey", "credential", "private_key", "access_key")


def of_interpreter(answer: Mapping[str, Any], source: str) -> Iterator[Fact]:
    """Give what a probe said of its Python and its machine."""
    for name, key in (("python", "python"), ("implementation", "implementation"), ("os", "os"), ("arch", "arch")):
        if answer.get(key):
            yield Fact(name, str(answer[key]), source)
    if answer.get("kernel"):
        yield Fact("os.kernel", str(answer["kernel"]), "uname")
    if answer.get("glibc"):
        yield Fact("glibc", str(answer["glibc"]), "confstr")
    inside = container()
    if inside:
        yield Fact("container", inside[0], inside[1])


def container() -> tuple[str, str] | None:
    """Give the kind of container this process runs in and the sign of it, or None."""
    for sign, kind in (("/.dockerenv", "docker"), ("/run/.containerenv", "podman"), ("/.singularity.d", "apptainer")):
        if Path(sign).exists():
            return kind, sign
    if "KUBERNETES_SERVICE_HOST" in os.environ:
        return "kubernetes", "KUBERNETES_SERVICE_HOST"
    return None


def variables(asked: Collection[str]) -> Iterator[Fact]:
    """Give the variables of this process that are on the allow-list or asked for by name; never one like a secret."""
    for name in sorted(ALLOWED.union(asked)):
        value = os.environ.get(name)
        if value is not None and not any(word in name.lower() for word in _SECRET):
            yield Fact(f"env.{name}", value, "environment")
