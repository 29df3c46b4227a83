"""The founding environment and the cured one as folders: a Python, and the metadata of all that was installed."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

from tests.folders import MINOR, wheel

ROOT = Path(__file__).parents[2]
FOUNDING = ROOT / "fixtures" / "founding"
RECIPE = ROOT / "recipes" / "tf-text-bert.yml"
CODE = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from envdoctor.cli import main; main()"


def made(folder: Path, listed: str) -> Path:
    """Make an environment that holds the metadata of a list, and nothing of the code, and give its folder."""
    subprocess.run([sys.executable, "-I", "-m", "venv", "--without-pip", str(folder)], check=True, timeout=120)
    site = folder / "lib" / f"python{MINOR}" / "site-packages"
    for line in (FOUNDING / listed).read_text().splitlines():
        name, _, version = line.partition("==")
        wheel(site, name, {}, version)
    return folder


def command(folder: Path) -> Path:
    """Make a folder for PATH that holds `envdoctor`, run from this checkout, and give it."""
    folder.mkdir(exist_ok=True)
    script = folder / "envdoctor"
    script.write_text(f"#!{sys.executable} -I\n{CODE}\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    return folder


def surroundings(environment: Path, commands: Path, **variables: str) -> dict[str, str]:
    """Give the variables of a job that runs in an environment, with `envdoctor` on its PATH."""
    bent = ("PYTHON", "PIP_", "UV_", "CONDA_", "GITHUB_", "CI_", "SLURM_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(bent)}
    path = os.pathsep.join([str(commands), str(environment / "bin"), os.environ["PATH"]])
    return {**kept, "PATH": path, "VIRTUAL_ENV": str(environment), **variables}
