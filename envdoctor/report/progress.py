"""Draw a bar for long work on a terminal."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def bar(what: str, then: str = "", *, coloured: bool = True) -> Iterator[Callable[[str, int, int], None]]:
    """Give a function that moves a bar on stderr: what was done last, how much of how much.

    Of nothing means that all is done, and that `then` follows, which nobody can count.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(None),
        TextColumn("{task.fields[count]}"),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True, no_color=None if coloured else True)
    with Progress(*columns, console=console, transient=True, refresh_per_second=5) as progress:
        task = progress.add_task(what, total=None, count="")

        def move(last: str, done: int, total: int) -> None:
            if total:
                progress.update(task, completed=done, total=total, count=f"{done:,} of {total:,}")
            else:
                progress.remove_task(task)
                progress.add_task(then, total=None, count="")
            if last:
                progress.print(last, markup=False, highlight=False)

        yield move
