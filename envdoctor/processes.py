"""Run other programs: each in a session of its own, within a time limit, ended together with its children."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import struct
import subprocess
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

MOST_OUTPUT = 32_000_000
GLANCE = 0.05  # how often to look whether a process that says nothing has ended, in seconds
PARTING = 1.0
MOST_HELPERS = 16
_LENGTH = struct.Struct("<Q")
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


class Helper:
    """A copy of this process that does one kind of work piece by piece, within a time for each; it ends when we do."""

    def __init__(self, work: Callable[[bytes], bytes], others: Sequence[Helper]) -> None:
        """Become two; raise OSError where that cannot be."""
        self.line, theirs = socket.socketpair()
        self._process = os.fork()
        if not self._process:
            for other in (self, *others):
                other.line.close()
            _serve(theirs, work)
        theirs.close()

    def send(self, piece: bytes) -> None:
        """Give it a piece of work; raise OSError if it is gone."""
        self.line.sendall(_LENGTH.pack(len(piece)) + piece)

    def receive(self, limit: float) -> bytes:
        """Give what came of the piece, nothing if the work failed; raise OSError if it is gone or takes too long."""
        self.line.settimeout(limit)
        (length,) = _LENGTH.unpack(_exactly(self.line, _LENGTH.size))
        return _exactly(self.line, length)

    def close(self) -> None:
        """End it."""
        self.line.close()
        with contextlib.suppress(OSError):
            os.kill(self._process, signal.SIGKILL)
            os.waitpid(self._process, 0)


def _serve(line: socket.socket, work: Callable[[bytes], bytes]) -> None:
    """Work until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(BaseException):
        while True:
            (length,) = _LENGTH.unpack(_exactly(line, _LENGTH.size))
            piece, found = _exactly(line, length), b""
            with contextlib.suppress(Exception):
                found = work(piece)
            line.sendall(_LENGTH.pack(len(found)) + found)
    os._exit(0)


def _exactly(line: socket.socket, length: int) -> bytes:
    parts: list[bytes] = []
    while length:
        part = line.recv(min(length, 1_048_576))
        if not part:
            raise ConnectionResetError("a helper is gone")
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def helpers(work: Callable[[bytes], bytes]) -> list[Helper]:
    """Give a helper for each core; none where there is one core only, or where a process cannot become two."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    found: list[Helper] = []
    if cores < 2 or threading.active_count() > 1:
        return found
    with contextlib.suppress(OSError):
        for _ in range(min(cores, MOST_HELPERS)):
            found.append(Helper(work, found))
    return found


def end_all() -> None:
    """End every process that still runs, whichever thread waits for it, and let no other begin: envdoctor ends."""
    global _over  # noqa: PLW0603  (one word for all threads)
    _over = True
    for process in tuple(_LIVE):
        end(process)
