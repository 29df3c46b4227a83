"""Find the Python of an unpacked image, a folder that holds a system of its own, and what that system is.

The driver, the GPUs and most variables come from the computer that the image is started on. `--machine` names one, and
`--fact env.NAME=VALUE` what the image's own configuration sets.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from envdoctor.facts import host
from envdoctor.facts.inside import Root
from envdoctor.facts.kernel import FACTS
from envdoctor.model import Fact, State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from envdoctor.facts.loader import Process

# where the images of machine-learning stacks keep their Python, those that a program would find first in front
PREFIXES = ("opt/venv", "venv", ".venv", "app/.venv", "workspace/.venv", "opt/conda", "usr/local", "usr")
_RELEASES = ("etc/os-release", "usr/lib/os-release")
_LIB = re.compile(r"python3(\.\d+)?t?")
VARIABLES = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
_WHY = "an image has no driver and no GPU of its own; `--machine` names the computer that it is for"
_BANNER = r"release version (\d+\.\d+)"  # as in `GNU C Library (Debian GLIBC 2.36-9) stable release version 2.36.`
_MOST_LIBC = 8_388_608


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


def facts(process: Process) -> Iterator[Fact]:
    """Give what the system in an image is; what comes from the computer that runs it is unseen, and says so."""
    files = process.files
    yield from host.release(files)
    libc = process.open("libc.so.6")
    found = re.search(_BANNER, files.text(libc.path, _MOST_LIBC)) if libc is not None else None
    if libc is not None and found:
        yield Fact("glibc", found[1], libc.path)
    else:
        yield host.without_glibc(files)
    yield from (Fact(name, source=_WHY, state=State.UNSEEN) for name in FACTS)


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
