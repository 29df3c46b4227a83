"""What does the job see of the machine? The facts as they were read, read as CUDA and the loader would.

A reason may mean that something is known not to be there (`nvcc not on PATH`); a variable hides devices; a build says
for which CUDA a package was made; where nothing else is said the loader takes the driver's own libcuda.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from envdoctor.checks import builds, copies, devices
from envdoctor.model import Fact, State, is_host

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.model import Case, Facts, Recipe

LIBCUDA = "nvidia.libcuda"
COMPAT = "/compat/"
_NO_MODULE = "/proc/driver/nvidia absent"
_KNOWN_ABSENT = re.compile(
    r"not on PATH|no NVIDIA device|no devices found|no lib\S+ found|no framework with|not in a container|cuda = None|"
    r"nv-fabricmanager not installed|libcuda\.so\.1 not found|\bno glibc\b",
    re.IGNORECASE,
)
_OF_GPUS = ("driver", "gpu.", "nvidia.", "cuda.driver")
_BRANDS = ("geforce", "titan", "quadro")


def of(case: Case) -> Case:
    """Give the case with the machine as the job sees it."""
    facts = _with(case.facts, _hidden_from_cpu(case.recipe, case.facts), over=True)
    for step in (_absent, builds.of, builds.runtime, copies.hidden, _fallbacks, devices.visible):
        facts = _with(facts, step(facts), over=step is devices.visible)
    return case._replace(facts=_with(facts, [accelerator(case.recipe)], over=False))


def _with(facts: Facts, found: Iterator[Fact] | list[Fact], *, over: bool) -> Facts:
    """Add facts; those that are there already stay, unless they are to be laid over."""
    new = {fact.name: fact for fact in found if over or fact.name not in facts.facts}
    return dataclasses.replace(facts, facts={**facts.facts, **new}) if new else facts


def _absent(facts: Facts) -> Iterator[Fact]:
    under_wsl = facts.get("os.wsl").state is State.KNOWN  # where Windows has the module
    for name, reason in facts.missing.items():
        told = _KNOWN_ABSENT.search(reason) or (_NO_MODULE in reason and not under_wsl)
        if is_host(name) and told:
            yield Fact(name, source=reason, state=State.ABSENT)


def _fallbacks(facts: Facts) -> Iterator[Fact]:
    driver, name, runs = facts.get("driver"), facts.get("gpu.name"), facts.get("cuda.driver")
    if driver.state is not State.UNSEEN:
        yield dataclasses.replace(driver, name=LIBCUDA)
    if runs.state is State.KNOWN and COMPAT in runs.source:
        yield dataclasses.replace(runs, name="cuda.compat")
    if name.state is State.KNOWN and len(set(name.all)) < 2:
        brand = next((word for word in _BRANDS if word in name.value.lower()), "")
        if brand:
            yield Fact("gpu.brand", brand, name.source)


def _hidden_from_cpu(recipe: Recipe, facts: Facts) -> Iterator[Fact]:
    """Give GPUs and driver as absent where the recipe wants the CPU and asks nothing of them."""
    if accelerator(recipe).value != "cpu":
        return
    wished = {wish.name for wish in recipe.host}
    for name in {*facts.facts, *facts.missing, "driver", "gpu.count", "gpu.compute"} - wished:
        if name.startswith(_OF_GPUS):
            yield Fact(name, source="the recipe runs on the CPU", state=State.ABSENT)


def accelerator(recipe: Recipe) -> Fact:
    """Give what the recipe wants to run on; a need on `gpu.*` wants a GPU."""
    wish = next((wish for wish in recipe.host if wish.name == "accelerator"), None)
    if wish is not None:
        return Fact("accelerator", wish.specifier, "the recipe")
    if any(wish.name.startswith("gpu.") for wish in recipe.host):
        return Fact("accelerator", "cuda", "the recipe asks for a GPU")
    return Fact("accelerator", source="the recipe does not say", state=State.ABSENT)


def concerns_gpu(case: Case) -> bool:
    """Say whether the recipe wants a GPU, or one is known to be there."""
    wanted = case.facts.get("accelerator").value
    if wanted == "cpu":
        return False
    return wanted == "cuda" or any(case.facts.get(n).state is State.KNOWN for n in ("driver", "gpu.compute"))
