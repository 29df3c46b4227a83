"""The command line: one module a command, the only place that exits.

Errors that people cause are caught here, once, and become one line, a hint and an exit status.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from envdoctor import __version__
from envdoctor.cli.command import Command, Group

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envdoctor.errors import EnvdoctorError

# The root of what a command line can do wrong, in click or in the click that Typer brings along.
_Misused: type[Exception] = typer.BadParameter.__mro__[2]
COMMANDS = ("check", "facts", "diagnose", "diff", "explain", "run", "smoke", "lock", "rules")  # as `--help` lists them


def app_for(words: Sequence[str]) -> typer.Typer:
    """Give the app with the command that the words begin with, or with every one: a start needs one alone."""
    app = typer.Typer(
        name="envdoctor",
        cls=Group,
        help="Is it my code or my environment? Judge an ML environment against what is known to work.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(common)
    for name in words[:1] if words and words[0] in COMMANDS else COMMANDS:
        module = importlib.import_module(f"envdoctor.cli.{name}")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name)
        else:
            app.command(name, cls=Command)(getattr(module, name))
    return app


def _version(wanted: bool) -> None:
    if wanted:
        print(f"envdoctor {__version__}")
        raise typer.Exit


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
    _open_streams()
    try:
        _run()
    except EnvdoctorError as error:
        sys.exit(_told(error))
    except _Interrupted as interrupted:
        from envdoctor import processes

        processes.end_all()
        print("\nerror: interrupted", file=sys.stderr)
        sys.exit(128 + interrupted.number)
    except BrokenPipeError:
        from envdoctor.cli import output

        output.silence()
        sys.exit(141)
    except OSError as error:
        sys.exit(_unprintable(error))


def _open_streams() -> None:
    """Let no letter break stdout and stderr, and put nothing in the place of one that was closed before the start."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  (open to the end)
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _run() -> None:
    """Run the command, and what it printed to its end: a full disk shows at the last moment."""
    if sys.argv[1:2] == ["run"]:
        from envdoctor.cli import run

        sys.argv = run.split(sys.argv)
    try:
        status = app_for(sys.argv[1:])(standalone_mode=False)
    except _Misused as error:
        sys.exit(_shown(error))
    finally:
        sys.stdout.flush()
    sys.exit(status if isinstance(status, int) else 0)


def _shown(error: Exception) -> int:
    """Print what is wrong with the command line as Typer does, without what was typed to steer the terminal."""
    import io

    from envdoctor.report.layout import clean

    told = io.StringIO()
    error.show(told)  # type: ignore[attr-defined]
    print("\n".join(map(clean, told.getvalue().splitlines())), file=sys.stderr)
    return int(getattr(error, "exit_code", 2))


class _Interrupted(BaseException):
    """Ctrl-C, or the word to end; not a KeyboardInterrupt, which Typer would end without a word."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def _interrupt(number: int, _frame: object) -> None:
    raise _Interrupted(number)


def _unprintable(error: OSError) -> int:
    """Tell that stdout takes no more; whatever else the system refused is a bug of ours and keeps its traceback."""
    import errno

    from envdoctor.cli import output

    if error.errno not in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EIO) or error.filename:
        raise error
    output.silence()
    print(f"error: stdout: cannot be written: {(error.strerror or str(error)).lower()}", file=sys.stderr)
    return 2


def _told(error: EnvdoctorError) -> int:
    """Print an error as `error: place: problem` and a hint, and give its exit status."""
    from envdoctor.report.layout import clean

    place = f"{error.place}: " if error.place else ""
    print(clean(f"error: {place}{error.problem}"), file=sys.stderr)
    if error.hint:
        print(clean(f"  hint: {error.hint}"), file=sys.stderr)
    return error.exit_code
