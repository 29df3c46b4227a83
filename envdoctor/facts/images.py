"""Find the Python of an unpacked image: a folder that holds a system of its own."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from envdoctor.facts.inside import Root

if TYPE_CHECKING:
    from pathlib import Path

# where the images of machine-learning stacks keep their Python, those that a program would find first in front
PREFIXES = ("opt/venv", "venv", ".venv", "app/.venv", "workspace/.venv", "opt/conda", "usr/local", "usr")
_RELEASES = ("etc/os-release", "usr/lib/os-release")
_LIB = re.compile(r"python3(\.\d+)?t?")


def is_image(folder: Path) -> bool:
    """Say whether a folder is the root of a system other than the one that runs."""
    return str(folder.resolve()) != "/" and any(os.path.lexists(folder / name) for name in _RELEASES)


def prefix(folder: Path) -> str:
    """Give the first prefix in an image whose Python has a site folder with something in it, or nothing."""
    root = Root(str(folder))
    for name in PREFIXES:
        place = f"{root.folder}/{name}"
        if any(_holds_packages(f"{place}/{lib}", root) for lib in ("lib", "local/lib")):
            return place
    return ""


def _holds_packages(lib: str, root: Root) -> bool:
    for name in _names(root.real(lib)):
        if _LIB.fullmatch(name):
            for site in ("site-packages", "dist-packages"):
                if any(entry.endswith("-info") for entry in _names(root.real(f"{lib}/{name}/{site}"))):
                    return True
    return False


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []
