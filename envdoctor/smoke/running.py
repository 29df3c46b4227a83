"""Run a process of trials within limits, and keep how it ended."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

from envdoctor import processes
from envdoctor.errors import CannotLook
from envdoctor.smoke import elf, reading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envdoctor.model.smoke import Ran
    from envdoctor.smoke.plan import Job, Settings

_LAST = {what: re.compile(rf"^envdoctor-{what} (.+)$", re.MULTILINE) for what in ("trial", "library")}


def run(python: str, job: Job, settings: Settings, variables: Mapping[str, str] | None = None) -> Ran:
    """Run a job by the target's Python and give what came of it; raise CannotLook if it cannot be started."""
    folder = Path(job.folder) if job.folder else None
    try:
        process = processes.start([python, *job.words], folder=folder, variables=variables)
    except OSError as error:
        raise CannotLook(f"cannot be started: {error.strerror}", place=python) from None
    _bound(process.pid, settings.cpu)
    started = time.monotonic()
    done = processes.finish(process, settings.wall)
    over = time.monotonic() - started >= settings.wall
    ran = reading.ran(job, done, settings, over=over)._replace(load=_load())
    if ran.status == 0 or ran.attempts:
        return ran
    last = {what: (pattern.findall(done.err) or [""])[-1].strip() for what, pattern in _LAST.items()}
    return ran._replace(at=last["trial"], library=last["library"], cut=tuple(elf.cut_beside(last["library"])))


def _bound(process: int, seconds: float) -> None:
    """Let the system end a process that computes for longer, however busy the machine is; Linux can."""
    try:
        import resource

        resource.prlimit(process, resource.RLIMIT_CPU, (int(seconds), int(seconds) + 5))
    except (ImportError, AttributeError, OSError, ValueError):
        return  # the wall limit holds everywhere


def _load() -> float:
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
