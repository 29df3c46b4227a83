"""`envdoctor check`: judge a target."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from envdoctor.cli import options

if TYPE_CHECKING:
    from envdoctor.model import Report

Subject = Annotated[
    str | None,
    typer.Argument(
        metavar="[SUBJECT]",
        help="A recipe (a file, or the name of a bundled one), an environment.yml or a requirements.txt.",
    ),
]
Codes = list[str] | None
Select = Annotated[Codes, typer.Option("--select", metavar="CODES", help="Judge only these codes (prefixes).")]
Ignore = Annotated[Codes, typer.Option("--ignore", metavar="CODES", help="Do not fail on these codes (prefixes).")]
FailOn = Annotated[options.FailOn, typer.Option("--fail-on", help="The least severity that fails.")]
Strict = Annotated[bool, typer.Option("--strict", help="Fail also on what could not be judged.")]
Online = Annotated[bool, typer.Option("--online", help="Ask the index: solve the fix for this target.")]
Format = Annotated[options.Format, typer.Option("--format", help="The format of the report.")]
Json = Annotated[bool, typer.Option("--json", help="The same as `--format json`.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Only a line a problem.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Also where each fact was read.")]


def check(  # noqa: PLR0917  (Typer makes options of them)
    subject: Subject = None,
    target: options.Target = None,
    machine: options.Machine = None,
    fact: options.Given = None,
    matrix: options.Matrix = None,
    select: Select = None,
    ignore: Ignore = None,
    fail_on: FailOn = options.FailOn.ERROR,
    strict: Strict = False,
    deep: options.Deep = False,
    code: options.Code = None,
    online: Online = False,
    static: options.Static = False,
    timeout: options.Timeout = 30.0,
    form: Format = options.Format.TEXT,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    color: options.Colored = options.Color.AUTO,
) -> None:
    """Find, explain and cure what is wrong with an environment.

    Exit status: 0 nothing that fails, 1 a finding that fails, 2 wrong usage or a file to correct, 3 could not look.
    """
    from envdoctor.app import check as app
    from envdoctor.app.options import At, Filters, Options
    from envdoctor.cli import output

    at = At(named=target, given=tuple(fact or ()), static=static, timeout=timeout, deep=deep)
    filters = Filters(_prefixes(select), _prefixes(ignore), fail_on=fail_on.value, strict=strict)
    asked = Options(subject, at, filters, tuple(matrix or ()), tuple(machine or ()), tuple(code or ()), online, again())
    report = app.check(asked, output.tell)
    _print(report, json or form is options.Format.JSON, verbose - quiet, color)
    raise typer.Exit(report.exit_code)


def _prefixes(given: Codes) -> tuple[str, ...]:
    prefixes = tuple(part.strip().upper() for item in given or () for part in item.split(",") if part.strip())
    if given and not prefixes:
        raise typer.BadParameter("no code is named")
    return prefixes


def again() -> str:
    """Give the command that was typed, for the report's `verify:`."""
    import os
    import shlex

    started = ["python3", sys.argv[0]] if os.path.isdir(sys.argv[0]) else ["envdoctor"]
    return shlex.join([*started, *sys.argv[1:]])


def _print(report: Report, as_json: bool, volume: int, color: options.Color) -> None:
    if as_json:
        from envdoctor.report import json

        sys.stdout.write(json.render(report))
        return
    from envdoctor.cli import output
    from envdoctor.report import layout

    output.show(layout.lines(report, width=output.width(), volume=volume), color)
