"""Say which copy of CUDA's libraries the loader takes for the framework that is installed, and which copies lose.

The frameworks' own libraries are followed as the loader would (see `loader`); what a framework opens by name at run
time, as TensorFlow and jax do, is looked for from the library that opens it. The version of a copy is stated by the
name of its file, or by the wheel that brought it.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.facts import preload
from envdoctor.facts.loader import cached_beginning
from envdoctor.facts.paths import shown
from envdoctor.model import Fact, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from envdoctor.facts.builds import Build
    from envdoctor.facts.inside import Files
    from envdoctor.facts.loader import Loaded, Process
    from envdoctor.model import Distribution

_FULL = r"\.so\.(\d+(?:\.\d+){1,4})$"  # patterns are compiled where one is needed: most machines need none
_TAIL = r"(?:-[0-9a-f]+)?\.so(?:\.[\d.]+)?"
_MAJOR = r"\.so\.(\d+)"
_MOST_RECORD = 16_777_216


class Family(NamedTuple):
    """A library: the fact that it gives, the beginning of its file names, the wheel that brings it."""

    fact: str
    stem: str
    wheel: str
    follows_cuda: bool = True


_FAMILIES = (
    Family("cuda.runtime", "libcudart", "nvidia-cuda-runtime"),
    Family("cudnn", "libcudnn", "nvidia-cudnn", follows_cuda=False),
    Family("nccl", "libnccl", "nvidia-nccl", follows_cuda=False),
    Family("cuda.cublas", "libcublas", "nvidia-cublas"),
    Family("nvjitlink", "libnvJitLink", "nvidia-nvjitlink"),
)
_STEMS = tuple(family.stem for family in _FAMILIES)
# What a framework loads first, below its site folder. A `*` stands for the CUDA major in the name.
_ROOTS = {
    "torch": ("torch/lib/libtorch_global_deps.so", "torch/lib/libtorch_cuda.so", "torch/lib/libtorch_python.so"),
    "jax": ("jax_plugins/xla_cuda*/xla_cuda_plugin.so", "jaxlib/xla_extension.so"),
    "tensorflow": ("tensorflow/libtensorflow_framework.so.2", "tensorflow/libtensorflow_cc.so.2"),
    "onnxruntime": ("onnxruntime/capi/libonnxruntime_providers_cuda.so",),
}


class Environment(NamedTuple):
    """Where to look: the site folders and the prefix of an environment, and what is installed in it."""

    sites: tuple[str, ...]
    prefix: str
    by_name: Mapping[str, Distribution]


def facts(environment: Environment, builds: Sequence[Build], process: Process) -> Iterator[Fact]:
    """Give what the loader takes of each library, and the copies there are if several."""
    built_without = [build for build in builds if build.file and build.cuda is None]
    framework, roots = _framework(environment, {build.framework for build in built_without}, process.files)
    copies = _copies(process, environment)
    if not roots:
        yield from _without_framework(built_without, copies)
        return
    opened = list(_opened(process, environment.sites, roots, builds))
    if framework == "torch":
        _preload(process, environment.sites)
    files = process.files
    for family in _FAMILIES:
        taken = _taken(process, family, opened, copies[family], _majors(builds, framework, roots))
        yield from _told(family, taken and _plain(taken, files), copies[family], environment, files)


def _opened(process: Process, sites: Sequence[str], roots: Sequence[str], builds: Sequence[Build]) -> Iterator[Loaded]:
    """Open the libraries of a framework, and between the first and the second what torch opens itself."""
    for path in roots:
        found = process.open(path)
        if found is not None:
            yield found
            if path.endswith(preload.FIRST):
                built = next((build.cuda for build in builds if build.framework == "torch"), None)
                preload.by_torch(process, sites, built or "")


def _framework(environment: Environment, without: set[str], files: Files) -> tuple[str, list[str]]:
    """Give the framework whose view counts, the first of those with CUDA that is there, and its libraries."""
    named = {"tensorflow"}  # its libraries do not say by their names for what they were built
    if (jaxlib := environment.by_name.get("jaxlib")) is not None and jaxlib.build.startswith("cuda"):
        named.add("jax")
    for framework, patterns in _ROOTS.items():
        if framework in without:
            continue
        for site in environment.sites:
            found = [path for pattern in patterns for path in files.matching(site, pattern)]
            if any("cuda" in os.path.basename(path) for path in found) or (found and framework in named):
                return framework, found
    return "", []


def _without_framework(built_without: Sequence[Build], copies: Mapping[Family, Mapping[str, str]]) -> Iterator[Fact]:
    told = [f"{build.file}: cuda = None" for build in built_without]
    yield _unseen("cuda.runtime", told[0] if told else "no framework with a CUDA runtime found")
    for family in _FAMILIES[1:3]:
        where = "; ".join(shown(path) for path in copies[family])
        yield _unseen(family.fact, f"no framework that loads {where}" if where else f"no {family.stem} found")


def _majors(builds: Sequence[Build], framework: str, roots: Sequence[str]) -> tuple[str, str]:
    """Give the majors of CUDA and cuDNN that a framework was built with, as far as it says so."""
    build = next((build for build in builds if build.framework == framework), None)
    named = re.search(r"xla_cuda(\d+)", " ".join(roots))
    cuda = (build.cuda or "").partition(".")[0] if build else named[1] if named else ""
    return cuda, ((build.cudnn or "").partition(".")[0] if build else "")


def _plain(path: str, files: Files) -> str:
    """Give a path without the `..` that an $ORIGIN leaves in it, where that names the same file."""
    plain = os.path.normpath(path)
    return plain if files.real(plain) == files.real(path) else path


def _preload(process: Process, sites: Sequence[str]) -> None:
    """Do what torch does by itself where its libraries are not found: open those of the wheels by their paths."""
    for name in list(process.lacking):
        paths = (path for site in sites for path in process.files.matching(site, f"nvidia/*/lib/{name}"))
        found = next((path for path in paths if "/" not in name), None)
        if found:
            process.open(found)


def _taken(
    process: Process, family: Family, opened: Sequence[Loaded], copies: Iterable[str], majors: tuple[str, str]
) -> str | None:
    """Give the path that is loaded, as a need of the framework or by name at run time."""
    for name, found in process.loaded.items():
        if _is_of(family, name):
            return found.path
    major = majors[0] if family.follows_cuda else majors[1] if family.fact == "cudnn" else ""
    for name in sorted({os.path.basename(path) for path in copies}, reverse=True):
        number = re.search(_MAJOR, name)
        if major and number and number[1] != major:
            continue
        for by in opened:
            if (opened_late := process.open(name, by)) is not None:
                return opened_late.path
    return None


def _is_of(family: Family, name: str) -> bool:
    """Say whether a file name is of a family: libcudnn.so.9, also libcudart-d0da41ae.so.11.0, not libcudnn_ops.so.9."""
    own = os.path.basename(name)
    return own.startswith(family.stem) and re.fullmatch(_TAIL, own[len(family.stem) :]) is not None


def _copies(process: Process, environment: Environment) -> dict[Family, dict[str, str]]:
    """Give every copy that a process here could take, one a real file: its path → the real file."""
    found: dict[Family, dict[str, str]] = {family: {} for family in _FAMILIES}
    for folder in _searched(process, environment):
        for name in process.files.names(folder):
            family = _family(name)
            if family is not None and re.search(_MAJOR, name):
                path = f"{folder}/{name}"
                real = process.files.real(path)
                if real not in found[family].values():
                    found[family][path] = real
    return found


def _family(name: str) -> Family | None:
    if not name.startswith(_STEMS):
        return None
    return next((family for family in _FAMILIES if _is_of(family, name)), None)


def _searched(process: Process, environment: Environment) -> Iterator[str]:
    wheels = (f"{site}/nvidia" for site in environment.sites)
    folders = [f"{nvidia}/{name}/lib" for nvidia in wheels for name in process.files.names(nvidia)]
    folders += [f"{site}/torch/lib" for site in environment.sites]
    folders += [f"{environment.prefix}/lib", *process.searched()]
    folders += [os.path.dirname(path) for stem in _STEMS for path in cached_beginning(stem, process.cache_file)]
    yield from dict.fromkeys(folders)


def _told(
    family: Family, taken: str | None, copies: Mapping[str, str], environment: Environment, files: Files
) -> Iterator[Fact]:
    if taken is None:
        where = "; ".join(shown(path) for path in copies)
        yield _unseen(family.fact, f"the loader takes none of {where}" if where else f"no {family.stem} found")
    elif version := _version(family, taken, environment, files):
        yield Fact(family.fact, version, shown(taken))
    else:
        yield _unseen(family.fact, f"nothing states the version of {shown(taken)}")
    ordered = sorted(copies, key=lambda path: copies[path] != (files.real(taken) if taken else ""))
    stated = {path: _version(family, path, environment, files) for path in ordered}
    if len(set(stated.values()) - {""}) > 1:
        versions = dict.fromkeys(version for version in stated.values() if version)
        places = dict.fromkeys(shown(os.path.dirname(path)) for path, version in stated.items() if version)
        yield Fact(f"{family.fact}.candidates", " ".join(versions), "; ".join(places))


def _version(family: Family, path: str, environment: Environment, files: Files) -> str:
    """Give the version of a copy: from its file's name, else from the wheel that brought it; empty if neither says."""
    site, inside, below = path.rpartition("/nvidia/")[0], "/nvidia/" in path, path.rpartition("/nvidia/")[2]
    if inside and site in environment.sites:
        owners = [d for d in environment.by_name.values() if _may_own(d, family, path, below)]
        if len(owners) > 1:
            size = os.stat(files.place(path)).st_size
            owners = [dist for dist in owners if _recorded_size(site, dist, f"nvidia/{below}", files) == size]
        if len({dist.version for dist in owners}) == 1:
            return owners[0].version
    stated = re.search(_FULL, files.real(path))
    return stated[1] if stated and not _is_soname_only(family, stated[1]) else ""


