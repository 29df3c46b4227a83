"""Is the libcuda that the loader takes one that works with this kernel driver and GPU?

There are three that do harm: the stub that a toolkit brings for linking, one of another driver than the kernel runs
(error 803), and that of a cuda-compat folder, which CUDA images put in front: forward compatibility is for data center
GPUs (error 804 on a GeForce), and only forward, so not beneath a driver that is newer than it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor import cells
from envdoctor.checks import check, library_path, sight
from envdoctor.model import Finding, Fix, Held, State, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case, Fact, Facts

CODE = "HOST004"
_CONSUMER = ("geforce", "titan")


@check(CODE, "the loader takes a libcuda that does not work here")
def libcuda(case: Case) -> Iterator[Outcome]:
    """Compare the libcuda that is taken with the kernel driver."""
    facts = case.facts
    library, kernel = facts.get(sight.LIBCUDA), facts.get("nvidia.kernel")
    if kernel.state is not State.KNOWN:
        kernel = facts.get("driver")
    if library.state is not State.KNOWN or facts.get("accelerator").value == "cpu":
        return
    fault = _fault(library, kernel, facts.get("gpu.brand"))
    if fault:
        yield _finding(library, kernel, fault, facts)
    elif kernel.state is State.KNOWN:
        yield Held(CODE, "libcuda fits the kernel driver")


def _fault(library: Fact, kernel: Fact, brand: Fact) -> str:
    taken, loaded = cells.version(library.value), cells.version(kernel.value)
    if library.value == "stub" or "/stubs/" in library.source:
        return "it is the stub of a toolkit, which is for linking only"
    if sight.COMPAT in library.source:
        if brand.value.startswith(_CONSUMER):
            return "it is that of cuda-compat, and forward compatibility is for data center GPUs (error 804)"
        if taken and loaded and taken < loaded:
            return f"it is that of cuda-compat and older than the kernel driver {kernel.value} (error 803)"
    elif taken and loaded and taken != loaded:
        return f"it belongs to another driver than the kernel runs, {kernel.value} (error 803)"
    return ""


def _finding(library: Fact, kernel: Fact, fault: str, facts: Facts) -> Finding:
    path = library_path.without(library, facts)
    shown = [library, kernel, facts.get("gpu.name"), facts.get(library_path.VARIABLE)]
    update = Fix(host={"driver": "*"}, note="a driver of the branch that this CUDA belongs to")
    return Finding(
        code=CODE,
        status=Status.ERROR,
        kind="env-var" if path else "driver",
        title=f"the loader takes libcuda {library.value} from {library.source}",
        cause=fault,
        culprit=(library_path.VARIABLE if path else "driver", library.name),
        evidence=tuple(fact for fact in shown if fact.state is State.KNOWN),
        fixes=(path, update) if path else (update,),
    )
