"""In a notebook: `%load_ext envdoctor` lets a failing cell be followed by its diagnosis, joined with the kernel."""

from __future__ import annotations

import sys
from typing import Any


def follow(shell: Any) -> None:
    """Diagnose every cell that fails from now on."""
    shell.events.register("post_run_cell", after_cell)


def leave(shell: Any) -> None:
    """Diagnose no more."""
    shell.events.unregister("post_run_cell", after_cell)


def after_cell(result: Any) -> None:
    """Print the diagnosis of a cell that failed; say nothing where nothing is known."""
    error = getattr(result, "error_in_exec", None) or getattr(result, "error_before_exec", None)
    if isinstance(error, Exception) and (text := diagnosis_of(error)):
        print(text, file=sys.stderr)


def diagnosis_of(error: Exception) -> str:
    """Give the diagnosis of an exception in this Python as text, or nothing where it is unknown."""
    import traceback

    from envdoctor.app import diagnose as app
    from envdoctor.app.options import At
    from envdoctor.errors import EnvdoctorError
    from envdoctor.report import diagnosis, layout

    try:
        told = app.of_text("".join(traceback.format_exception(error)), "the cell", At(named=sys.executable))
    except EnvdoctorError as problem:
        return f"envdoctor: {problem.problem}"
    return layout.plain(diagnosis.lines(told)) if told.causes else ""
