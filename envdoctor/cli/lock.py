"""`envdoctor lock`: freeze what a recipe asks for, and see whether it is still so."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from envdoctor.cli import check as common
from envdoctor.cli import options

_MAKE = "make"


class _Group(TyperGroup):
    """Take the first word as a subject where it is none of the commands: `envdoctor lock RECIPE` makes a lock."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Put the command before a subject."""
        known = {*self.commands, *ctx.help_option_names}
        return super().parse_args(ctx, [_MAKE, *args] if args and args[0] not in known else args)


class Rendered(StrEnum):
    """What conda-lock makes of a lock."""

    EXPLICIT = "explicit"
    ENV = "env"


app = typer.Typer(
    cls=_Group,
    no_args_is_help=True,
    help="Freeze what a recipe asks for under what is known to work (`lock SUBJECT`), and check it.",
)
Subject = Annotated[
    str, typer.Argument(metavar="SUBJECT", help="A recipe, a bundled one's name, environment.yml or requirements.txt.")
]
To = Annotated[Path | None, typer.Option("--to", metavar="DIR", help="The folder of the locks (else the recipe's).")]
Before = Annotated[
    str, typer.Option("--exclude-newer", metavar="DATE", help="Nothing released from this day or instant on.")
]
Torch = Annotated[str, typer.Option("--torch-variant", metavar="NAME", help="auto, pypi, cpu, cu126, rocm6.4 …")]
Update = Annotated[list[str] | None, typer.Option("--update", metavar="NAME", help="Let a package move. Repeatable.")]
Upgrade = Annotated[bool, typer.Option("--upgrade", help="Let every package move.")]
Built = Annotated[
    list[str] | None, typer.Option("--allow-build", metavar="NAME", help="Run the build of a package without wheels.")
]
Render = Annotated[
    Rendered | None, typer.Option("--render", help="Have conda-lock render a conda lock, for conda to read.")
]
Dry = Annotated[bool, typer.Option("--dry-run", help="Tell what would change, and write nothing.")]
Limit = Annotated[float, typer.Option("--timeout", min=1, metavar="S", help="How long one solve may take.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command(_MAKE)
def make(  # noqa: PLR0917  (Typer makes options of them)
    subject: Subject,
    to: To = None,
    target: options.Target = None,
    machine: options.Machine = None,
    fact: options.Given = None,
    exclude_newer: Before = "",
    torch_variant: Torch = "",
    update: Update = None,
    upgrade: Upgrade = False,
    allow_build: Built = None,
    render: Render = None,
    dry_run: Dry = False,
    matrix: options.Matrix = None,
    timeout: Limit = 300.0,
    json: Json = False,
    color: options.Colored = options.Color.AUTO,
) -> None:
    """Solve what SUBJECT asks for, for each of its machines, and write the lock. The word `make` may be left out.

    Exit status: 0 done, 1 no set of versions is free of errors, 2 wrong usage or a file to correct, 3 no index answers.
    """
    from envdoctor.app import lock as app
    from envdoctor.app.options import At
    from envdoctor.cli import output
    from envdoctor.report import lock as report

    at = At(target, tuple(fact or ()))
    anew = ("*",) if upgrade else tuple(update or ())
    asked = app.Asked(
        subject, to, at, tuple(machine or ()), exclude_newer, torch_variant, anew, tuple(allow_build or ())
    )
    asked = asked._replace(dry=dry_run, matrix=tuple(matrix or ()), limit=timeout, render=render or "")
    written = app.lock(asked, output.tell)
    if json:
        sys.stdout.write(report.render(written))
    else:
        output.show(report.lines(written, output.width()), color)


@app.command("check")
def check(  # noqa: PLR0917  (Typer makes options of them)
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="A recipe whose lock is to be checked, or a lock.")],
    to: To = None,
    target: options.Target = None,
    machine: options.Machine = None,
    matrix: options.Matrix = None,
    select: common.Select = None,
    ignore: common.Ignore = None,
    fail_on: common.FailOn = options.FailOn.ERROR,
    strict: common.Strict = False,
    deep: options.Deep = False,
    static: options.Static = False,
    timeout: options.Timeout = 30.0,
    form: options.Form = options.Format.TEXT,
    json: options.Json = False,
    outputs: options.Outputs = None,
    quiet: common.Quiet = False,
    verbose: common.Verbose = False,
    color: options.Colored = options.Color.AUTO,
) -> None:
    """See whether recipe, lock and target still agree, without solving anything.

    Exit status: 0 they do, 1 they differ, 2 wrong usage or a file to correct, 3 could not look.
    """
    from envdoctor.app import lock_check as app
    from envdoctor.app.options import At, Filters
    from envdoctor.cli import delivery

    at = At(target, static=static, timeout=timeout, deep=deep)
    filters = Filters(common.prefixes(select), common.prefixes(ignore), fail_on=fail_on.value, strict=strict)
    asked = app.Asked(subject, to, at, tuple(machine or ()), filters, tuple(matrix or ()), common.again())
    report = app.check(asked)
    delivery.deliver(report, delivery.Way.of(form, json, outputs, color, verbose - quiet))


@app.command("seal")
def seal(
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="A recipe whose lock is to be sealed, or a lock.")],
    to: To = None,
    target: options.Target = None,
    static: options.Static = False,
    timeout: options.Timeout = 30.0,
) -> None:
    """Write into the lock which files the target's packages have, for `lock check` to find them changed.

    Exit status: 0 done, 2 wrong usage or a target that is not what the lock says, 3 could not look.
    """
    from envdoctor.app import lock_check as app
    from envdoctor.app.options import At
    from envdoctor.cli import output

    at = At(target, static=static, timeout=timeout)
    path, number = app.seal(app.Asked(subject, to, at), output.tell)
    print(f"{path}: {number} packages sealed")
