"""Spread work that reads many files over the cores: forked copies of this process each do a part of it.

Threads would not do, for most of such work holds Python's lock. A copy can only be made of a process with one thread,
and where the system has fork; elsewhere, and for little work, it is done here.
"""

from __future__ import annotations

import marshal
import os
import select
import signal
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Item = TypeVar("Item")

MOST_HANDS = 4  # the disk is one
LEAST = 200  # items that are worth a copy of a process: to make one takes some milliseconds
PATIENCE = 60.0  # then the work of a copy that says nothing is done here


class _Hand(NamedTuple):
    process: int
    pipe: int


def over(work: Callable[[Item], Any], items: Sequence[Item], *, least: int = LEAST) -> list[Any]:
    """Give what a function makes of each item, in their order: values of marshal's plain types alone."""
    hands = min(_cores(), MOST_HANDS, len(items) // least)
    if hands < 2 or not hasattr(os, "fork") or threading.active_count() > 1:
        return [work(item) for item in items]
    parts = [items[len(items) * hand // hands : len(items) * (hand + 1) // hands] for hand in range(hands)]
    copies = [_copy(work, part) for part in parts[1:]]
    try:
        done = [work(item) for item in parts[0]]
        until = time.monotonic() + PATIENCE
        for copy, part in zip(copies, parts[1:], strict=True):
            said = _said(copy.pipe, until)
            done += [work(item) for item in part] if said is None else said
    finally:
        for copy in copies:
            _end(copy)
    return done


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _copy(work: Callable[[Item], Any], part: Sequence[Item]) -> _Hand:
    ours, theirs = os.pipe()
    process = os.fork()
    if process:
        os.close(theirs)
        return _Hand(process, ours)
    status = 1
    try:
        os.close(ours)
        with open(theirs, "wb") as pipe:
            pipe.write(marshal.dumps([work(item) for item in part]))
        status = 0
    finally:
        os._exit(status)  # whatever happened: a copy must not go on as if it were the whole


def _said(pipe: int, until: float) -> list[Any] | None:
    """Give what a copy has made of its part, or None if it failed."""
    blob = bytearray()
    while select.select([pipe], [], [], max(0.0, until - time.monotonic()))[0]:
        more = os.read(pipe, 1_000_000)
        blob += more
        if not more:
            break
    try:
        said = marshal.loads(bytes(blob))  # noqa: S302  (from a copy of ourselves)
    except (ValueError, EOFError, TypeError):
        return None
    return said if isinstance(said, list) else None


def _end(copy: _Hand) -> None:
    os.close(copy.pipe)
    os.kill(copy.process, signal.SIGKILL)  # it has ended, or it hangs; nobody else has waited for it
    os.waitpid(copy.process, 0)
