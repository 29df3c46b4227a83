"""Find the CUDA toolkit that a build would take, and the compiler beside it, from the files that state a version.

The order is that of torch's extension builder and of most others: CUDA_HOME, CUDA_PATH, the nvcc on PATH, then
/usr/local/cuda. Nothing is run: a toolkit states its version in version.json, version.txt or its header, conda and
wheels in their metadata.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.facts.paths import shown
from envdoctor.model import Fact, State

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from envdoctor.facts.inside import Files

_TEXT = r"CUDA Version (\d+(?:\.\d+)+)"
_HEADER = r"#define\s+CUDA(?:RT)?_VERSION\s+(\d+)"
_PACKAGED = r"(?:cuda-nvcc|nvidia_cuda_nvcc)[\w-]{0,20}-(\d+(?:\.\d+)+)"
_STARTED = r"(?:^|\s)[\"']?(/[\w./+-]+/bin/nvcc)\b"
_GCC = r"(?:.*-)?gcc-(\d+(?:\.\d+)*)"


class Toolkit(NamedTuple):
    """A toolkit: its folder, its nvcc, and the version its files state (empty if none does)."""

    folder: str
    nvcc: str
    version: str


def facts(prefix: str, sites: Sequence[str], variables: Mapping[str, str], files: Files) -> Iterator[Fact]:
    """Give the toolkit that a build would take, all that there are if several, and the host compiler."""
    found = list(_all(prefix, sites, variables, files))
    if not found:
        yield Fact("cuda.toolkit", source="nvcc not on PATH, no CUDA_HOME", state=State.UNSEEN)
        return
    first = found[0]
    if first.version:
        yield Fact("cuda.toolkit", first.version, shown(first.nvcc))
    else:
        why = f"no file beside {shown(first.nvcc)} states its version"
        yield Fact("cuda.toolkit", source=why, state=State.UNSEEN)
    stated = {toolkit.version: shown(toolkit.nvcc) for toolkit in reversed(found) if toolkit.version}
    if len(stated) > 1:
        ordered = list(reversed(stated.items()))
        versions, places = (" ".join(v for v, _ in ordered), "; ".join(p for _, p in ordered))
        yield Fact("cuda.toolkit.candidates", versions, places)
    yield from _compiler(variables, files)


def _all(prefix: str, sites: Sequence[str], variables: Mapping[str, str], files: Files) -> Iterator[Toolkit]:
    seen: set[str] = set()
    for folder in _folders(prefix, sites, variables, files):
        nvcc = f"{folder}/bin/nvcc"
        if files.holds(nvcc) and (real := _behind(nvcc, files)) not in seen:
            seen.add(real)
            yield Toolkit(folder, nvcc, _version(folder, real, files))


def _folders(prefix: str, sites: Sequence[str], variables: Mapping[str, str], files: Files) -> Iterator[str]:
    yield from (variables[name].rstrip("/") for name in ("CUDA_HOME", "CUDA_PATH") if variables.get(name))
    on_path = files.program("nvcc", variables.get("PATH", ""))
    if on_path:
        yield _home(on_path)
    yield "/usr/local/cuda"
    yield from reversed(files.matching("/usr/local", "cuda-*"))
    yield prefix
    yield from (place for site in sites for place in files.matching(site, "nvidia/cu*[0-9]"))
    yield from (f"{site}/nvidia/cuda_nvcc" for site in sites)


def _home(nvcc: str) -> str:
    return os.path.dirname(os.path.dirname(nvcc))


def _behind(nvcc: str, files: Files) -> str:
    """Give the program behind links, and behind a script that only starts another nvcc."""
    head = files.text(nvcc, 4_096)
    named = re.search(_STARTED, head) if head.startswith("#!") else None
    return named[1] if named else files.real(nvcc)


def _version(folder: str, nvcc: str, files: Files) -> str:
    import json

    home = _home(nvcc)
    for place in dict.fromkeys((folder, home)):
        try:
            stated = json.loads(files.text(f"{place}/version.json"))["cuda_nvcc"]["version"]
        except (ValueError, KeyError, TypeError, RecursionError):
            stated = ""
        if isinstance(stated, str) and stated:
            return stated
        if found := re.match(_TEXT, files.text(f"{place}/version.txt")):
            return found[1]
        if packaged := _packaged(place, files):
            return packaged
    return _from_header(home, files)


def _packaged(folder: str, files: Files) -> str:
    """Give the version that conda, or the wheel that brought this nvcc, states in the name of its metadata."""
    for place in (f"{folder}/conda-meta", f"{folder}/dist-info", _home(folder)):
        found = [match[1] for name in files.names(place) if (match := re.match(_PACKAGED, name))]
        if found:
            return found[0]
    return ""


def _from_header(home: str, files: Files) -> str:
    for name in ("cuda.h", "cuda_runtime_api.h"):
        found = re.search(_HEADER, files.text(f"{home}/include/{name}"))
        if found:
            number = int(found[1][:6])
            return f"{number // 1000}.{number % 1000 // 10}"
    return ""


def _compiler(variables: Mapping[str, str], files: Files) -> Iterator[Fact]:
    """Give the gcc that nvcc would take; the name of the file that is run states its version."""
    named = variables.get("NVCC_CCBIN") or "gcc"
    path = named if named.startswith("/") else files.program(named, variables.get("PATH", ""))
    if not files.holds(path):
        yield Fact("gcc", source=f"{named} not on PATH", state=State.UNSEEN)
        return
    found = re.fullmatch(_GCC, os.path.basename(files.real(path)))
    if found:
        yield Fact("gcc", found[1], shown(path))
    else:
        yield Fact("gcc", source=f"the name of {shown(path)} states no version", state=State.UNSEEN)
