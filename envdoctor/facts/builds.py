"""Say for what a framework was built, from the files that it states it in, read as text and never imported.

torch/version.py, tensorflow/python/platform/build_info.py, onnxruntime/capi/build_and_package_info.py and the names in
conda-meta say whether a build is for CUDA, and for which; the versions and tags of wheels often do not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.facts.inside import Files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from envdoctor.model import Distribution

_TORCH = r"^(__version__|cuda|hip)\b[^=\n]{0,40}=[ \t]*(?:'([^'\n]{0,80})'|\"([^\"\n]{0,80})\"|(None))"
_PAIR = r"""["']?\b(\w{1,40})\b["']?[ \t]*[:,=][ \t]*["']?([\w.]{1,40})["']?"""
_TARGETS = r"cuda_compute_capabilities['\"],?\s*:?\s*\[([^\]]{0,2000})\]"
_TARGET = r"(?:sm|compute)_\d{2,4}[af]?"
_CONDA = {"torch": ("pytorch",), "tensorflow": ("tensorflow-base", "tensorflow")}
FILES = {
    "torch": "torch/version.py",
    "tensorflow": "tensorflow/python/platform/build_info.py",
    "onnxruntime": "onnxruntime/capi/build_and_package_info.py",
}
_GIVEN_BY = {
    "tensorflow": ("tensorflow", "tensorflow-gpu", "tensorflow-cpu", "tf-nightly", "intel-tensorflow"),
    "onnxruntime": ("onnxruntime-gpu", "onnxruntime"),
}


class Build(NamedTuple):
    """What a framework says of its build. `cuda` and `cudnn` are None where it says that it has none, else a version.

    `file` is where it says so; empty if nothing does, and then nothing is known.
    """

    framework: str
    distribution: Distribution
    variant: str = ""
    cuda: str | None = None
    cudnn: str | None = None
    targets: tuple[str, ...] = ()
    file: str = ""


def read(
    by_name: Mapping[str, Distribution], place: Mapping[str, str], prefix: str, files: Files | None = None
) -> list[Build]:
    """Give the builds of the frameworks that are installed; `place` maps a shown location to its folder."""
    there = files or Files()
    conda = _conda_builds(there.names(f"{prefix}/conda-meta"), by_name)
    said = _all(by_name, place, there)
    return [build._replace(variant=conda.get(build.framework) or build.variant) for build in said]


def _all(by_name: Mapping[str, Distribution], place: Mapping[str, str], files: Files) -> Iterator[Build]:
    for framework, file in FILES.items():
        names = _GIVEN_BY.get(framework, (framework,))
        dist = next((by_name[name] for name in names if name in by_name), None)
        if dist is None or dist.location not in place:
            continue
        text = files.text(f"{place[dist.location]}/{file}")
        reader = {"torch": _torch, "tensorflow": _tensorflow, "onnxruntime": _onnxruntime}[framework]
        yield reader(text, Build(framework, dist, dist.build, file=file if text else ""))


def _torch(text: str, blank: Build) -> Build:
    said = {name: one or other or None for name, one, other, _ in re.findall(_TORCH, text, re.MULTILINE)}
    local = (said.get("__version__") or "").partition("+")[2]
    cuda, hip = said.get("cuda"), said.get("hip")
    variant = f"cu{cuda.replace('.', '')}" if cuda else f"rocm{hip}" if hip else ""
    return blank._replace(variant=local or variant or blank.variant, cuda=cuda, file=blank.file if said else "")


def _tensorflow(text: str, blank: Build) -> Build:
    said = dict(re.findall(_PAIR, text))
    listed = re.search(_TARGETS, text)
    targets = tuple(re.findall(_TARGET, listed[1])) if listed else ()
    if said.get("is_cuda_build") != "True":
        known = said.get("is_cuda_build") == "False"
        return blank._replace(variant=blank.variant or ("cpu" if known else ""), file=blank.file if known else "")
    return blank._replace(
        variant=blank.variant or f"cuda{said.get('cuda_version', '')}",
        cuda=said.get("cuda_version", ""),
        cudnn=said.get("cudnn_version"),
        targets=targets,
    )


def _onnxruntime(text: str, blank: Build) -> Build:
    said = dict(re.findall(_PAIR, text))
    cuda = said.get("cuda_version")
    return blank._replace(variant=blank.variant or (f"cuda{cuda}" if cuda else ""), cuda=cuda)


def _conda_builds(names: Sequence[str], by_name: Mapping[str, Distribution]) -> dict[str, str]:
    """Give the build strings of conda's packages: `NAME-VERSION-BUILD.json` in conda-meta."""
    return {name: build for name in _CONDA if name in by_name and (build := _conda_build(names, _CONDA[name]))}


def _conda_build(names: Sequence[str], packages: Sequence[str]) -> str:
    parts = [name.removesuffix(".json").rsplit("-", 2) for name in names if name.endswith(".json")]
    return next((part[2] for package in packages for part in parts if len(part) == 3 and part[0] == package), "")
