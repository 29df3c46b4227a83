"""Work out what LD_LIBRARY_PATH becomes without a folder that brings a wrong library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.model import Fix, State

if TYPE_CHECKING:
    from envdoctor.model import Fact, Facts

VARIABLE = "env.LD_LIBRARY_PATH"


def without(library: Fact, facts: Facts) -> Fix | None:
    """Give the variable without the folder that a library was taken from, or None if that is not where it came from."""
    variable = facts.get(VARIABLE)
    folders = [folder for folder in variable.value.split(":") if folder]
    kept = [folder for folder in folders if not library.source.startswith(f"{folder.rstrip('/')}/")]
    if variable.state is not State.KNOWN or kept == folders:
        return None
    note = "" if kept else "set before the program starts; nothing else was in it"
    return Fix(env={"LD_LIBRARY_PATH": ":".join(kept) or None}, note=note)
