"""`envdoctor diagnose`: from the log of a dead job to what to type."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from envdoctor.cli import options

if TYPE_CHECKING:
    from envdoctor.model.diagnosis import Diagnosis


class Format(StrEnum):
    """The formats of a diagnosis."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


Logs = Annotated[
    list[str] | None,
    typer.Argument(metavar="[LOG]...", help="Logs, packed ones too; `-` or none: standard input."),
]
Form = Annotated[Format, typer.Option("--format", help="The format of the diagnosis.")]
Online = Annotated[bool, typer.Option("--online", help="Ask the index which releases have a name that is missing.")]
Json = Annotated[bool, typer.Option("--json", help="The same as `--format json`.")]


def diagnose(  # noqa: PLR0917  (Typer makes options of them)
    log: Logs = None,
    target: options.Target = None,
    fact: options.Given = None,
    matrix: options.Matrix = None,
    online: Online = False,
    static: options.Static = False,
    timeout: options.Timeout = 30.0,
    form: Form = Format.TEXT,
    json: Json = False,
    color: options.Colored = options.Color.AUTO,
) -> None:
    """Read the log of a dead job: is it the environment, which component, what to type?

    Exit status: 0 not the environment, or unknown; 1 the environment; 2 wrong usage; 3 could not look at the target.
    """
    from envdoctor.app import diagnose as app
    from envdoctor.app.options import At
    from envdoctor.cli import output

    at = At(named=target, given=tuple(fact or ()), static=static, timeout=timeout) if target or fact else None
    told = app.diagnosed(app.Asked(_names(log), at, tuple(matrix or ()), online), output.tell)
    _print(told, Format.JSON if json else form, color)
    raise typer.Exit(int(told.verdict == "environment"))


def _names(log: list[str] | None) -> tuple[str, ...]:
    if not log and sys.stdin.isatty():
        raise typer.BadParameter("no log: name a file, or send one to standard input")
    return tuple(dict.fromkeys(log or ["-"]))


def _print(told: Diagnosis, form: Format, color: options.Color) -> None:
    from envdoctor.report import diagnosis as report

    if form is Format.TEXT:
        from envdoctor.cli import output

        output.show(report.lines(told, width=output.width()), color)
    else:
        sys.stdout.write(report.render(told) if form is Format.JSON else report.markdown(told))
