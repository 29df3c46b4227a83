"""For which computers is a lock made? Each is a Python, an operating system, a processor and what is known of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from envdoctor import cells
from envdoctor.errors import UserError
from envdoctor.facts.together import facts_of
from envdoctor.model import Distribution, Fact, Target

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from envdoctor.model import Facts, Machine, Recipe

_SYSTEMS = {"macos": "darwin", "win32": "windows"}
_MACHINES = {("darwin", "aarch64"): "arm64", ("windows", "x86_64"): "AMD64", ("windows", "amd64"): "AMD64"}
_UV = {"linux": "manylinux", "darwin": "apple-darwin", "windows": "pc-windows-msvc"}
_PLATFORM = {"linux": "linux", "darwin": "darwin", "windows": "win32"}
_CONDA = {"linux": "linux", "darwin": "osx", "windows": "win"}
_PYTHON = re.compile(r"3\.\d{1,3}")
_OWN = {"python", "os", "arch", "implementation"}
_OF_LINUX = {"glibc", "driver"}
_CONDA_ARCH = {"x86_64": "64", "AMD64": "64"}


@dataclass(frozen=True, slots=True)
class Spot:
    """A computer that a lock is for. `name` is empty where only one is meant; `torch` the variant of PyTorch.

    `system` is linux, darwin or windows, `arch` as `platform.machine()` says there.
    """

    name: str
    python: str
    system: str
    arch: str
    torch: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)

    @property
    def marker(self) -> str:
        """Give the environment marker that holds on such computers."""
        return f"sys_platform == '{_PLATFORM[self.system]}' and platform_machine == '{self.arch}'"

    @property
    def conda(self) -> str:
        """Give conda's name of the platform."""
        return f"{_CONDA[self.system]}-{_CONDA_ARCH.get(self.arch, self.arch)}"

    @property
    def uv(self) -> str:
        """Give uv's name of the platform: with the glibc that is declared, else uv's own floor."""
        arch = {"arm64": "aarch64", "AMD64": "x86_64", "ARM64": "aarch64"}.get(self.arch, self.arch)
        if self.system != "linux":
            return f"{arch}-{_UV[self.system]}"
        libc = self.facts.get("glibc")
        version = cells.version(libc.value) if libc else None
        return f"{arch}-manylinux_{version.major}_{version.minor}" if version else f"{arch}-unknown-linux-gnu"

    @property
    def macos(self) -> str:
        """Give the release of macOS, if it is declared."""
        said = self.facts.get("os.version")
        return said.value if said and self.system == "darwin" else ""


def of(recipe: Recipe, machines: Sequence[Machine], here: Mapping[str, str]) -> list[Spot]:
    """Give the computers of a lock: the machines, else the recipe's platforms, else one like this one.

    `here` holds python, os and arch for what nobody declares: the Python of the target, and its computer.
    """
    named = [(one.name, one.facts) for one in machines]
    named = named or [(name, _of_platform(name)) for name in recipe.locking.platforms]
    floor = _floors(recipe)
    return [_spot(name, {**floor, **facts}, here, recipe) for name, facts in named or [("", {})]]


def of_platform(platform: str) -> Spot:
    """Give a computer of a conda platform, of which nothing else is known."""
    said = _of_platform(platform)
    system = _SYSTEMS.get(said["os"].value, said["os"].value)
    return Spot("", "", system, said["arch"].value)


def _of_platform(name: str) -> dict[str, Fact]:
    system, _, arch = name.partition("-")
    from envdoctor.formats import condalock  # only for them: it reads YAML

    word, archs = condalock.MARKERS[system]
    said = {"os": word, "arch": archs[arch]}
    return {key: Fact(key, value, f"platform {name}") for key, value in said.items()}


def _floors(recipe: Recipe) -> dict[str, Fact]:
    """Give what the recipe asks at least of every computer, as a lock may count on it."""
    found = {}
    for wish in recipe.host:
        least = re.match(r"(?:>=|==)\s*([\d.]+)", wish.specifier)
        if wish.name in ("glibc", "driver") and least:
            found[wish.name] = Fact(wish.name, least[1].rstrip("."), "the recipe's `host:`")
    return found


