"""Write small environments by hand: a prefix, wheels with a true RECORD, and what may go wrong with them."""

from __future__ import annotations

import base64
import hashlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from envdoctor import facts, matrix
from envdoctor.facts import At
from envdoctor.model import Recipe, Status
from tests.examples import judged

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

    from envdoctor.model import Facts, Finding

MINOR = ".".join(map(str, sys.version_info[:2]))
TAG = f"cpython-{sys.version_info[0]}{sys.version_info[1]}-x86_64-linux-gnu"


def own_cache(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what is cached in a folder; the compiled matrix is taken along, for to read its sources takes seconds."""
    matrix.load()
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "envdoctor"
    (folder / "envdoctor").mkdir(parents=True)
    for kept in base.glob("matrix-*"):
        (folder / "envdoctor" / kept.name).symlink_to(kept)
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))


def prefix(folder: Path, version: str = f"{MINOR}.1", home: str = "/usr/bin") -> Path:
    """Make a virtual environment as far as files go, and give its site folder."""
    site = folder / "lib" / f"python{MINOR}" / "site-packages"
    site.mkdir(parents=True)
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(sys.executable)
    (folder / "pyvenv.cfg").write_text(f"home = {home}\nversion = {version}\ninclude-system-site-packages = false\n")
    return site


def wheel(site: Path, name: str, files: Mapping[str, str], version: str = "1.0", installer: str = "pip") -> Path:
    """Install a distribution with files, and give its metadata folder."""
    about = site / f"{name.replace('-', '_')}-{version}.dist-info"
    about.mkdir(parents=True, exist_ok=True)
    own = {"METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\n", "INSTALLER": f"{installer}\n"}
    own["WHEEL"] = "Wheel-Version: 1.0\nGenerator: tests 1\nRoot-Is-Purelib: true\nTag: py3-none-any\n\n"
    rows = []
    for path, text in {**files, **{f"{about.name}/{file}": text for file, text in own.items()}}.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(text)
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        rows.append(f"{path},sha256={digest},{len(text.encode())}")
    (about / "RECORD").write_text("\n".join([*rows, f"{about.name}/RECORD,,", ""]))
    return about


def look(folder: Path, *, deep: bool = False, static: bool = True) -> Facts:
    """Give the facts of an environment; without starting anything unless asked to."""
    begun = facts.Look(At(str(folder), static=static, deep=deep))
    try:
        return begun.facts(installers=True)
    finally:
        begun.close()


def found(folder: Path, wanted: Recipe | None = None, *, deep: bool = False) -> list[Finding]:
    """Give the errors and warnings of an environment."""
    seen = look(folder, deep=deep)
    return [one for one in judged(seen, wanted).findings if one.status in (Status.ERROR, Status.WARNING)]


def codes(folder: Path, wanted: Recipe | None = None, *, deep: bool = False) -> dict[str, str]:
    """Give the errors and warnings as code → status and title."""
    return {finding.code: f"{finding.status}: {finding.title}" for finding in found(folder, wanted, deep=deep)}
