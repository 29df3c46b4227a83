"""Checkouts for the tests: a small one that needs no index, and a fresh copy of this one."""

from __future__ import annotations

import os
import shutil
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from envdoctor import bootstrap
from tests.processes import Done, run

if TYPE_CHECKING:
    from collections.abc import Mapping

STUB = '''"""Tell what arrives."""
import json, os, sys
def main():
    import tiny
    seen = {"argv": sys.argv, "prefix": sys.prefix, "path": sys.path, "tiny": tiny.__file__,
            "variables": dict(os.environ), "encoding": [sys.stdout.encoding, sys.stdout.errors]}
    print(json.dumps(seen))
    sys.exit(7)
'''
PROJECT = """[project]
name = "small"
dependencies = ["{wanted}"]
[project.optional-dependencies]
solve = []
"""


@dataclass(frozen=True)
class Checkout:
    """A checkout, the Python that starts it, and the variables it is started with."""

    root: Path
    python: str = os.path.realpath(sys.executable)
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def package(self) -> Path:
        """Give the folder that is started."""
        return self.root / "envdoctor"

    @property
    def home(self) -> Path:
        """Give the folder of the private environment."""
        return self.root / ".private" / "run"

    def run(self, *arguments: str, variables: Mapping[str, str | None] | None = None) -> Done:
        """Start it from a folder elsewhere; a variable given as None is taken away."""
        merged = {**self.variables, **(variables or {})}
        kept = {name: value for name, value in merged.items() if value is not None}
        return run([self.python, str(self.package), *arguments], variables=kept, folder=self.root.parent)


def small_checkout(folder: Path, wanted: str = "tiny") -> Checkout:
    """Make a checkout with the real start and a tool that tells what arrives; its one dependency lies beside it."""
    root = folder / "checkout"
    (root / "envdoctor" / "cli").mkdir(parents=True)
    for name in ("__init__.py", "__main__.py", "bootstrap.py"):
        shutil.copy(Path(bootstrap.ROOT, "envdoctor", name), root / "envdoctor")
    (root / "envdoctor" / "cli" / "__init__.py").write_text(STUB)
    (root / "pyproject.toml").write_text(PROJECT.format(wanted=wanted))
    _write_wheel(folder / "wheels")
    variables = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder / "wheels")}
    return Checkout(root, variables=variables)


def fresh_copy(folder: Path) -> Checkout:
    """Copy what git knows of this checkout, or would take; the home folder is empty."""
    root = folder / "envdoctor-checkout"
    listed = run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], folder=Path(bootstrap.ROOT))
    for name in listed.stdout.split("\0"):
        source = Path(bootstrap.ROOT, name)
        if name and source.is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, root / name)
    (folder / "home").mkdir()
    return Checkout(root, variables={**os.environ, "HOME": str(folder / "home")})


def _write_wheel(folder: Path) -> None:
    folder.mkdir()
    about = "tiny-1.0.dist-info"
    with zipfile.ZipFile(folder / "tiny-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny.py", "")
        wheel.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", f"tiny.py,,\n{about}/METADATA,,\n{about}/WHEEL,,\n{about}/RECORD,,\n")