def _is_soname_only(family: Family, number: str) -> bool:
    """Say whether a number is that of the SONAME alone, as in libcudart.so.11.0, which says too little."""
    return family.fact == "cuda.runtime" and number.count(".") < 2


def _may_own(dist: Distribution, family: Family, path: str, below: str) -> bool:
    """Say whether a wheel may have brought a file: by its name, its CUDA major and the folder it writes to."""
    if dist.name == family.wheel:
        return not family.follows_cuda or re.match(r"cu\d", below) is not None
    suffix = dist.name.removeprefix(f"{family.wheel}-cu")
    if suffix == dist.name or not suffix.isdigit():
        return False
    number = re.search(_MAJOR, os.path.basename(path))
    return not family.follows_cuda or (number is not None and number[1] == suffix)


def _recorded_size(site: str, dist: Distribution, file: str, files: Files) -> int:
    folder = f"{site}/{os.path.basename(dist.folder)}"
    record = files.text(f"{folder}/RECORD", _MOST_RECORD)
    found = re.search(rf"^{re.escape(file)},[^,\n]*,(\d{{1,15}})$", record, re.MULTILINE)
    return int(found[1]) if found else -1


def _unseen(name: str, reason: str) -> Fact:
    return Fact(name, source=reason, state=State.UNSEEN)
