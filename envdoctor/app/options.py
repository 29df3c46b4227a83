"""What `check` can be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from envdoctor.facts import At

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["FAIL_ON", "At", "Filters", "Options"]
FAIL_ON = ("error", "warning", "info", "never")


class Filters(NamedTuple):
    """Which findings count: prefixes of codes to select or ignore, and from which severity on a finding fails.

    `baseline`: an earlier report; `known` has the keys of its findings, which do not fail again.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: str = "error"
    strict: bool = False
    baseline: str = ""
    known: frozenset[tuple[str, tuple[str, ...], str]] = frozenset()


class Options(NamedTuple):
    """How to judge. `subject`: None for every rule that applies; `words`: how to ask the same again.

    `machines`: the computers to judge for, by name or snapshot; none for the one that the target is on. `code`: the
    programs that are to run. `resolve`: judge what an installer would choose in place of what is installed, on a `day`,
    or today. `move` hears how many files of how many the link check has read.
    """

    subject: str | None = None
    at: At = At()
    filters: Filters = Filters()
    matrix: tuple[Path, ...] = ()
    machines: tuple[str, ...] = ()
    code: tuple[Path, ...] = ()
    online: bool = False
    words: str = "envdoctor check"
    resolve: bool = False
    day: str = ""
    move: Callable[[int, int], None] = lambda *_: None
