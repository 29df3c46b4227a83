"""`envdoctor rules`: list and count the matrix, and check its form."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from envdoctor.cli import options, verify
from envdoctor.cli.command import Command, Group

app = typer.Typer(cls=Group, no_args_is_help=False, rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def rules(context: typer.Context, matrix: options.Matrix = None, color: options.Colored = options.Color.AUTO) -> None:
    """Count what the matrix knows, by family and grade; `lint` checks its form, `verify` tries it for real."""
    if context.invoked_subcommand:
        return
    from envdoctor.app import knowledge
    from envdoctor.cli import output
    from envdoctor.report import knowledge as report

    rows = [(f.name, f.claims, f.names, f.grades, f.oldest) for f in knowledge.families(tuple(matrix or ()))]
    output.show(report.families(rows), color)


@app.command("lint", cls=Command)
def lint(folders: Annotated[list[Path] | None, typer.Argument(help="Further folders of matrix files.")] = None) -> None:
    """Check every claim: its form, its examples, and that each fix ends the error it is for."""
    from envdoctor.app import lint as app
    from envdoctor.cli import output
    from envdoctor.report.layout import clean

    mistakes = app.lint(tuple(folders or ()))
    for mistake in mistakes:
        hint = f" ({mistake.hint})" if mistake.hint else ""
        sys.stdout.write(clean(f"{mistake.place}: {mistake.problem}{hint}") + "\n")
    output.tell(f"{len(mistakes)} mistakes" if mistakes else "no mistakes")
    raise typer.Exit(1 if mistakes else 0)


app.command("verify", cls=Command)(verify.verify)
