"""`envdoctor check`: judge a target."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from envdoctor.cli import options

Subject = Annotated[
    str | None,
    typer.Argument(
        metavar="[SUBJECT]",
        help="A recipe, the name of a bundled one, or requirements*.txt, pyproject.toml, pylock.toml, environment.yml, "
        "conda-lock.yml, bentofile.yaml.",
    ),
]
Codes = list[str] | None
Select = Annotated[Codes, typer.Option("--select", metavar="CODES", help="Judge only these codes (prefixes).")]
Ignore = Annotated[Codes, typer.Option("--ignore", metavar="CODES", help="Do not fail on these codes (prefixes).")]
FailOn = Annotated[options.FailOn, typer.Option("--fail-on", help="The least severity that fails.")]
Strict = Annotated[bool, typer.Option("--strict", help="Fail also on what could not be judged.")]
Baseline = Annotated[
    str | None,
    typer.Option("--baseline", metavar="REPORT", help="An earlier JSON report: what it holds does not fail again."),
]
Online = Annotated[bool, typer.Option("--online", help="Ask the index: solve the fix for this target.")]
Resolve = Annotated[bool, typer.Option("--resolve", help="Judge what an installer would choose, not what is there.")]
Day = Annotated[str, typer.Option("--at", metavar="DATE", callback=options.day, help="With `--resolve`: on that day.")]
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
    baseline: Baseline = None,
    deep: options.Deep = False,
    code: options.Code = None,
    online: Online = False,
    resolve: Resolve = False,
    at: Day = "",
    static: options.Static = False,
    timeout: options.Timeout = 30.0,
    form: options.Form = options.Format.TEXT,
    json: options.Json = False,
    outputs: options.Outputs = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    color: options.Colored = options.Color.AUTO,
) -> None:
    """Find, explain and cure what is wrong with an environment.

    Exit status: 0 nothing that fails, 1 a finding that fails, 2 wrong usage or a file to correct, 3 could not look.
    """
    from envdoctor.app import check as app
    from envdoctor.app import options as how
    from envdoctor.cli import delivery, output

    way = delivery.Way.of(form, json, outputs, color, verbose - quiet)
    look = how.At(target, tuple(fact or ()), static, timeout, deep)
    filters = how.Filters(prefixes(select), prefixes(ignore), fail_on.value, strict, baseline or "")
    asked = how.Options(subject, look, filters, tuple(matrix or ()), tuple(machine or ()), tuple(code or ()), online)
    with output.reading("reading modules", "linking them", color) as move:
        report = app.check(asked._replace(words=again(), resolve=resolve, day=at, move=move), output.tell)
    delivery.deliver(report, way)


def prefixes(given: Codes) -> tuple[str, ...]:
    """Give the codes that are named, in capitals; refuse an option that names none."""
    prefixes = tuple(part.strip().upper() for item in given or () for part in item.split(",") if part.strip())
    if given and not prefixes:
        raise typer.BadParameter("no code is named")
    return prefixes


def again() -> str:
    """Give the command that was typed, for the report's `verify:`; who starts us for another names his own."""
    import os
    import shlex

    if typed := os.environ.get("ENVDOCTOR_TYPED"):
        return typed
    started = ["python3", sys.argv[0]] if os.path.isdir(sys.argv[0]) else ["envdoctor"]
    return shlex.join([*started, *sys.argv[1:]])
