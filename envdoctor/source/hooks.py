"""What do `.pth` lines that are code add to the finders: editable installs, a stand-in for distutils?"""

from __future__ import annotations

import ast
import os
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envdoctor.source.folders import Folders

MOST = 1_000_000
_MODULES = re.compile(r"import\s+([\w.]+)|__import__\(\s*['\"]([\w.]+)")
_HARMLESS = frozenset("os sys types importlib importlib.util site _virtualenv _distutils_hack".split())
_DISTUTILS = "_distutils_hack"


class Hooks(NamedTuple):
    """What the hooks add: modules by name with their place, names that stand for others, and whether more is unseen."""

    mapped: dict[str, str]
    aliases: dict[str, str]
    unseen: bool = False


def read(sites: Iterable[str], folders: Folders) -> Hooks:
    """Give what the hooks of some site folders add."""
    mapped: dict[str, str] = {}
    aliases: dict[str, str] = {"os.path": "posixpath"}
    unseen = False
    for site, module in _loaded(sites, folders):
        if module == _DISTUTILS and os.environ.get("SETUPTOOLS_USE_DISTUTILS", "local") == "local":
            aliases["distutils"] = "setuptools._distutils"
        if module in _HARMLESS:
            continue
        text = folders.read(f"{site}/{module.replace('.', '/')}.py", MOST)
        if text is None or b"meta_path" not in text:
            continue
        found = _mapping(text) if module.startswith("__editable__") else None
        mapped.update(found or {})
        unseen = unseen or not found
    return Hooks(mapped, aliases, unseen)


def _loaded(sites: Iterable[str], folders: Folders) -> Iterator[tuple[str, str]]:
    """Give each module that a line of a `.pth` file imports, with its site folder."""
    for site in sites:
        for name in sorted(folders.entries(site)):
            if not name.endswith(".pth"):
                continue
            lines = (folders.read(f"{site}/{name}", MOST) or b"").decode("utf-8", "replace").splitlines()
            for line in (one for one in lines if one.startswith(("import ", "import\t"))):
                yield from ((site, one or other) for one, other in _MODULES.findall(line))


def _mapping(text: bytes) -> dict[str, str] | None:
    """Give the `MAPPING` of an editable install's finder, as setuptools writes it."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    for node in tree.body:
        target = (
            node.target
            if isinstance(node, ast.AnnAssign)
            else node.targets[0]
            if isinstance(node, ast.Assign)
            else None
        )
        if isinstance(target, ast.Name) and target.id == "MAPPING" and isinstance(node, ast.Assign | ast.AnnAssign):
            try:
                found = ast.literal_eval(node.value) if node.value is not None else None
            except ValueError:
                return None
            return {str(name): str(place) for name, place in found.items()} if isinstance(found, dict) else None
    return None
