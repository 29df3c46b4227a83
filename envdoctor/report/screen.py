"""Draw lines on a terminal in colour; colour repeats what the words say and adds nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envdoctor.report.layout import Line

STYLES = {
    "error": "bold red",
    "warning": "yellow",
    "unknown": "magenta",
    "info": "blue",
    "ok": "green",
    "fix": "bold green",
    "command": "cyan",
    "dim": "dim",
    "bold": "bold",
}


def coloured(lines: Iterable[Line]) -> str:
    """Give lines with the terminal's colour codes."""
    from rich.console import Console
    from rich.text import Text

    console = Console(force_terminal=True, width=10_000, highlight=False, legacy_windows=False)
    with console.capture() as capture:
        for line in lines:
            console.print(Text(line.text, style=STYLES.get(line.style, "")), soft_wrap=True)
    return capture.get()
