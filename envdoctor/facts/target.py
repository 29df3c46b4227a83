"""Recognise what is to be judged: a Python, a prefix, the root of an image, a snapshot, or a list of what is there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NamedTuple

from envdoctor.errors import CannotLook
from envdoctor.facts import images
from envdoctor.facts.paths import shown

_PYTHONS = ("bin/python", "bin/python3", "Scripts/python.exe", "python.exe")


class Sighting(NamedTuple):
    """What stands where the target is said to be. `why` tells how it was chosen, if nobody named it.

    `prefix` is the folder of the Python in an image.
    """

    kind: str
    path: Path
    why: str = ""
    prefix: str = ""


def recognise(named: str | None) -> Sighting:
    """Give the target that was named, or the active one; raise CannotLook if there is none."""
    if named is None:
        return _active()
    path = Path(os.path.expanduser(named))  # which leaves `~nobody` as it is, and `os.path` asks without raising
    if os.path.isdir(path):
        return _prefix(path)
    if not os.path.exists(path) and os.sep not in named and (found := shutil.which(named)):
        path = Path(found)
    if not os.path.exists(path):
        hint = "a Python, an environment's folder, an image's root, a snapshot, or a list such as `pip freeze` prints"
        raise CannotLook("there is no such target", place=shown(named), hint=hint)
    return _file(path)


def _active() -> Sighting:
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        folder = os.environ.get(variable)
        if folder and os.path.isdir(folder):
            return Sighting("interpreter", _python_in(Path(folder)), variable)
    if os.path.isdir(".venv"):
        return Sighting("interpreter", _python_in(Path(".venv")), "the .venv here")
    found = shutil.which("python3") or shutil.which("python")
    if not found:
        raise CannotLook("there is no Python on PATH", hint="name a target: `--target PYTHON`")
    return Sighting("interpreter", Path(found), "the Python on PATH")


def _prefix(folder: Path) -> Sighting:
    if images.is_image(folder):
        found = images.prefix(folder)
        if not found:
            raise CannotLook("is an image without a Python that has packages", place=shown(str(folder)))
        return Sighting("image", folder, found.removeprefix(str(folder.resolve())), found)
    return Sighting("interpreter", _python_in(folder))


def _python_in(folder: Path) -> Path:
    for name in _PYTHONS:
        if os.path.lexists(folder / name):
            return folder / name
    raise CannotLook("holds no Python", place=shown(str(folder)), hint="name an environment's folder or its python")


def _file(path: Path) -> Sighting:
    if not path.is_file():
        raise CannotLook("is neither a file nor a folder", place=shown(str(path)))
    if path.suffix.lower() == ".json":
        return Sighting("list" if _beginning(path).lstrip().startswith(b"[") else "snapshot", path)
    if os.access(path, os.X_OK) and _is_program(path):
        return Sighting("interpreter", path)
    return Sighting("list", path)


def _is_program(path: Path) -> bool:
    """Say whether a file is one that the system runs: a binary, or a script that names its interpreter."""
    head = _beginning(path)
    return head.startswith((b"\x7fELF", b"#!", b"MZ")) or head[:4] in (b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")


def _beginning(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(64)
    except OSError as error:
        raise CannotLook(f"cannot be read: {error.strerror}", place=shown(str(path))) from None
