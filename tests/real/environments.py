"""Make throw-away environments with uv, and run envdoctor against them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from envdoctor.solve import uv

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Done:
    """What a finished process left behind."""

    status: int
    stdout: str
    stderr: str

    @property
    def report(self) -> dict[str, Any]:
        """Give the JSON that it printed."""
        found: dict[str, Any] = json.loads(self.stdout)
        return found

    def codes(self, status: str) -> list[str]:
        """Give the codes of the findings of a status."""
        return [finding["code"] for finding in self.report["findings"] if finding["status"] == status]


def run(*command: str, folder: Path | None = None, **variables: str) -> Done:
    """Run a command to its end, a quarter of an hour at most."""
    hidden = ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH")
    env = {name: value for name, value in os.environ.items() if name not in hidden} | variables
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=900, check=False)
    return Done(done.returncode, done.stdout, done.stderr)


def envdoctor(*words: str, folder: Path | None = None, **variables: str) -> Done:
    """Run the command line of this checkout, isolated from the variables that bend a Python."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from envdoctor.cli import main; main()"
    return run(sys.executable, "-I", "-c", code, *words, folder=folder, **variables)


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
    created = run(the_uv(), "venv", "--quiet", "--python", interpreter, str(folder))
    assert created.status == 0, created.stderr
    found = folder / "bin" / "python"
    install(found, *packages, options=options)
    return found


def install(target: Path, *packages: str, options: tuple[str, ...] = ()) -> None:
    """Install packages into an environment."""
    if packages or options:
        done = run(the_uv(), "pip", "install", "--quiet", "--python", str(target), *options, *packages)
        assert done.status == 0, done.stderr
