"""What does code that runs at a Python's start add: editable installs, a stand-in for distutils, modules by name?

Such code are lines of `.pth` files, the modules that they import, `sitecustomize` and `usercustomize`.
"""

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
_CUSTOM = ("sitecustomize", "usercustomize")
_REGISTERS = re.compile(rb"modules\[[^\n]{0,300}\]\s*=[^=]|modules\.(?:update|setdefault)\(")
_BY_NAME = re.compile(rb"modules\[\s*[\"']([\w.]+)[\"']\s*\]\s*=[^=]|modules\.setdefault\(\s*[\"']([\w.]+)")


class Hooks(NamedTuple):
    """What the hooks add: modules by name with their place, names that stand for others, and whether more is unseen.

    `registered` are modules that they make, of which only the name is known.
    """

    mapped: dict[str, str]
    aliases: dict[str, str]
    unseen: bool = False
    registered: frozenset[str] = frozenset()


def read(sites: Iterable[str], folders: Folders) -> Hooks:
    """Give what the hooks of some site folders add."""
    mapped: dict[str, str] = {}
    aliases: dict[str, str] = {"os.path": "posixpath"}
    texts: list[bytes] = []
    unseen = False
    for site, module in _loaded(sites, folders, texts):
        if module == _DISTUTILS and os.environ.get("SETUPTOOLS_USE_DISTUTILS", "local") == "local":
            aliases["distutils"] = "setuptools._distutils"
        if module in _HARMLESS:
            continue
        text = folders.read(f"{site}/{module.replace('.', '/')}.py", MOST)
        texts.append(text or b"")
        if text is None or b"meta_path" not in text:
            continue
        found = _mapping(text) if module.startswith("__editable__") else None
        mapped.update(found or {})
        unseen = unseen or not found
    named = [one or other for text in texts for one, other in _BY_NAME.findall(text)]
    unseen = unseen or sum(len(_REGISTERS.findall(text)) for text in texts) > len(named)
    return Hooks(mapped, aliases, unseen, frozenset(name.decode() for name in named))


def _loaded(sites: Iterable[str], folders: Folders, texts: list[bytes]) -> Iterator[tuple[str, str]]:
    """Give each module that is imported at the start, with its site folder; lines that import one go to `texts`."""
    for site in sites:
        yield from ((site, name) for name in _CUSTOM if folders.has(f"{site}/{name}.py"))
        for name in sorted(folders.entries(site)):
            if not name.endswith(".pth"):
                continue
            lines = (folders.read(f"{site}/{name}", MOST) or b"").decode("utf-8", "replace").splitlines()
            for line in (one for one in lines if one.startswith(("import ", "import\t"))):
                texts.append(line.encode())
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
