"""Write what was asked for to the files that were named."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from envdoctor.formats import files

if TYPE_CHECKING:
    from collections.abc import Mapping


def write(contents: Mapping[str, str]) -> None:
    """Write all of the files or none of them; raise UserError if one cannot be written."""
    files.write_all({Path(file).expanduser(): text for file, text in contents.items()})
