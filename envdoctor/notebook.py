"""Judge the kernel of a notebook: `%load_ext envdoctor` tells what is wrong, `%envdoctor check …` tells it whole.

A cell that fails is followed by its diagnosis, joined with what the kernel has.

Each is a process of its own, of the kernel's Python and with the variables that the notebook has set: it disturbs
nothing that is imported, and imports nothing into the kernel.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
import tempfile
import traceback
from typing import TYPE_CHECKING, Any, Protocol

from envdoctor import processes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

LIMIT = 900.0
_RESTART = "then restart the runtime (in Colab: Runtime, Restart session), and run all cells again"


class Shell(Protocol):
    """What of IPython is needed."""

    events: Any

    def register_magic_function(self, func: Callable[[str], None], magic_kind: str, magic_name: str) -> None:
        """Make a function a magic."""


def register(shell: Shell) -> None:
    """Give a notebook `%envdoctor`, and tell what is wrong with its kernel."""
    shell.register_magic_function(magic, magic_kind="line", magic_name="envdoctor")
    shell.events.register("post_run_cell", after_cell)
    magic("check --quiet")


def leave(shell: Shell) -> None:
    """Follow failing cells no more."""
    shell.events.unregister("post_run_cell", after_cell)


def after_cell(result: Any) -> None:
    """Print the diagnosis of a cell that failed; say nothing where nothing is known."""
    error = getattr(result, "error_in_exec", None) or getattr(result, "error_before_exec", None)
    if not isinstance(error, Exception):
        return
    with tempfile.TemporaryDirectory(prefix="envdoctor-") as folder:
        log = os.path.join(folder, "cell")
        with open(log, "w", encoding="utf-8") as file:
            file.write("".join(traceback.format_exception(error)))
        done = _run(["diagnose", log, "--target", sys.executable], "diagnose")
    if "\nunknown: " not in done.out:
        _tell(done)


def magic(line: str) -> None:
    """Run a command as `envdoctor` would; without a target it is the kernel that is judged."""
    try:
        words = shlex.split(line) or ["check"]
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return
    if any(word.startswith(("--target", "--python")) for word in words) or words[0] not in ("check", "smoke", "facts"):
        _tell(_run(words, line))
        return
    words += ["--target", sys.executable]
    if words[0] != "check":
        _tell(_run(words, line))
        return
    with tempfile.TemporaryDirectory(prefix="envdoctor-") as folder:
        report = os.path.join(folder, "report.json")
        _tell(_run([*words, "-o", f"json={report}"], line))
        for told in _cell(report):
            print(told)


def _run(words: Sequence[str], line: str) -> processes.Done:
    variables = {**os.environ, "ENVDOCTOR_TYPED": f"%envdoctor {line}".rstrip()}
    command = [sys.executable, "-P", "-m", "envdoctor", *words]  # -P: a file here hides no module
    return processes.run(command, limit=LIMIT, variables=variables)


def _tell(done: processes.Done) -> None:
    print(done.out, end="")
    if done.err:
        print(done.err, end="", file=sys.stderr)
    if done.status is None:
        print(f"error: no answer within {LIMIT:g} s", file=sys.stderr)


def _cell(report: str) -> Iterator[str]:
    """Give the cell to paste that makes the fix of a report, if it has one that can be typed."""
    try:
        with open(report, encoding="utf-8") as file:
            fix = json.load(file)["fix"]
    except (OSError, ValueError):
        return  # it said why on stderr
    lines = list(_typed(fix)) if fix and fix["resolved"] is not False and not fix["python"] else []
    if lines:
        yield "\npaste this into a cell above all others:\n"
        yield from (f"    {line}" for line in lines)
        yield f"\n{_RESTART}"


def _typed(fix: Mapping[str, Any]) -> Iterator[str]:
    for name, value in fix["env"].items():
        yield f"%env {name}={value}" if value is not None else f"import os; os.environ.pop({name!r}, None)"
    wanted = [name if cell in ("*", "") else f"{name}{cell}" for name, cell in fix["pins"].items()]
    if wanted:
        yield f"%pip install {' '.join(map(shlex.quote, wanted))}"
    again = [name for name in fix["reinstall"] if name not in fix["pins"]]
    if again:
        yield f"%pip install --force-reinstall --no-deps {' '.join(map(shlex.quote, again))}"
