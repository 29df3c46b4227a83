"""The command line: one module a command, the only place that exits.

Errors that people cause are caught here, once, and become one line, a hint and an exit status.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from envdoctor import __version__
from envdoctor.cli import check, diagnose, diff, explain, facts, rules, run, smoke

if TYPE_CHECKING:
    from envdoctor.errors import EnvdoctorError

app = typer.Typer(
    name="envdoctor",
    help="Is it my code or my environment? Judge an ML environment against what is known to work.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("check")(check.check)
app.command("facts")(facts.facts)
app.command("diagnose")(diagnose.diagnose)
app.command("diff")(diff.diff)
app.command("explain")(explain.explain)
app.command("run")(run.run)
app.command("smoke")(smoke.smoke)
app.add_typer(rules.app, name="rules")


def _version(wanted: bool) -> None:
    if wanted:
        print(f"envdoctor {__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Is it my code or my environment? Judge an ML environment against what is known to work."""


def main() -> None:
    """Run the command line and exit."""
    import gc
    import signal

    from envdoctor.errors import EnvdoctorError

    gc.disable()  # a run is short; looking for cycles among thousands of facts costs more than it frees
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    sys.argv = run.split(sys.argv)
    try:
        app()
    except EnvdoctorError as error:
        sys.exit(_told(error))
    except _Interrupted as interrupted:
        from envdoctor import processes

        processes.end_all()
        print("\nerror: interrupted", file=sys.stderr)
        sys.exit(128 + interrupted.number)
    except BrokenPipeError:
        _silence()
        sys.exit(141)


class _Interrupted(BaseException):
    """Ctrl-C, or the word to end; not a KeyboardInterrupt, which Typer would end without a word."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def _interrupt(number: int, _frame: object) -> None:
    raise _Interrupted(number)


def _told(error: EnvdoctorError) -> int:
    """Print an error as `error: place: problem` and a hint, and give its exit status."""
    from envdoctor.report.layout import clean

    place = f"{error.place}: " if error.place else ""
    print(clean(f"error: {place}{error.problem}"), file=sys.stderr)
    if error.hint:
        print(clean(f"  hint: {error.hint}"), file=sys.stderr)
    return error.exit_code


def _silence() -> None:
    """Point stdout at nothing, so that the interpreter's last flush does not complain of the closed pipe."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
