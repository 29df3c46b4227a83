"""What `python3 tests` runs, step by step."""

from __future__ import annotations

import subprocess
import sys

from envdoctor import bootstrap

LINTERS = (("ruff", "check", "."), ("mypy",))
QUICK = "not real and not exhaustive and not bench"


def run(arguments: list[str]) -> int:
    """Run what the arguments ask for, pytest last; give the exit status of the first step that failed."""
    if arguments[:1] == ["--bench"]:
        return _step("tests.bench", *arguments[1:])
    for marker in ("real", "exhaustive"):
        if arguments[:1] == [f"--{marker}"]:
            return _pytest(marker, arguments[1:])
    if arguments:
        return _pytest(QUICK, arguments)
    statuses = [*(_step(*linter) for linter in LINTERS), _pytest(QUICK, [])]
    return next((status for status in statuses if status), 0)


def _pytest(marker: str, arguments: list[str]) -> int:
    # What is slow to make is made once in a file; pytest-xdist 3.8 does not see its own groups under pytest 9.2.
    spread = "load" if marker == QUICK else "loadfile"
    return _step("pytest", "-m", marker, "-n", "2", "--dist", spread, *arguments)


def _step(module: str, *arguments: str) -> int:
    shown = " ".join([module, *(f"'{argument}'" if " " in argument else argument for argument in arguments)])
    sys.stderr.write(f"tests: {shown}\n")
    # Not isolated as this process is: `-m tests.bench` and pytest's workers look for modules in the working folder.
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=bootstrap.ROOT, env=_variables(), check=False).returncode


def _variables() -> dict[str, str]:
    """Give the caller's variables without what bends a Python, as his job's PYTHONPATH."""
    return {**bootstrap.surroundings(), "PYTHONNOUSERSITE": "1"}
