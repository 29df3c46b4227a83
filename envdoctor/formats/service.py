"""Which names of BentoML does the source of a service use? By its syntax tree; nothing of it is run."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from envdoctor.errors import UserError
from envdoctor.formats import files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def file(served: str) -> str:
    """Give the source of `service.py:svc` or `service:svc`."""
    name = served.partition(":")[0]
    return name if name.endswith(".py") else f"{name.replace('.', '/')}.py"


def uses(path: Path) -> tuple[str, ...]:
    """Give the dotted names of BentoML that a source uses, an argument of a call as a further part."""
    text = files.read_text(path)
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise UserError(f"is not Python: {error}", place=str(path)) from None
    names = dict(_imported(tree))
    return tuple(dict.fromkeys(name for node in ast.walk(tree) for name in _used(node, names)))


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Give each local name and what of BentoML it stands for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for one in node.names:
                if one.name.split(".")[0] == "bentoml":
                    yield one.asname or "bentoml", one.name if one.asname else "bentoml"
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "bentoml":
            for one in node.names:
                yield one.asname or one.name, f"{node.module}.{one.name}"


def _used(node: ast.AST, names: dict[str, str]) -> Iterator[str]:
    if isinstance(node, ast.Name | ast.Attribute):
        yield from filter(None, [_dotted(node, names)])
    elif isinstance(node, ast.Call) and (called := _dotted(node.func, names)):
        yield from (f"{called}.{argument.arg}" for argument in node.keywords if argument.arg)


def _dotted(node: ast.expr, names: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute) and (before := _dotted(node.value, names)):
        return f"{before}.{node.attr}"
    return ""
