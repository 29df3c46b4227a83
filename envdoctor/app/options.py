"""What `check` can be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from envdoctor.facts import At

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FAIL_ON", "At", "Filters", "Options"]
FAIL_ON = ("error", "warning", "info", "never")


class Filters(NamedTuple):
    """Which findings count: prefixes of codes to select or ignore, and from which severity on a finding fails."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: str = "error"
    strict: bool = False


class Options(NamedTuple):
    """How to judge. `subject`: None for every rule that applies; `words`: how to ask the same again.

    `machines`: the computers to judge for, by name or snapshot; none for the one that the target is on. `code`: the
    programs that are to run.
    """

    subject: str | None = None
    at: At = At()
    filters: Filters = Filters()
    matrix: tuple[Path, ...] = ()
    machines: tuple[str, ...] = ()
    code: tuple[Path, ...] = ()
    online: bool = False
    words: str = "envdoctor check"
