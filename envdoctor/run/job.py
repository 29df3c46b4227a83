"""Run a job and listen: its words go on unchanged and at once, its signals and its end are its own.

Where the terminal is, the job sees one (a pseudo-terminal of the same size), so that progress bars stay alive; its
input is left alone. What it says passes through a sieve of constant size, and into a file if one is wanted.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from typing import TYPE_CHECKING, NamedTuple

from envdoctor import processes
from envdoctor.run import terminal

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

_FORWARDED = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2")
              if hasattr(signal, name)]  # fmt: skip
_LULL = 0.2  # how long to wait for the last words of children that a job leaves behind, in seconds
_AT_ONCE = 1 << 16


class Ended(NamedTuple):
    """How a job ended: its exit status as a shell gives it, whether it was told to stop, and how long it took."""

    status: int
    stopped: bool
    seconds: float


def run(words: Sequence[str], hear: Callable[[bytes], None]) -> Ended:
    """Run a job to its end; raise OSError if it cannot be started. `hear` gets all that it says."""
    channels = [terminal.channel(1), terminal.channel(2)]
    began = time.monotonic()
    told: list[int] = []
    try:
        process = processes.attach(words, channels[0].given, channels[1].given)
        with _signals(process, told), terminal.followed([one.read for one in channels if one.is_terminal]):
            for one in channels:
                os.close(one.given)
            _relay(process, channels, hear)
            status = process.wait()
    except OSError:
        for one in channels:
            with contextlib.suppress(OSError):
                os.close(one.given)
        raise
    finally:
        for one in channels:
            with contextlib.suppress(OSError):
                os.close(one.read)
    return Ended(128 - status if status < 0 else status, bool(told), time.monotonic() - began)


@contextlib.contextmanager
def _signals(process: subprocess.Popen[bytes], told: list[int]) -> Iterator[None]:
    """Hand signals on to the job. One from the keyboard reaches it anyway; the second word to end is final."""

    def hand_on(number: int, _frame: FrameType | None) -> None:
        told.append(number)
        if number in (signal.SIGINT, getattr(signal, "SIGQUIT", -1)) and terminal.is_in_front():
            return
        final = number == signal.SIGTERM and told.count(number) > 1
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM) if final else number)

    before = {number: signal.signal(number, hand_on) for number in _FORWARDED}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _relay(
    process: subprocess.Popen[bytes], channels: Sequence[terminal.Channel], hear: Callable[[bytes], None]
) -> None:
    """Pass on what the job says until it has ended and its channels are empty."""
    goes_to = {one.read: one.to for one in channels}
    ended_at = None
    while goes_to:
        ready = select.select(list(goes_to), [], [], _LULL)[0]
        for source in ready:
            chunk = _read(source)
            if not chunk or not _written(goes_to[source], chunk):
                os.close(source)  # the reader has gone: the job learns of it as it would without us
                del goes_to[source]
            if chunk:
                hear(chunk)
        if not ready and process.poll() is not None:
            if ended_at is not None:
                return
            ended_at = time.monotonic()


def _read(source: int) -> bytes:
    try:
        return os.read(source, _AT_ONCE)
    except OSError:  # a pseudo-terminal that nobody holds open any more
        return b""


def _written(to: int, chunk: bytes) -> bool:
    rest = memoryview(chunk)
    while rest:
        try:
            rest = rest[os.write(to, rest) :]
        except BlockingIOError:
            select.select([], [to], [])
        except OSError:
            return False
    return True
