"""Which names of other modules does a source use? By its syntax tree; nothing of it is run."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def of(tree: ast.Module) -> tuple[str, ...]:
    """Give the dotted names of other modules that a syntax tree uses."""
    known = dict(_imported(tree))
    return tuple(dict.fromkeys(name for node in ast.walk(tree) for name in _used(node, known)))


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Give each local name and the dotted name that it stands for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for one in node.names:
                top = one.name.split(".")[0]
                yield one.asname or top, one.name if one.asname else top
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            for one in node.names:
                yield one.asname or one.name, f"{node.module}.{one.name}"


def _used(node: ast.AST, names: dict[str, str]) -> Iterator[str]:
    if isinstance(node, ast.Name | ast.Attribute):
        yield from filter(None, [_dotted(node, names)])
    elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
        yield from (f"{node.module}.{one.name}" for one in node.names if one.name != "*")
    elif isinstance(node, ast.Import):
        yield from (one.name for one in node.names)
    elif isinstance(node, ast.Call) and (called := _dotted(node.func, names)):
        yield from (f"{called}.{argument.arg}" for argument in node.keywords if argument.arg)


def _dotted(node: ast.expr, names: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute) and (before := _dotted(node.value, names)):
        return f"{before}.{node.attr}"
    return ""
