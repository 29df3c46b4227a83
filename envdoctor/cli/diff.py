"""`envdoctor diff`: compare two targets."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from envdoctor.cli import options

One = Annotated[str, typer.Argument(metavar="A", help="A target, as `check --target` takes it.")]
Other = Annotated[str | None, typer.Argument(metavar="[B]", help="The other one; the active one if left out.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def diff(  # noqa: PLR0917  (Typer makes options of them)
    one: One,
    other: Other = None,
    recipe: Annotated[str | None, typer.Option("--recipe", metavar="SUBJECT", help="Judge both by a recipe.")] = None,
    matrix: options.Matrix = None,
    deep: options.Deep = False,
    static: options.Static = False,
    timeout: options.Timeout = 30.0,
    json: Json = False,
    color: options.Colored = options.Color.AUTO,
) -> None:
    """Tell what differs between two targets, and which differences the matrix says matter.

    Exit status: 0 no error that only one has, 1 such an error, 2 wrong usage, 3 could not look.
    """
    from envdoctor.app import diff as app
    from envdoctor.app.options import At
    from envdoctor.cli import output
    from envdoctor.report import diff as report

    first, second = (At(named=name, static=static, timeout=timeout, deep=deep) for name in (one, other))
    compared = app.compare(first, second, tuple(matrix or ()), recipe)
    if json:
        sys.stdout.write(report.render(compared))
    else:
        output.show(report.lines(compared, width=output.width()), color)
    raise typer.Exit(compared.exit_code)
