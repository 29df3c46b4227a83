"""Give a job the kind of output that it would have without us: a terminal for a terminal, else a pipe."""

from __future__ import annotations

import contextlib
import os
import signal
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType


class Channel(NamedTuple):
    """One way out of a job: what it is given, what we read, and where that goes."""

    given: int
    read: int
    to: int
    is_terminal: bool


def channel(to: int) -> Channel:
    """Give a channel for standard output (1) or error (2)."""
    if os.isatty(to) and os.name == "posix":
        read, given = os.openpty()
        _as_it_comes(given)
        _size(to, given)
        return Channel(given, read, to, is_terminal=True)
    read, given = os.pipe()
    return Channel(given, read, to, is_terminal=False)


def _as_it_comes(descriptor: int) -> None:
    """Let bytes pass as they are: the real terminal adds its returns."""
    import tty

    tty.setraw(descriptor)


def _size(of: int, to: int) -> None:
    with contextlib.suppress(OSError):
        import termios

        termios.tcsetwinsize(to, termios.tcgetwinsize(of))


@contextlib.contextmanager
def followed(descriptors: Sequence[int]) -> Iterator[None]:
    """Keep pseudo-terminals at the size of the real one."""
    number = getattr(signal, "SIGWINCH", None)
    if number is None or not descriptors:
        yield
        return

    def resize(_number: int, _frame: FrameType | None) -> None:
        for one in descriptors:
            _size(1 if os.isatty(1) else 2, one)

    before = signal.signal(number, resize)
    try:
        yield
    finally:
        signal.signal(number, before)


def is_in_front() -> bool:
    """Say whether the keyboard's signals go to our group of processes, the job among them."""
    try:
        keyboard = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(keyboard) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(keyboard)