def _spot(name: str, facts: Mapping[str, Fact], here: Mapping[str, str], recipe: Recipe) -> Spot:
    declared = {key: fact.value for key, fact in facts.items()}
    system = declared.get("os", here["os"] if not name else "linux").lower()
    system = _SYSTEMS.get(system, system)
    if system not in _UV:
        raise UserError(f"`{system}` is no system to lock for", hint="`os` is linux, darwin or windows")
    arch = declared.get("arch", here["arch"] if system == here["os"] else "x86_64")
    arch = _MACHINES.get((system, arch), arch)
    python = _minor(declared.get("python", here["python"]))
    own = _OWN | (_OF_LINUX if system != "linux" else set())
    rest = {key: fact for key, fact in facts.items() if key not in own}
    return Spot(name, python, system, arch, _torch(recipe, system, declared), rest)


def checked(spot: Spot) -> Spot:
    """Give a computer that is read from a lock; raise ValueError if there is no such one."""
    if spot.system not in _UV or not re.fullmatch(r"\w{1,40}", spot.arch) or not _PYTHON.fullmatch(spot.python):
        raise ValueError(spot)
    return spot


def _minor(python: str) -> str:
    version = cells.version(python)
    if not python:
        return ""  # conda's channels have it
    if version is None or version.major != 3:
        raise UserError(f"`{python}` is no Python to lock for", hint="`python` is a minor release, such as 3.11")
    return f"{version.major}.{version.minor}"


def _torch(recipe: Recipe, system: str, declared: Mapping[str, str]) -> str:
    """Give the variant of PyTorch: what the recipe says, else the one for the CPU where there is known to be no GPU.

    With a GPU, or where nothing is known, it is that of the index; if its CUDA is too new for the driver, that shows.
    """
    said = recipe.locking.torch
    if said:
        return "" if said == "pypi" else said
    accelerator = next((wish.specifier for wish in recipe.host if wish.name == "accelerator"), "any")
    without = accelerator == "cpu" or declared.get("gpu.count") == "0" or declared.get("accelerator") == "cpu"
    return "cpu" if without and system != "darwin" else ""


def facts(spot: Spot, versions: Mapping[str, str], recipe: Recipe) -> Facts:
    """Give the facts of a computer on which nothing but these versions is installed; conda names `python` with them."""
    python = versions.get("python", spot.python)
    of_spot = {"python": python, "implementation": "cpython", "os": spot.system, "arch": spot.arch}
    said = [Fact(name, value, "the lock") for name, value in of_spot.items()]
    said += spot.facts.values()
    said += [Fact(f"env.{w.name}", w.specifier, "the recipe") for w in recipe.env if w.specifier != "unset"]
    versions = {name: version for name, version in versions.items() if name != "python"}
    dists = [
        Distribution(name, version, "the lock", build=version.partition("+")[2]) for name, version in versions.items()
    ]
    return facts_of(Target("list", "the lock"), facts=said, distributions=dists)


def markers_of(spot: Spot, python: str) -> dict[str, str]:
    """Give what environment markers ask for, as it is on a computer with this Python."""
    names = {"linux": ("posix", "Linux"), "darwin": ("posix", "Darwin"), "windows": ("nt", "Windows")}
    full = python if python.count(".") > 1 else f"{python}.{0}"
    return {
        "implementation_name": "cpython",
        "implementation_version": full,
        "os_name": names[spot.system][0],
        "platform_machine": spot.arch,
        "platform_release": "",
        "platform_system": names[spot.system][1],
        "platform_version": "",
        "python_full_version": full,
        "platform_python_implementation": "CPython",
        "python_version": ".".join(full.split(".")[:2]),
        "sys_platform": _PLATFORM[spot.system],
    }


def platform_of(facts: Facts) -> str:
    """Give conda's name of a target's platform."""
    system, arch = facts.get("os").value, facts.get("arch").value
    system = _SYSTEMS.get(system, system)
    arch = _MACHINES.get((system, arch), arch)
    return f"{_CONDA.get(system, system)}-{_CONDA_ARCH.get(arch, arch)}"
