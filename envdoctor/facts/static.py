"""Find out where a Python looks for code without starting it: from pyvenv.cfg, folder names and path lines of .pth.

It sees less than the interpreter itself would: variables such as PYTHONPATH are read, but code that runs at start-up
(sitecustomize, `import` lines in .pth files) is not.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envdoctor.errors import CannotLook
from envdoctor.facts.paths import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

_LIB = re.compile(r"python(\d+\.\d+)t?")


def answer(prefix: Path) -> dict[str, Any]:
    """Give what a probe would say, as far as files tell; raise CannotLook if it is no Python prefix."""
    config = _config(prefix)
    sites = list(_site_folders(prefix))
    if not sites:
        raise CannotLook("holds no site-packages", place=shown(str(prefix)))
    python = config.get("version") or config.get("version_info") or _version_of(sites[0])
    if config.get("include-system-site-packages", "").lower() == "true" and config.get("home"):
        sites += _site_folders(Path(config["home"]).parent)
    listed = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    return {
        "python": ".".join(python.split(".")[:3]),
        "implementation": config.get("implementation", "cpython").lower(),
        "prefix": str(prefix),
        "managed": not config and (sites[0].parent / "EXTERNALLY-MANAGED").exists(),
        "path": [*listed, *_with_path_lines(sites)],
        "os": {"posix": os.uname().sysname.lower()}.get(os.name, "windows"),
        "arch": os.uname().machine if hasattr(os, "uname") else "",
    }


def _config(prefix: Path) -> dict[str, str]:
    try:
        lines = (prefix / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {key.strip().lower(): value.strip() for key, _, value in pairs}


def _site_folders(prefix: Path) -> Iterator[Path]:
    for pattern in ("lib/python3*/site-packages", "lib64/python3*/site-packages", "lib/python3*/dist-packages"):
        yield from sorted(prefix.glob(pattern))
    if (prefix / "Lib" / "site-packages").is_dir():
        yield prefix / "Lib" / "site-packages"


def _version_of(site: Path) -> str:
    found = _LIB.fullmatch(site.parent.name)
    return found[1] if found else ""


def _with_path_lines(sites: list[Path]) -> Iterator[str]:
    """Give each site folder and the folders that its .pth files add."""
    for site in sites:
        yield str(site)
        for file in sorted(site.glob("*.pth")):
            yield from _path_lines(site, file)


def _path_lines(site: Path, file: Path) -> Iterator[str]:
    try:
        with file.open(encoding="utf-8", errors="replace") as lines:
            text = lines.read(1_000_000)
    except OSError:
        return
    for line in text.splitlines():
        if line.strip() and not line.startswith(("#", "import ", "import\t")):
            yield str(site / line.strip())
