"""Do the binaries that were built here, or opened, hold code for every GPU that is visible?

A cubin (`sm_86`) runs on GPUs of the same major capability and the same or a higher minor one; with the suffix `a` on
that capability alone, with `f` within its family, which shares the major. PTX (`compute_80`) is compiled by the driver
for any later GPU, if the driver is at least as new as the toolkit that wrote it (error 222 otherwise).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from envdoctor import cells
from envdoctor.checks import check
from envdoctor.checks.waiting import waits
from envdoctor.model import Fact, Finding, Fix, Held, State, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case, Facts

CODE = "CUDA102"
_TARGET = re.compile(r"(sm|compute)_(\d{1,3})(\d)([af]?)")
Level = tuple[int, ...]


class Target(NamedTuple):
    """What a piece of code was compiled for: a cubin or PTX, a capability, and the suffix."""

    ptx: bool
    level: Level
    suffix: str

    def runs_on(self, gpu: Level) -> bool:
        """Say whether the code can run on a GPU; PTX after the driver has compiled it."""
        if self.suffix == "a":
            return gpu == self.level
        if self.ptx and not self.suffix:
            return gpu >= self.level
        return gpu[0] == self.level[0] and gpu >= self.level


@check(CODE, "a compiled package has no code for a GPU")
def compiled_targets(case: Case) -> Iterator[Outcome]:
    """Compare every list of targets with the GPUs."""
    compute = case.facts.get("gpu.compute")
    for listed in case.facts.facts.values():
        if listed.name.endswith(".arch_list") and listed.state is State.KNOWN:
            if compute.state is State.KNOWN:
                yield from _compared(listed, compute, case)
            else:
                yield from waits(CODE, compute, case) if compute.state is State.UNSEEN else ()


def _compared(listed: Fact, compute: Fact, case: Case) -> Iterator[Outcome]:
    targets = [_target(found) for found in _TARGET.finditer(listed.value)]
    levels = {level for value in compute.all or (compute.value,) if (level := _level(value))}
    name = listed.name.removesuffix(".arch_list")
    by_cubin = {gpu for gpu in levels if any(target.runs_on(gpu) for target in targets if not target.ptx)}
    by_ptx = {gpu for gpu in levels - by_cubin if any(target.runs_on(gpu) for target in targets)}
    if lost := levels - by_cubin - by_ptx:
        yield _no_code(name, listed, compute, lost, case.facts)
    elif by_ptx:
        yield from _jit(name, listed, case)
    else:
        yield Held(CODE, f"{name} has code for every GPU")


def _target(found: re.Match[str]) -> Target:
    return Target(found[1] == "compute", (int(found[2]), int(found[3])), found[4])


def _level(text: str) -> Level:
    found = cells.version(text)
    return (*found.release, 0)[:2] if found else ()


def _no_code(name: str, listed: Fact, compute: Fact, lost: set[Level], facts: Facts) -> Finding:
    told = ", ".join(".".join(map(str, level)) for level in sorted(lost))
    return Finding(
        code=CODE,
        status=Status.ERROR,
        kind="gpu-arch",
        title=f"{name} has no code for compute capability {told}",
        cause=f"it was compiled for {listed.value}: `no kernel image is available for execution on the device`",
        culprit=(name, "gpu.compute"),
        evidence=(facts.get(name), listed, compute),
        fixes=(Fix(note=f"another variant or release of {name}, or one built here with TORCH_CUDA_ARCH_LIST={told}"),),
    )


def _disabled(name: str, listed: Fact, variable: Fact, facts: Facts) -> Finding:
    return Finding(
        code=CODE,
        status=Status.ERROR,
        kind="env-var",
        title=f"CUDA_DISABLE_PTX_JIT leaves {name} without code for this GPU",
        cause=f"of {listed.value} only PTX serves it, and the driver may not compile that (error 223)",
        culprit=(variable.name, name),
        evidence=(variable, listed, facts.get("gpu.compute")),
        fixes=(Fix(env={"CUDA_DISABLE_PTX_JIT": None}),),
    )


def _jit(name: str, listed: Fact, case: Case) -> Iterator[Outcome]:
    """Judge PTX that the driver has to compile: it must know the toolkit that wrote it."""
    facts, disabled = case.facts, case.facts.get("env.CUDA_DISABLE_PTX_JIT")
    if disabled.value == "1":
        yield _disabled(name, listed, disabled, facts)
        return
    made = next((f for f in map(facts.get, (f"{name}.cuda", "cuda.toolkit")) if f.state is State.KNOWN), None)
    runs = facts.get("cuda.driver")
    if made is None or not _level(made.value):
        return
    if runs.state is not State.KNOWN:
        yield from waits(CODE, runs, case)
    elif _level(made.value) <= _level(runs.value):
        yield Held(CODE, f"the driver can compile the PTX of {name}")
    else:
        yield Finding(
            code=CODE,
            status=Status.ERROR,
            kind="driver",
            title=f"the driver cannot compile the PTX of {name}: it knows CUDA {runs.value}, not {made.value}",
            cause=f"only PTX in {listed.value} serves this GPU (`unsupported PTX version`, error 222)",
            culprit=("driver", name),
            evidence=(runs, made, listed, facts.get("gpu.compute"), facts.get("driver")),
            fixes=(
                Fix(host={"cuda.driver": f">={made.value}"}, note=f"needs driver: one that runs CUDA {made.value}"),
                Fix(note=f"build {name} with a toolkit of CUDA {runs.value} at most, or for this GPU's own target"),
            ),
        )
