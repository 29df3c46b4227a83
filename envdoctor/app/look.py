"""Take a snapshot of a target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor import facts, matrix
from envdoctor.facts import snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from envdoctor.app.options import At


def taken(at: At, folders: tuple[Path, ...]) -> str:
    """Give the snapshot of a target as JSON text; raise CannotLook or UserError."""
    look = facts.Look(at)
    try:
        known = matrix.load(folders)
        return snapshot.write(look.facts(known.variables(), installers=True, conda_names=known.conda_names))
    finally:
        look.close()
