"""What does a list of installed packages say is there?

`pip freeze` and `uv pip freeze` print requirements with exact pins, so the reader of requirements reads them. Three
things are a list's own: a version from before PEP 440 (`==2004d`) is taken literally, as `===` says; an editable
install without version control has its name and version in the comment above it; what `-c` names is not installed.

An entry that states no version is kept without a specifier: it is there, and its version was not seen.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envdoctor import cells
from envdoctor.errors import UserError
from envdoctor.formats import files, requirements
from envdoctor.model import Place, normalised

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from envdoctor.model import Listed

_NAMED = r"([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s,;*()]+)"
_PINNED = re.compile(rf"^[ \t]*{_NAMED}[ \t]*$", re.MULTILINE)
_REMARK = re.compile(rf"#\s*Editable\b[^(]*\({_NAMED}\)")
_EDITABLE = ("-e ", "--editable")


def read(path: Path) -> tuple[Listed, ...]:
    """Give what a list says is installed; raise UserError with the place."""
    text = files.read_text(path)
    if re.match(r"Package\s+Version\b", text):
        hint = "`pip list --format=freeze` prints one that can"
        raise UserError("a table of `pip list` cannot be read", place=Place(str(path)), hint=hint)
    entries = requirements.parse(_PINNED.sub(_literal, text), str(path), folder=path.parent)
    remarks = dict(_remarks(text))
    return tuple(_remembered(entry, remarks, str(path)) for entry in entries if not entry.constraint)


def _literal(pin: re.Match[str]) -> str:
    line = pin[0]
    return line if pin[2].startswith("=") or cells.version(pin[2]) else line.replace("==", "===", 1)


def _remarks(text: str) -> Iterator[tuple[int, tuple[str, str]]]:
    """Give the lines of editable installs whose name and version stand in a comment above."""
    remark = None
    for number, line in enumerate(text.split("\n"), start=1):
        said = line.strip()
        if said.startswith("#"):
            remark = _REMARK.match(said) or remark
            continue
        if remark and said.startswith(_EDITABLE):
            yield number, (normalised(remark[1]), remark[2])
        if said:
            remark = None


def _remembered(entry: Listed, remarks: Mapping[int, tuple[str, str]], file: str) -> Listed:
    place = entry.place
    if not entry.editable or entry.specifier or place is None or place.file != file or place.line not in remarks:
        return entry
    name, version = remarks[place.line]
    operator = "==" if cells.version(version) else "==="
    return entry._replace(name=entry.name or name, specifier=f"{operator}{version}")
