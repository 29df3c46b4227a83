"""Read tables that a source writes out: lists of words, and dictionaries with words as keys."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAKERS = ("frozenset", "set", "list", "tuple", "sorted")
_MOST_STEPS = 20


def words(node: ast.expr, assigned: Mapping[str, ast.expr], steps: int = 0) -> frozenset[str] | None:
    """Give the words of a literal list, set, tuple or dictionary's keys; None if it is no literal."""
    if steps > _MOST_STEPS:
        return None
    if isinstance(node, ast.Name):
        return words(assigned[node.id], assigned, steps + 1) if node.id in assigned else None
    if isinstance(node, ast.Dict):
        return _strings(node.keys)
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return _strings(node.elts)
    if isinstance(node, ast.DictComp | ast.ListComp | ast.SetComp):
        return _made(node, assigned)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.BitOr):
        one, other = words(node.left, assigned, steps + 1), words(node.right, assigned, steps + 1)
        return None if one is None or other is None else one | other
    return _called(node, assigned, steps + 1) if isinstance(node, ast.Call) else None


def _called(node: ast.Call, assigned: Mapping[str, ast.expr], steps: int) -> frozenset[str] | None:
    called = dotted(node.func)
    if called in _MAKERS and len(node.args) == 1:
        return words(node.args[0], assigned, steps)
    if called == "dict" and not node.args:
        return frozenset(keyword.arg for keyword in node.keywords if keyword.arg)
    if isinstance(node.func, ast.Attribute) and node.func.attr == "keys":
        return words(node.func.value, assigned, steps)
    return None


def _made(node: ast.DictComp | ast.ListComp | ast.SetComp, assigned: Mapping[str, ast.expr]) -> frozenset[str] | None:
    part = node.key if isinstance(node, ast.DictComp) else node.elt
    first, *others = node.generators
    return None if others or first.ifs else passed(part, first.target, first.iter, assigned)


def passed(part: ast.expr, target: ast.expr, over: ast.expr, assigned: Mapping[str, ast.expr]) -> frozenset[str] | None:
    """Give the words that a variable holds while something literal is gone through, alone or as one of several."""
    if not isinstance(part, ast.Name):
        return None
    if isinstance(target, ast.Name) and target.id == part.id:
        return words(over, assigned)
    names = (
        [one.id if isinstance(one, ast.Name) else "" for one in target.elts] if isinstance(target, ast.Tuple) else []
    )
    over = assigned.get(over.id, over) if isinstance(over, ast.Name) else over
    if part.id not in names or not isinstance(over, ast.List | ast.Tuple | ast.Set):
        return None
    place = names.index(part.id)
    rows = [row.elts for row in over.elts if isinstance(row, ast.Tuple | ast.List) and len(row.elts) == len(names)]
    return _strings([row[place] for row in rows]) if len(rows) == len(over.elts) else None


def _strings(nodes: list[ast.expr] | list[ast.expr | None]) -> frozenset[str] | None:
    found = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return frozenset(found) if len(found) == len(nodes) else None


def table(node: ast.expr, assigned: Mapping[str, ast.expr]) -> dict[str, ast.expr] | None:
    """Give a literal dictionary with words as keys, or None."""
    if isinstance(node, ast.Name):
        node = assigned.get(node.id, node)
    if not isinstance(node, ast.Dict):
        return None
    pairs = zip(node.keys, node.values, strict=True)
    return {key.value: value for key, value in pairs if isinstance(key, ast.Constant) and isinstance(key.value, str)}


def modules(node: ast.expr, assigned: Mapping[str, ast.expr]) -> dict[str, str]:
    """Give the module that a literal dictionary names for each of its words: as a text, or in a tuple."""
    found: dict[str, str] = {}
    for word, value in (table(node, assigned) or {}).items():
        parts = value.elts if isinstance(value, ast.Tuple | ast.List) else [value]
        texts = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
        best = next((text for text in texts if text.startswith(".")), texts[0] if texts else "")
        if best and all(part.isidentifier() for part in best.strip(".").split(".")):
            found[word] = best
    return found


def is_filled(node: ast.expr, assigned: Mapping[str, ast.expr]) -> bool:
    """Say whether something that is gone through surely holds something."""
    if isinstance(node, ast.Name):
        node = assigned.get(node.id, node)
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return bool(node.elts)
    if isinstance(node, ast.Dict):
        return bool(node.keys)
    if not isinstance(node, ast.Call):
        return False
    called = node.func
    if isinstance(called, ast.Attribute) and called.attr in ("items", "keys", "values"):
        return is_filled(called.value, assigned)
    if isinstance(called, ast.Name) and called.id in ("enumerate", "sorted", "list", "reversed", "tuple", "set", "zip"):
        return bool(node.args) and all(is_filled(part, assigned) for part in node.args)
    return isinstance(called, ast.Name) and called.id == "dict" and bool(node.keywords)


def lists(node: ast.expr, assigned: Mapping[str, ast.expr]) -> dict[str, frozenset[str]] | None:
    """Give a literal dictionary from words to lists of words, or None if a part of it is no literal."""
    found = table(node, assigned)
    if found is None:
        return None
    read = {key: words(value, assigned) for key, value in found.items()}
    return {key: value for key, value in read.items() if value is not None} if None not in read.values() else None


def dotted(node: ast.expr) -> str:
    """Give `a.b.c` as written, or nothing for any other expression."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""
