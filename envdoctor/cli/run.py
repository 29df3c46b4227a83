"""`envdoctor run`: the gate, the job, and if it fails the diagnosis."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from envdoctor.cli import check, options

if TYPE_CHECKING:
    from envdoctor.app.run import Ran
    from envdoctor.model import Report
    from envdoctor.model.diagnosis import Diagnosis

REFUSED, NOT_FOUND, NOT_STARTED = 125, 127, 126
_job: list[str] = []

Record = Annotated[
    Path | None,
    typer.Option("--record", metavar="DIR", help="Keep the job's output and the snapshot of its environment there."),
]


def split(words: list[str]) -> list[str]:
    """Take the job off the command line at the first `--`, before anything is parsed."""
    if len(words) > 1 and words[1] == "run" and "--" in words:
        at = words.index("--")
        _job[:] = words[at + 1 :]
        return words[:at]
    return words


def run(  # noqa: PLR0917  (Typer makes options of them)
    subject: check.Subject = None,
    record: Record = None,
    target: options.Target = None,
    matrix: options.Matrix = None,
    select: check.Select = None,
    ignore: check.Ignore = None,
    fail_on: check.FailOn = options.FailOn.ERROR,
    strict: check.Strict = False,
    online: check.Online = False,
    static: options.Static = False,
    timeout: options.Timeout = 30.0,
    color: options.Colored = options.Color.AUTO,
) -> None:
    """Check the environment, run a job (`envdoctor run [SUBJECT] -- CMD…`), and diagnose it if it fails.

    Exit status: the job's own; 125 if the gate refuses, 126 or 127 if the job cannot be started, 2 wrong usage.
    """
    from envdoctor.app import run as app
    from envdoctor.app.options import At, Filters
    from envdoctor.cli import output

    if not _job:
        raise typer.BadParameter("no job: write it after `--`, as in `envdoctor run -- python train.py`")
    filters = Filters(check.prefixes(select), check.prefixes(ignore), fail_on=fail_on.value, strict=strict)
    at = At(named=target, static=static, timeout=timeout)
    asked = app.Asked(tuple(_job), subject, at, filters, tuple(matrix or ()), online=online, record=record)
    try:
        ran = app.run(asked, output.tell)
    except FileNotFoundError:
        output.tell(f"{_job[0]}: no such program")
        raise typer.Exit(NOT_FOUND) from None
    except OSError as error:
        output.tell(f"{_job[0]}: {error.strerror}")
        raise typer.Exit(NOT_STARTED) from None
    raise typer.Exit(_told(ran, color))


def _told(ran: Ran, color: options.Color) -> int:
    """Tell why the job was refused or has failed, and give the exit status."""
    if ran.refusal is not None:
        _tell_refusal(ran.refusal, color)
        return REFUSED
    if ran.diagnosis is not None:
        _tell_diagnosis(ran.diagnosis, color)
    return ran.ended.status if ran.ended else 0


def _tell_refusal(report: Report, color: options.Color) -> None:
    from envdoctor.cli import output
    from envdoctor.report import layout

    output.show(layout.lines(report, width=output.width(sys.stderr)), color, sys.stderr)
    output.tell("the job was not started: the environment has errors (`--fail-on never` starts it all the same)")


def _tell_diagnosis(told: Diagnosis, color: options.Color) -> None:
    from envdoctor.cli import output
    from envdoctor.report import diagnosis

    output.tell("the job failed; what its log says:")
    output.show(diagnosis.lines(told, width=output.width(sys.stderr)), color, sys.stderr)
