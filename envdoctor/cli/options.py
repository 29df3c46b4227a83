"""The options that several commands share, each defined once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """The formats of a report."""

    TEXT = "text"
    JSON = "json"


class FailOn(StrEnum):
    """From which severity on a finding fails the check."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    NEVER = "never"


class Color(StrEnum):
    """When to use colour."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


Target = Annotated[
    str | None,
    typer.Option(
        "--target",
        "--python",
        metavar="WHAT",
        help="What is judged: a Python, an environment's folder, an image's root, a snapshot, or a list of packages.",
    ),
]
Given = Annotated[
    list[str] | None,
    typer.Option("--fact", metavar="KEY=VALUE", help="A fact of another computer, such as glibc=2.31 or env.NAME=1."),
]
Machine = Annotated[
    list[str] | None,
    typer.Option(
        "--machine",
        metavar="NAME|SNAPSHOT",
        help="Judge for another computer: a machine of the recipe, `all` of them, or a snapshot. Repeatable.",
    ),
]
Deep = Annotated[bool, typer.Option("--deep", help="Also look into every file, and whether all imports meet.")]
Code = Annotated[
    list[Path] | None,
    typer.Option("--code", metavar="PATH", help="A program that is to run: script, notebook, package. Repeatable."),
]
Matrix = Annotated[
    list[Path] | None,
    typer.Option("--matrix", metavar="DIR", envvar="ENVDOCTOR_MATRIX", help="A folder of further claims. Repeatable."),
]
Static = Annotated[bool, typer.Option("--static", help="Start no process, not even the target's Python.")]
Timeout = Annotated[
    float, typer.Option("--timeout", min=0.1, max=86_400, metavar="S", help="How long the target's Python may take.")
]
Colored = Annotated[Color, typer.Option("--color", help="When to use colour; NO_COLOR is honoured.")]


def day(text: str) -> str:
    """Give a day as written (YYYY-MM-DD), or nothing; refuse what is none."""
    import datetime

    try:
        return datetime.date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        raise typer.BadParameter(f"`{text}` is not a day (YYYY-MM-DD)") from None
