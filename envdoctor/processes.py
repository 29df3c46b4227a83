"""Run other programs: each in a session of its own, within a time limit, ended together with its children."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

MOST_OUTPUT = 32_000_000
GLANCE = 0.05  # how often to look whether a process that says nothing has ended, in seconds
PARTING = 1.0
_LIVE: set[subprocess.Popen[bytes]] = set()
_over = False


class Done(NamedTuple):
    """What a process left behind; `status` is None if it was ended, because its time was over or it said too much."""

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


def attach(words: Sequence[str], out: int, err: int) -> subprocess.Popen[bytes]:
    """Start the user's own job: it keeps our input, our group and its own time, and is ended with us alone.

    It is not among those that `end_all` ends: it gets the signals that we get.
    """
    return subprocess.Popen(words, stdout=out, stderr=err, close_fds=True)


def finish(process: subprocess.Popen[bytes], limit: float) -> Done:
    """Wait for a process up to a limit in seconds and of output, and end it then, with whatever it has started."""
    try:
        out, err = _said(process, time.monotonic() + limit)
        status = process.poll()
    finally:
        end(process)
    return Done(status, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))


def _said(process: subprocess.Popen[bytes], until: float) -> tuple[bytes, bytes]:
    """Give what a process says until it ends; a child that it leaves behind may hold its pipes open for longer."""
    assert process.stdout is not None
    assert process.stderr is not None
    if os.name == "nt":  # pipes cannot be waited for there
        return _communicated(process, until)
    said = {process.stdout.fileno(): bytearray(), process.stderr.fileno(): bytearray()}
    waiting = set(said)
    while waiting and time.monotonic() < until:
        ready = select.select(waiting, [], [], min(GLANCE, max(0.0, until - time.monotonic())))[0]
        if not ready and process.poll() is not None:
            break
        for pipe in ready:
            more = os.read(pipe, 65_536)
            said[pipe] += more
            if not more:
                waiting.discard(pipe)
        if sum(map(len, said.values())) > MOST_OUTPUT:
            break
    if not waiting:
        _wait(process, until)
    out, err = said.values()
    return bytes(out), bytes(err)


def _communicated(process: subprocess.Popen[bytes], until: float) -> tuple[bytes, bytes]:
    try:
        return process.communicate(timeout=max(0.0, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        return b"", b""


def _wait(process: subprocess.Popen[bytes], until: float) -> None:
    try:
        process.wait(timeout=max(0.0, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        return  # it closed its pipes and goes on: it is ended


def run(
    words: Sequence[str], *, limit: float, folder: Path | None = None, variables: Mapping[str, str] | None = None
) -> Done:
    """Run a program to its end, within a limit in seconds; raise OSError if it cannot be started."""
    return finish(start(words, folder=folder, variables=variables), limit)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process if it still runs, and its children in any case; close what was open to it."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError, AttributeError):
        if process.poll() is None:
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
