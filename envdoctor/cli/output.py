"""Print lines to where they go: in colour on a terminal that wants it, plain everywhere else."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from envdoctor.cli.options import Color

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from envdoctor.report.layout import Line


def width(stream: TextIO | None = None) -> int:
    """Give the width to lay text out for: the terminal's up to 100 columns, 80 where there is none."""
    return min(shutil.get_terminal_size((80, 24)).columns, 100) if (stream or sys.stdout).isatty() else 80


def show(lines: Iterable[Line], color: Color, stream: TextIO | None = None) -> None:
    """Print lines, on stdout if nothing else is said."""
    to = stream or sys.stdout
    if _wants_color(color, to):
        from envdoctor.report.screen import coloured

        to.write(coloured(lines))
    else:
        from envdoctor.report.layout import plain

        to.write(plain(lines))
    to.flush()


def _wants_color(color: Color, stream: TextIO) -> bool:
    if color is not Color.AUTO:
        return color is Color.ALWAYS
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def tell(message: str) -> None:
    """Print a line of progress on stderr."""
    from envdoctor.report.layout import clean

    print(clean(f"envdoctor: {message}"), file=sys.stderr, flush=True)


def silence() -> None:
    """Point stdout at nothing, so that the interpreter's last flush does not complain of a closed pipe."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def progress(what: str) -> Iterator[Callable[[str, int, int], None]]:
    """Give a function that tells how far long work is: as a bar on a terminal, else in a line each."""
    if not sys.stderr.isatty():
        yield lambda last, done, total: tell(f"{last} ({done} of {total})")
        return
    from envdoctor.report.progress import bar

    with bar(what) as move:
        yield move


@contextmanager
def reading(what: str, then: str, color: Color) -> Iterator[Callable[[int, int], None]]:
    """Give a function that shows how far a reading is: a bar on a terminal that begins with the first step.

    A reading of nothing is one that is over; the bar shows then what follows.
    """
    if not sys.stderr.isatty():
        yield lambda done, total: None  # noqa: ARG005
        return
    from contextlib import ExitStack

    with ExitStack() as shown:
        moves: list[Callable[[str, int, int], None]] = []

        def move(done: int, total: int) -> None:
            if not moves:
                from envdoctor.report.progress import bar

                moves.append(shown.enter_context(bar(what, then, coloured=_wants_color(color, sys.stderr))))
            moves[0]("", done, total)

        yield move
