"""Where are the locks of a recipe, and what of the recipe do they remember? Light, for a check does no more."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from envdoctor.solve import wishes

if TYPE_CHECKING:
    from envdoctor.formats.pylock import Lock
    from envdoctor.model import Recipe


def concerns_conda(wanted: Recipe) -> bool:
    """Say whether a recipe asks for conda's packages."""
    return wanted.kind == "environment" or bool(wanted.locking.channels)


def place(subject: str, to: Path | None) -> Path:
    """Give the folder of a subject's locks: that of its file, for a bundled recipe the one we are in."""
    if to is not None:
        return to
    path = Path(os.path.expanduser(subject))
    return path.parent if path.is_file() else Path()


def requirements(wanted: Recipe) -> list[str]:
    """Give what a recipe asks for as lines of requirements."""
    lines = [wishes.written(wish) for wish in wanted.packages if not wish.optional]
    return [line for line in lines if line]


def bounds(wanted: Recipe) -> list[str]:
    """Give what a recipe allows of what it does not ask for."""
    lines = [wishes.written(wish) for wish in wanted.packages if wish.optional and wish.specifier and not wish.extras]
    return [*(line for line in lines if line), *(f"{wish.name}<{0}" for wish in wanted.forbidden)]


def asked_lines(wanted: Recipe) -> list[str]:
    """Give all that a lock of a recipe remembers of it."""
    from envdoctor.lock import pypi

    return pypi.asked(requirements(wanted), bounds(wanted))


def named(recipe: str, machine: str = "") -> str:
    """Give the name of a file: the recipe's, with the machine's where each has its own; the standard wants no dots."""
    plain = re.sub(r"[^A-Za-z0-9-]+", "-", recipe)
    return f"pylock.{plain}-{machine}.toml" if machine else f"pylock.{plain}.toml"


def existing(folder: Path, name: str, *, whole: bool = True) -> dict[Path, Lock]:
    """Give the locks of a recipe that are in a folder, whole or as a check asks for them."""
    own = folder / named(name)
    paths = [path for path in (own, *sorted(folder.glob(f"{own.stem}-*.toml"))) if path.is_file()]
    if not paths:
        return {}
    found = {path: read(path, whole=whole) for path in paths}
    return {path: lock for path, lock in found.items() if path == own or _is_of(lock, name)}


def read(path: Path, *, whole: bool) -> Lock:
    """Give a lock, whole or as a check asks for it."""
    from envdoctor.formats import pylock
    from envdoctor.lock import recalled

    return pylock.read(path) if whole else recalled.read(path)


def _is_of(lock: Lock, name: str) -> bool:
    """Say whether a lock whose name begins like those of a recipe is of that recipe, and not another tool's."""
    table = lock.tool.get("envdoctor")
    return isinstance(table, dict) and table.get("recipe") == name
