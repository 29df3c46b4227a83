"""Spread work that looks at many files over the cores: copies of this process each do a part of it.

Threads would not do, for most of such work holds Python's lock. Where no copy can be made, and for little work, it is
done here.
"""

from __future__ import annotations

import contextlib
import marshal
from typing import TYPE_CHECKING, Any, TypeVar

from envdoctor import processes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Item = TypeVar("Item")

LEAST_LOOKS = 10_000  # at files; a copy costs as much as half of them, most of it memory that is written to
PATIENCE = 60.0  # then the work of a copy that says nothing is done here


def over(work: Callable[[Item], Any], items: Sequence[Item], looks: int) -> list[Any]:
    """Give what a function makes of each item, in their order: values of marshal's plain types alone.

    `looks` is at how many files it will look in all, about.
    """

    def part(piece: bytes) -> bytes:
        return marshal.dumps([work(item) for item in items[slice(*marshal.loads(piece))]])  # noqa: S302  (our own)

    helpers = processes.helpers(part, min(looks // LEAST_LOOKS, processes.cores()) - 1)
    hands = len(helpers) + 1
    bounds = [len(items) * hand // hands for hand in range(hands + 1)]
    try:
        for helper, first, last in zip(helpers, bounds[1:], bounds[2:], strict=False):
            with contextlib.suppress(OSError):  # it is gone: so its part is done here
                helper.send(marshal.dumps((first, last)))
        done = [work(item) for item in items[: bounds[1]]]
        for helper, first, last in zip(helpers, bounds[1:], bounds[2:], strict=False):
            done += _received(helper) or [work(item) for item in items[first:last]]
    finally:
        for helper in helpers:
            helper.close()
    return done


def _received(helper: processes.Helper) -> list[Any] | None:
    """Give what a copy has made of its part, or None if it failed."""
    try:
        said = marshal.loads(helper.receive(PATIENCE))  # noqa: S302  (from a copy of ourselves)
    except (OSError, ValueError, EOFError, TypeError):
        return None
    return said if isinstance(said, list) else None
