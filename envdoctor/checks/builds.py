"""For which CUDA was a distribution built? Its build (`cu121`, conda's `cuda112py310…`) or local version says so.

Each gives a fact `NAME.cuda`: the CUDA it was compiled for, or known absent for a build without CUDA; a wheel that
names the torch it was compiled against (`cu12torch2.6cxx11abiTRUE`) gives `NAME.for_torch` too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envdoctor.model import Fact, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.model import Distribution, Facts

_WHEEL = re.compile(r"cu(\d{2,3})(?!\d)")
_CONDA = re.compile(r"(?:^|[_. ])cuda_?(\d{2,3}|\d+\.\d+)(?![\d.])")
_TORCH = re.compile(r"torch(\d+\.\d+)")
_NONE = re.compile(r"(?:^|[_.])(?:cpu|rocm|xpu|hip)")
_RUNTIME = re.compile(r"nvidia-cuda-runtime(?:-cu\d+)?")
NO_CUDA = "cuda = None"  # what torch/version.py says of itself


def of(facts: Facts) -> Iterator[Fact]:
    """Give the CUDA of every distribution whose build tells it, and of torch from the runtime that comes with it."""
    for dist in facts.by_name.values():
        told = dist.build or dist.version.partition("+")[2]
        if told:
            yield from _told(dist, told)
    torch, runtime = facts.by_name.get("torch"), facts.get("cuda.runtime")
    if torch is not None and not torch.build and "+" not in torch.version and NO_CUDA in runtime.source:
        yield Fact("torch.cuda", source=runtime.source, state=State.ABSENT)


def _told(dist: Distribution, told: str) -> Iterator[Fact]:
    name, source = f"{dist.name}.cuda", f"build {told} of {dist.name}"
    if found := _CONDA.search(told) or _WHEEL.match(told):
        yield Fact(name, _dotted(found[1]), source)
    elif _NONE.search(told):
        yield Fact(name, source=source, state=State.ABSENT)
    if found := _TORCH.search(told):
        yield Fact(f"{dist.name}.for_torch", found[1], source)


def _dotted(digits: str) -> str:
    """Give `121` as 12.1 and `92` as 9.2; `12` is a major version alone."""
    if "." in digits or (len(digits) < 3 and digits.startswith("1")):
        return digits
    return f"{digits[:-1]}.{digits[-1]}"


def official(dist: Distribution) -> str:
    """Give the variant of an official wheel (`cu121`), or nothing for any other build."""
    told = dist.build or dist.version.partition("+")[2]
    return told if _WHEEL.fullmatch(told) else ""


def runtime(facts: Facts) -> Iterator[Fact]:
    """Give the CUDA runtime that a list of distributions brings, where nothing was read of the machine."""
    for dist in facts.by_name.values():
        if _RUNTIME.fullmatch(dist.name) and dist.version:
            yield Fact("cuda.runtime", dist.version, dist.name)
