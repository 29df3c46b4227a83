"""Is a fact that was not seen worth a word?

A judgement about GPUs waits for nothing where nobody asks for one and none is known to be there; and a fine fact (which
libcuda, how many NVSwitches) that nobody tried to read says nothing about what a claim could find. A driver that does
not answer is a finding of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.checks import nvml, sight
from envdoctor.model import State, Waits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.model import Case, Fact

_FAMILIES = ("driver", "cudnn", "nccl", "nvjitlink", "gpu.", "cuda.", "nvidia.", "accelerator")
_PLAIN = frozenset({"driver", "gpu.compute", "gpu.count"})


def waits(code: str, fact: Fact, case: Case) -> Iterator[Waits]:
    """Give the word that a judgement waits for a fact, if it is worth one."""
    if fact.name == sight.LIBCUDA:
        fact = case.facts.get("driver")
    if nvml.broken(fact):
        return
    if fact.state is not State.UNSEEN or worth_telling(fact.name, case):
        yield Waits(code, fact)


def worth_telling(name: str, case: Case) -> bool:
    """Say whether an unseen fact is worth a word in this case."""
    looked_for = name in case.facts.missing
    if name.startswith(_FAMILIES):
        return (looked_for or name in _PLAIN) and sight.concerns_gpu(case)
    return looked_for or "." not in name or name.startswith("env.")
