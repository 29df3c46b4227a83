"""Read programs of one's own: scripts, notebooks, packages; what they run, and which public names they use."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.errors import UserError
from envdoctor.formats import files, used_names
from envdoctor.model.code import Module
from envdoctor.source import summary, syntax

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from envdoctor.model.code import Python

MOST_FILES = 2_000
MAIN = "__main__"
_MAGIC = re.compile(r"^(\s*)[%!?].*$|^(\s*)\w+\s*=\s*[%!].*$|^.*\?\s*$", re.MULTILINE)
_SKIPPED = frozenset("__pycache__ node_modules build dist .git .venv venv env site-packages".split())


class Program(NamedTuple):
    """One file of a program: its module, the folder that its imports look into first, and the names it uses."""

    module: Module
    folder: str
    uses: tuple[str, ...]


def read(paths: Sequence[Path], python: Python, returns: Mapping[str, str]) -> list[Program]:
    """Read scripts, notebooks and folders; raise UserError for what is none.

    `returns`: the classes of what functions give back, both by their dotted names.
    """
    return [_one(path, python, returns, named=path in paths) for given in paths for path in _files(given)]


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    found = 0
    for place, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED and not name.startswith("."))
        for name in sorted(names):
            if name.endswith((".py", ".ipynb")) and found < MOST_FILES:
                found += 1
                yield Path(place, name)
    if not found:
        raise UserError("holds no program", place=str(path), hint="`--code` takes a script, a notebook or a package")


def _one(path: Path, python: Python, returns: Mapping[str, str], *, named: bool) -> Program:
    text = files.read_text(path)
    if path.suffix == ".ipynb":
        text = _notebook(text, str(path))
    blob = text.encode()
    seen = summary.of(blob, python, bytes, main=named or path.suffix == ".ipynb")
    name, folder, inner = _name(path, named=named)
    place = os.path.abspath(path)
    return Program(Module(name, place, inner, summary=seen), folder, used(blob, python, returns))


def _name(path: Path, *, named: bool) -> tuple[str, str, tuple[str, ...]]:
    """Give the name that a file is imported by, the folder in which that is so, and its own where it is a package."""
    folder = path.resolve().parent
    parts = [] if path.name == "__init__.py" else [path.stem]
    while not named and (folder / "__init__.py").exists() and folder != folder.parent:
        parts.insert(0, folder.name)
        folder = folder.parent
    inner = (str(path.resolve().parent),) if path.name == "__init__.py" else ()
    return MAIN if named or (len(parts) < 2 and not inner) else ".".join(parts), str(folder), inner


def _notebook(text: str, place: str) -> str:
    """Give the code of a notebook; lines for the shell and for IPython are blank."""
    try:
        cells = json.loads(text)["cells"]
        sources = [cell["source"] for cell in cells if cell.get("cell_type") == "code"]
        joined = ["".join(source) if isinstance(source, list) else str(source) for source in sources]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UserError("is no notebook", place=place) from None
    return "\n".join("" if source.lstrip().startswith("%%") else _MAGIC.sub(_blank, source) for source in joined)


def _blank(found: re.Match[str]) -> str:
    return f"{found[1] or found[2] or ''}pass"


def used(blob: bytes, python: Python, returns: Mapping[str, str]) -> tuple[str, ...]:
    """Give the dotted names of other modules that a source uses anywhere, an argument of a call as a further part."""
    try:
        return used_names.of(syntax.parsed(blob, python), returns)
    except (syntax.Refused, syntax.Unreadable, RecursionError):
        return ()
