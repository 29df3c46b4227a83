"""Run other programs: each in a session of its own, within a time limit, ended together with its children."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_LIVE: set[subprocess.Popen[bytes]] = set()
_over = False


PARTING = 1.0


class Done(NamedTuple):
    """What a process left behind; `status` is None if it was ended because its time was over, `out` is then a part."""

    status: int | None
    out: str
    err: str


def start(
    words: Sequence[str], *, folder: Path | None = None, variables: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a program that reads nothing and whose output is kept; raise OSError if it cannot be started."""
    if _over:
        raise ProcessLookupError("all work was ended")
    process = subprocess.Popen(
        words,
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    _LIVE.add(process)
    return process


def finish(process: subprocess.Popen[bytes], limit: float) -> Done:
    """Wait for a process up to a limit in seconds, and end it then."""
    try:
        out, err = process.communicate(timeout=limit)
        status: int | None = process.returncode
    except subprocess.TimeoutExpired as late:
        out, err, status = late.output or b"", late.stderr or b"", None
    finally:
        end(process)
    return Done(status, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))


def run(
    words: Sequence[str], *, limit: float, folder: Path | None = None, variables: Mapping[str, str] | None = None
) -> Done:
    """Run a program to its end, within a limit in seconds; raise OSError if it cannot be started."""
    return finish(start(words, folder=folder, variables=variables), limit)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and its children if they still run, and close what was open to it."""
    if process.poll() is None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError, AttributeError):
            process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):  # one that sleeps in a driver cannot be waited for
            process.wait(PARTING)
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()
    _LIVE.discard(process)


def end_all() -> None:
    """End every process that still runs, whichever thread waits for it, and let no other begin: envdoctor ends."""
    global _over  # noqa: PLW0603  (one word for all threads)
    _over = True
    for process in tuple(_LIVE):
        end(process)
