"""Make throw-away environments with uv, and run envdoctor against them."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from envdoctor.solve import uv
from tests.processes import run

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Judged:
    """What a run of envdoctor gave: its status and its JSON."""

    status: int
    report: dict[str, Any]
    stderr: str

    def codes(self, status: str) -> list[str]:
        """Give the codes of the findings of a status."""
        return [finding["code"] for finding in self.report["findings"] if finding["status"] == status]


def surroundings(**variables: str) -> dict[str, str]:
    """Give the variables of the tests without those that name an active environment, and some more."""
    hidden = ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH")
    return {name: value for name, value in os.environ.items() if name not in hidden} | variables


def envdoctor(*words: str, folder: Path | None = None, **variables: str) -> Judged:
    """Run the command line of this checkout, isolated from the variables that bend a Python; ask for JSON."""
    done = run(command(*words), folder=folder, variables=surroundings(**variables))
    return Judged(done.status, done.document if done.stdout.startswith("{") else {}, done.stderr)


def command(*words: str) -> list[str]:
    """Give the command line that runs this checkout."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from envdoctor.cli import main; main()"
    return [sys.executable, "-I", "-c", code, *words]


def the_uv() -> str:
    """Give the path of uv; the private environment of the tests holds one."""
    found = uv.find()
    assert found, "the tests need uv"
    return found


def python(version: str) -> str | None:
    """Give a Python of a minor version: the one of the tests, or one on PATH, or None."""
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        return sys.executable
    return shutil.which(f"python{version}")


def made(folder: Path, *packages: str, interpreter: str = sys.executable, options: tuple[str, ...] = ()) -> Path:
    """Make an environment with packages and give its Python."""
    created = run([the_uv(), "venv", "--quiet", "--python", interpreter, str(folder)])
    assert created.status == 0, created.stderr
    found = folder / "bin" / "python"
    install(found, *packages, options=options)
    return found


def install(target: Path, *packages: str, options: tuple[str, ...] = ()) -> None:
    """Install packages into an environment."""
    if packages or options:
        done = run([the_uv(), "pip", "install", "--quiet", "--python", str(target), *options, *packages])
        assert done.status == 0, done.stderr
