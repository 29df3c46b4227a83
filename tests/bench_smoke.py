"""Measure the core trials of `smoke` at the size tiny: CPU time with the import of torch, and memory."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from envdoctor.smoke import catalog, plan, running
from tests.real.smoking import with_torch

if TYPE_CHECKING:
    from pathlib import Path

CPU_S, MEMORY_MIB = 8.0, 800.0


def promises(folder: Path, rounds: int) -> list[tuple[str, float, float]]:
    """Give each promise, what it came to and the most it may be, after one run that fills the caches of bytecode."""
    python = with_torch(folder / "torch")
    core = [trial for trial in catalog.trials().values() if trial.group == "core" and trial.needs == ("torch",)]
    (job,) = plan.jobs(core, plan.Settings())
    seen = [running.run(str(python), job, plan.Settings()) for _ in range(rounds + 1)][1:]
    assert all(len(one.attempts) == len(core) for one in seen)
    cpu = statistics.median(one.spent["cpu_s"] + one.spent.get("children_cpu_s", 0.0) for one in seen)
    memory = max(one.spent["peak_mib"] for one in seen)
    return [
        (f"smoke, core at tiny ({len(core)} trials), CPU s with torch {seen[0].versions['torch']}", cpu, CPU_S),
        ("smoke, core at tiny, MiB", memory, MEMORY_MIB),
    ]
