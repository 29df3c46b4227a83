"""`envdoctor rules verify`: try claims for real in throw-away environments."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from envdoctor.cli import options

Only = Annotated[list[str] | None, typer.Option("--only", metavar="CODES", help="Only these codes (prefixes).")]
Since = Annotated[str, typer.Option("--since", metavar="DATE", help="Only what was not checked since that day.")]
Jobs = Annotated[int, typer.Option("--jobs", min=1, max=64, help="How many claims at once.")]
Disk = Annotated[float, typer.Option("--disk", min=0.1, metavar="GIB", help="How much disk it may take.")]
Minutes = Annotated[float, typer.Option("--minutes", min=0.1, metavar="M", help="After how long to begin no more.")]
Kept = Annotated[Path, typer.Option("--results", metavar="FILE", help="Results so far; a run goes on from there.")]
Again = Annotated[bool, typer.Option("--again", help="Try also what the file of results has already.")]
Write = Annotated[bool, typer.Option("--write", help="Bring day, grade and versions in the matrix files up to date.")]
Work = Annotated[Path | None, typer.Option("--work", metavar="DIR", help="A folder to work in; its cache is kept.")]


def verify(  # noqa: PLR0917  (Typer makes options of them)
    only: Only = None,
    since: Since = "",
    matrix: options.Matrix = None,
    jobs: Jobs = 2,
    disk: Disk = 20.0,
    minutes: Minutes = 60.0,
    kept: Kept = Path("envdoctor-verify.json"),
    again: Again = False,
    write: Write = False,
    work: Work = None,
    color: options.Colored = options.Color.AUTO,
) -> None:
    """Install and run what claims say: good sets have to work, bad ones to fail, fixes to resolve and to cure.

    It downloads, installs and runs the packages that the claims name. Exit status: 0 all came true, 1 something
    contradicts a claim, 3 nothing could be tried.
    """
    from envdoctor.app import verify as app
    from envdoctor.cli import output
    from envdoctor.report import verification

    prefixes = tuple(part.strip().upper() for item in only or () for part in item.split(",") if part.strip())
    bounds = (jobs, disk, minutes)
    wanted = app.Wanted(tuple(matrix or ()), prefixes, options.day(since), *bounds, kept, again, write, work)
    with output.progress("verifying claims") as tell:
        found = app.verify(wanted, lambda one, done, total: tell(verification.told(one), done, total))
    output.show(verification.lines(found.results, found.left, found.rewritten, output.width()), color)
    tried = any(one.tried for one in found.results)
    refuted = any(one.refuted for one in found.results)
    raise typer.Exit(1 if refuted else 0 if tried or not found.results else 3)
