"""Run `envdoctor smoke` against an environment, whole or broken on purpose."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.processes import run
from tests.real.environments import ROOT, made, surroundings

if TYPE_CHECKING:
    from pathlib import Path

TORCH = "torch==2.13.0"


class Smoked(NamedTuple):
    """What a run of smoke gave: its status, the first error in words, and the whole report."""

    status: int
    problem: str
    report: dict[str, Any]

    def trouble(self) -> str:
        """Give all that is no success, for the message of a failed test."""
        return "\n".join(f"{one['status']} {one['title']}: {one['cause']}" for one in self.report["findings"])


def smoke(
    python: Path,
    *words: str,
    folder: Path | None = None,
    checkout: Path = ROOT,
    inside: tuple[str, ...] = (),
    **variables: str,
) -> Smoked:
    """Try an environment by a checkout of envdoctor; the record is kept beside the environment.

    `inside` are the words of a program that runs the rest of its command line in surroundings of its own.
    """
    code = f"import sys; sys.path.insert(0, {str(checkout)!r}); from envdoctor.cli import main; main()"
    command = [*inside, sys.executable, "-I", "-c", code, "smoke", *words, "--json", "--target", str(python)]
    kept = {"XDG_STATE_HOME": str(python.parents[1] / "state")} | variables
    done = run(command, folder=folder, variables=surroundings(**kept))
    assert done.stdout.startswith("{"), done.stderr
    problems = [one for one in done.document["findings"] if one["status"] == "error"]
    problem = f"{problems[0]['title']}: {problems[0]['cause']}" if problems else ""
    return Smoked(done.status, problem, done.document)


def with_torch(folder: Path) -> Path:
    """Make an environment with torch: the wheel that pip takes here, put there by uv, which is faster."""
    words = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-deps", "--ignore-installed", "--quiet"]
    chosen = run([*words, "--report", "-", TORCH], variables=surroundings())
    assert chosen.status == 0, chosen.stderr
    (wheel,) = chosen.document["install"]
    return made(folder, f"torch @ {wheel['download_info']['url']}", "numpy")


def copied(python: Path, folder: Path) -> tuple[Path, Path]:
    """Copy an environment by links, and give its Python and its site-packages; a file is unlinked before it changes."""
    shutil.copytree(python.parents[1], folder, symlinks=True, copy_function=os.link)
    (site,) = (folder / "lib").glob("python3*/site-packages")
    return folder / "bin" / "python", site
