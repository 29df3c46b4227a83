"""Draw a bar for long work on a terminal."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def bar(what: str) -> Iterator[Callable[[str, int, int], None]]:
    """Give a function that moves a bar on stderr: what was done last, how much of how much."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(None), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=None)

        def move(last: str, done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)
            if last:
                progress.print(last, markup=False, highlight=False)

        yield move
