"""Which failures would not end the import: those that a `try` around it catches, or a `with` that swallows them."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from envdoctor.model.code import ANY, ATTRIBUTE, KEYWORD, MODULE, NAME

if TYPE_CHECKING:
    from collections.abc import Iterable

_CATCHES = {
    "ModuleNotFoundError": MODULE,
    "ImportError": MODULE | NAME,
    "AttributeError": ATTRIBUTE,
    "TypeError": KEYWORD,
    **dict.fromkeys(
        "ValueError KeyError IndexError LookupError OSError IOError FileNotFoundError NotImplementedError RuntimeError "
        "StopIteration SyntaxError UnicodeError UnicodeDecodeError ZeroDivisionError OverflowError ArithmeticError "
        "KeyboardInterrupt SystemExit AssertionError NameError UnboundLocalError EOFError PermissionError".split(),
        0,
    ),
}
_SWALLOWS = re.compile(r"suppress|try_|_try|catch|optional|raises|ignore|guard|skip|allow|lazy", re.IGNORECASE)
_KEEPS = re.compile(r"catch_warnings|errstate")
_LEAVES = (ast.Raise,)
_STEPS = (ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Import, ast.ImportFrom, ast.Pass)


def by_try(statement: ast.Try) -> int:
    """Give what the handlers of a `try` catch and do not raise again."""
    inside = _bound(statement.body)
    return _together(_by_handler(handler, inside) for handler in statement.handlers)


def by_with(statement: ast.With | ast.AsyncWith) -> int:
    """Give what a `with` may swallow: all, if its words say so."""
    words = " ".join(ast.unparse(item.context_expr)[:200] for item in statement.items)
    if _KEEPS.search(words) and "suppress" not in words:
        return 0
    return ANY if _SWALLOWS.search(words) else 0


def _together(parts: Iterable[int]) -> int:
    found = 0
    for part in parts:
        found |= part
    return found


def _by_handler(handler: ast.ExceptHandler, inside: set[str]) -> int:
    if _raises_again(handler.body):
        return 0
    kinds = handler.type
    if kinds is None:
        return ANY
    return _together(_by_kind(kind, inside) for kind in (kinds.elts if isinstance(kinds, ast.Tuple) else [kinds]))


def _by_kind(kind: ast.expr, inside: set[str]) -> int:
    """Give what one kind of exception catches; one that the failed import itself was to bring catches nothing."""
    if isinstance(kind, ast.Name):
        return _CATCHES.get(kind.id, ANY)
    root = kind
    while isinstance(root, ast.Attribute):
        root = root.value
    return 0 if isinstance(root, ast.Name) and root.id in inside else ANY


def _bound(body: Iterable[ast.stmt]) -> set[str]:
    """Give the modules that the first statement of a `try` imports."""
    first = next(iter(body), None)
    if not isinstance(first, ast.Import):
        return set()
    return {name.asname or name.name.split(".")[0] for name in first.names}


def _raises_again(body: list[ast.stmt]) -> bool:
    """Say whether a handler always ends with an exception of its own."""
    return isinstance(body[-1], _LEAVES) and all(isinstance(step, _STEPS) for step in body[:-1])
