"""Find the CUDA toolkit that a build would take, and the compiler beside it, from the files that state a version.

The order is that of torch's extension builder and of most others: CUDA_HOME, CUDA_PATH, the nvcc on PATH, then
/usr/local/cuda. Nothing is run: a toolkit states its version in version.json, version.txt or its header, conda and
wheels in their metadata.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.facts import beginnings
from envdoctor.facts.paths import shown
from envdoctor.model import Fact, State

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_TEXT = r"CUDA Version (\d+(?:\.\d+)+)"
_HEADER = r"#define\s+CUDA(?:RT)?_VERSION\s+(\d+)"
_PACKAGED = r"(?:cuda-nvcc|nvidia_cuda_nvcc)[\w-]{0,20}-(\d+(?:\.\d+)+)"
_STARTED = r"(?:^|\s)[\"']?(/[\w./+-]+/bin/nvcc)\b"
_GCC = r"(?:.*-)?gcc-(\d+(?:\.\d+)*)"


class Toolkit(NamedTuple):
    """A toolkit: its folder, its nvcc, and the version its files state (empty if none does)."""

    folder: Path
    nvcc: Path
    version: str


def facts(prefix: Path, sites: Sequence[str], variables: Mapping[str, str], root: Path) -> Iterator[Fact]:
    """Give the toolkit that a build would take, all that there are if several, and the host compiler."""
    found = list(_all(prefix, sites, variables, root))
    if not found:
        yield Fact("cuda.toolkit", source="nvcc not on PATH, no CUDA_HOME", state=State.UNSEEN)
        return
    first = found[0]
    if first.version:
        yield Fact("cuda.toolkit", first.version, shown(str(first.nvcc)))
    else:
        why = f"no file beside {shown(str(first.nvcc))} states its version"
        yield Fact("cuda.toolkit", source=why, state=State.UNSEEN)
    stated = {toolkit.version: shown(str(toolkit.nvcc)) for toolkit in reversed(found) if toolkit.version}
    if len(stated) > 1:
        ordered = list(reversed(stated.items()))
        versions, places = (" ".join(v for v, _ in ordered), "; ".join(p for _, p in ordered))
        yield Fact("cuda.toolkit.candidates", versions, places)
    yield from _compiler(variables)


def _all(prefix: Path, sites: Sequence[str], variables: Mapping[str, str], root: Path) -> Iterator[Toolkit]:
    seen: set[Path] = set()
    for folder in _folders(prefix, sites, variables, root):
        nvcc = folder / "bin" / "nvcc"
        if nvcc.is_file() and (real := _behind(nvcc)) not in seen:
            seen.add(real)
            yield Toolkit(folder, nvcc, _version(folder, real))


def _folders(prefix: Path, sites: Sequence[str], variables: Mapping[str, str], root: Path) -> Iterator[Path]:
    yield from (Path(variables[name]) for name in ("CUDA_HOME", "CUDA_PATH") if variables.get(name))
    on_path = shutil.which("nvcc", path=variables.get("PATH"))
    if on_path:
        yield Path(on_path).parent.parent
    local = root / "usr/local"
    yield local / "cuda"
    yield from sorted(local.glob("cuda-*"), reverse=True)
    yield prefix
    yield from (place for site in sites for place in sorted(Path(site).glob("nvidia/cu*[0-9]")))
    yield from (Path(site) / "nvidia" / "cuda_nvcc" for site in sites)


def _behind(nvcc: Path) -> Path:
    """Give the program behind links, and behind a script that only starts another nvcc."""
    head = beginnings.text(nvcc, 4_096)
    named = re.search(_STARTED, head) if head.startswith("#!") else None
    return Path(named[1]) if named else nvcc.resolve()


def _version(folder: Path, nvcc: Path) -> str:
    import json

    home = nvcc.parent.parent
    for place in dict.fromkeys((folder, home)):
        try:
            stated = json.loads(beginnings.text(place / "version.json"))["cuda_nvcc"]["version"]
        except (ValueError, KeyError, TypeError, RecursionError):
            stated = ""
        if isinstance(stated, str) and stated:
            return stated
        if found := re.match(_TEXT, beginnings.text(place / "version.txt")):
            return found[1]
        if packaged := _packaged(place):
            return packaged
    return _from_header(home)


def _packaged(folder: Path) -> str:
    """Give the version that conda, or the wheel that brought this nvcc, states in the name of its metadata."""
    site = folder.parents[1] if len(folder.parents) > 1 else folder
    for place in (folder / "conda-meta", folder / "dist-info", site):
        found = [match[1] for name in beginnings.names(place) if (match := re.match(_PACKAGED, name))]
        if found:
            return found[0]
    return ""


def _from_header(home: Path) -> str:
    for name in ("cuda.h", "cuda_runtime_api.h"):
        found = re.search(_HEADER, beginnings.text(home / "include" / name))
        if found:
            number = int(found[1][:6])
            return f"{number // 1000}.{number % 1000 // 10}"
    return ""


def _compiler(variables: Mapping[str, str]) -> Iterator[Fact]:
    """Give the gcc that nvcc would take; the name of the file that is run states its version."""
    named = variables.get("NVCC_CCBIN") or "gcc"
    path = shutil.which(named, path=variables.get("PATH"))
    if path is None:
        yield Fact("gcc", source=f"{named} not on PATH", state=State.UNSEEN)
        return
    found = re.fullmatch(_GCC, os.path.basename(os.path.realpath(path)))
    if found:
        yield Fact("gcc", found[1], shown(path))
    else:
        yield Fact("gcc", source=f"the name of {shown(path)} states no version", state=State.UNSEEN)
