"""Is the host what the recipe asks for: driver, GPUs, glibc, and whatever else it names?

A need on `gpu.*` must hold for every GPU that CUDA_VISIBLE_DEVICES leaves visible. Memory is compared as it is sold: a
card of 80 GB reports 79.6 GiB, so six hundredths are forgiven. A fact that was not seen leaves its wish unjudged.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from envdoctor import cells
from envdoctor.checks import check, devices, nvml
from envdoctor.model import Fact, Finding, Fix, Held, State, Status, Waits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case, Facts, Wish

CODE = "RECIPE005"
FORGIVEN = 0.06
_MEMORY = re.compile(r"\s*(>=|>)?\s*(\d+(?:\.\d+)?)\s*(MiB|MB|GiB|GB|TiB|TB)?\s*", re.IGNORECASE)
_MIB = {"m": 1.0, "g": 1024.0, "t": 1024.0 * 1024.0}
_KINDS = {"driver": "driver", "glibc": "glibc", "gpu.compute": "gpu-arch"}
_FACT_OF = {"cuda": "cuda.driver"}  # as conda's __cuda: the newest CUDA that the driver runs
_KEPT_OUT = ("", "void", "none")
_NO_GPU = "a GPU, and its driver; in a container the device has to be passed in (`--gpus all`, or the NVIDIA runtime)"


@check(CODE, "the host is not what the recipe asks for")
def host(case: Case) -> Iterator[Outcome]:
    """Judge every host wish."""
    for wish in case.recipe.host:
        if wish.name == "accelerator":
            yield from _accelerator(wish, case.facts)
        elif not _told_elsewhere(wish, case.facts):
            yield _judge(wish, case.facts)


def _told_elsewhere(wish: Wish, facts: Facts) -> bool:
    """Say whether the check of the driver, or of the variable that hides every GPU, tells what is wrong."""
    hidden = facts.get(devices.HIDDEN).state is State.KNOWN and not devices.count(facts)
    return nvml.broken(facts.get(wish.name)) or (hidden and wish.name.startswith("gpu."))


def _accelerator(wish: Wish, facts: Facts) -> Iterator[Outcome]:
    if wish.specifier != "cuda":
        return
    count = facts.get("gpu.count")
    if nvml.broken(count) or facts.get(devices.HIDDEN).state is State.KNOWN:
        return  # the check of the driver, or of the variable, tells it
    if count.state is State.UNSEEN:
        yield Waits(CODE, count)
    elif count.state is State.ABSENT or count.value == "0":
        yield _no_gpu(wish, facts)
    else:
        yield Held(CODE, "there is a GPU")


def _no_gpu(wish: Wish, facts: Facts) -> Finding:
    variable, reason = facts.get("env.NVIDIA_VISIBLE_DEVICES"), facts.missing.get("gpu.compute", "")
    shown = [facts.get(name) for name in ("gpu.count", "driver", "container", "gpu.pci")]
    culprit, fix, why = ("gpu.count", "driver"), Fix(host={"driver": "*"}, note=f"needs {_NO_GPU}"), ""
    if "MIG is on" in reason:
        culprit, why = ("gpu.mig", "gpu.count"), f"; {reason}"
        fix = Fix(host={"gpu.mig": "*"}, note="make MIG instances (`nvidia-smi mig -cgi … -C`), or turn MIG off")
    elif variable.state is State.KNOWN and variable.value in _KEPT_OUT:
        culprit, why = (variable.name, "gpu.count"), f"; NVIDIA_VISIBLE_DEVICES=`{variable.value}` keeps them out"
        fix = Fix(env={"NVIDIA_VISIBLE_DEVICES": "all"}, note="when the container is started")
    return Finding(
        code=CODE,
        status=Status.ERROR,
        kind="driver",
        title="there is no CUDA GPU",
        cause=f"the recipe asks for one (`accelerator: cuda`){why}",
        culprit=culprit,
        evidence=tuple(fact for fact in shown if fact.name == "gpu.count" or fact.state is not State.UNSEEN),
        place=wish.place,
        fixes=(fix,),
    )


def _judge(wish: Wish, facts: Facts) -> Outcome:
    fact = facts.get(_FACT_OF.get(wish.name, wish.name))
    met = _enough_memory(wish, fact) if wish.name == "gpu.memory" else cells.matches(wish.specifier, fact)
    if met is None:
        return Waits(CODE, fact)
    if met and wish.name == "gpu.count" and not cells.contains(wish.specifier, "1") and _slices(facts):
        return _one_a_process(wish, fact, facts)
    if met:
        return Held(CODE, f"{wish.name} is what the recipe asks for")
    seen = ", ".join(fact.all) or fact.value or "absent"
    found = _finding(
        wish, fact, f"{wish.name} is {seen}, not {wish.specifier}", f"the recipe asks for {wish.name} {wish.specifier}"
    )
    return _hidden(found, facts) if wish.name == "gpu.count" else found


def _slices(facts: Facts) -> bool:
    """Say whether every GPU that is visible is a MIG instance."""
    mig = facts.get("gpu.mig")
    return mig.state is State.KNOWN and all(mig.all or (mig.value,))


def _one_a_process(wish: Wish, count: Fact, facts: Facts) -> Finding:
    return Finding(
        code=CODE,
        status=Status.WARNING,
        kind="requirement",
        title=f"the {count.value} GPUs are MIG instances, and a process sees one of them",
        cause=f"the recipe asks for gpu.count {wish.specifier}; CUDA shows a process the first that is visible",
        culprit=("gpu.mig", "gpu.count"),
        evidence=(count, facts.get("gpu.mig")),
        place=wish.place,
        fixes=(Fix(note="one process for each instance, each with its UUID in CUDA_VISIBLE_DEVICES, or whole GPUs"),),
    )


def _hidden(found: Finding, facts: Facts) -> Finding:
    """Add the variable to a finding about the number of GPUs, where it hides some of them."""
    if facts.get(devices.HIDDEN).state is not State.KNOWN:
        return found
    variable = facts.get(devices.VARIABLE)
    return dataclasses.replace(
        found,
        cause=f"{found.cause}; {variable.name.removeprefix('env.')} hides {facts.get(devices.HIDDEN).value} more",
        culprit=(*found.culprit, variable.name),
        evidence=(*found.evidence, variable),
        fixes=(Fix(note="CUDA_VISIBLE_DEVICES that lists more of the GPUs that are here"), *found.fixes),
    )


def _enough_memory(wish: Wish, fact: Fact) -> bool | None:
    wanted = mebibytes(wish.specifier)
    if fact.state is not State.KNOWN or wanted is None:
        return False if fact.state is State.ABSENT else None
    seen = [mebibytes(value) for value in fact.all or (fact.value,)]
    return None if None in seen else all(size >= wanted * (1 - FORGIVEN) for size in seen if size is not None)


def mebibytes(text: str) -> float | None:
    """Give a size in MiB (`40 GiB` → 40960.0; a bare number is MiB), or None if it is none."""
    found = _MEMORY.fullmatch(text)
    return float(found[2]) * _MIB[(found[3] or "M")[0].lower()] if found else None


def _finding(wish: Wish, fact: Fact, title: str, cause: str) -> Finding:
    return Finding(
        code=CODE,
        status=Status.ERROR,
        kind=_KINDS.get(wish.name, "requirement"),
        title=title,
        cause=cause,
        culprit=(wish.name,),
        evidence=(fact,),
        place=wish.place,
        fixes=(Fix(host={wish.name: wish.specifier}, note=f"needs {wish.name}: {wish.specifier}"),),
    )
