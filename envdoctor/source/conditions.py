"""What does the condition of an `if` come to on the target's Python, as far as it can be said without running it?"""

from __future__ import annotations

import ast
import operator
from typing import TYPE_CHECKING, Any

from envdoctor.source import literals

if TYPE_CHECKING:
    from collections.abc import Callable

    from envdoctor.model.code import Python

_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda one, other: one in other,
    ast.NotIn: lambda one, other: one not in other,
}
_SYSTEMS = {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}
_NOTHING = object()


def holds(test: ast.expr, python: Python) -> bool | None:
    """Say whether a condition holds, or None if that cannot be said."""
    if isinstance(test, ast.BoolOp):
        return _joined(test, python)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = holds(test.operand, python)
        return None if inner is None else not inner
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        return _compared(test, python)
    if isinstance(test, ast.Call) and isinstance(test.func, ast.Attribute) and test.func.attr == "startswith":
        whole, *start = (value(part, python) for part in (test.func.value, *test.args[:1]))
        return whole.startswith(start[0]) if isinstance(whole, str) and start and isinstance(start[0], str) else None
    found = value(test, python)
    return None if found is _NOTHING else bool(found)


def for_types(test: ast.expr) -> bool:
    """Say whether a condition is `TYPE_CHECKING`, alone or as a part of it."""
    return any(_word(node) == "TYPE_CHECKING" for node in ast.walk(test))


def _word(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _joined(test: ast.BoolOp, python: Python) -> bool | None:
    parts = [holds(part, python) for part in test.values]
    decides = isinstance(test.op, ast.Or)
    if decides in parts:
        return decides
    return None if None in parts else not decides


def _compared(test: ast.Compare, python: Python) -> bool | None:
    left, right = value(test.left, python), value(test.comparators[0], python)
    compare = _COMPARE.get(type(test.ops[0]))
    if _NOTHING in (left, right) or compare is None:
        return None
    try:
        return bool(compare(left, right))
    except TypeError:
        return None


def value(node: ast.expr, python: Python) -> Any:
    """Give what an expression is worth on the target's Python; nothing that equals anything if it cannot be said."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        parts = [value(part, python) for part in node.elts]
        return _NOTHING if _NOTHING in parts else tuple(parts)
    if isinstance(node, ast.Subscript):
        return _part(node, python)
    words = literals.dotted(node)
    if isinstance(node, ast.Call) and not node.args:
        words = f"{literals.dotted(node.func)}()"
    return _known(words, python)


def _known(words: str, python: Python) -> Any:
    major, minor = python.version
    return {
        "TYPE_CHECKING": False,
        "typing.TYPE_CHECKING": False,
        "t.TYPE_CHECKING": False,
        "sys.version_info": (major, minor, 99, "final", 0),
        "sys.version_info.major": major,
        "sys.version_info.minor": minor,
        "sys.hexversion": major << 24 | minor << 16 | 99 << 8,
        "sys.platform": python.platform,
        "os.name": "nt" if python.platform == "win32" else "posix",
        "platform.system()": _SYSTEMS.get(python.platform, _NOTHING),
        "platform.python_implementation()": "CPython" if python.implementation == "cpython" else _NOTHING,
        "sys.implementation.name": python.implementation,
        "six.PY2": False,
        "six.PY3": True,
        "PY2": False,
        "PY3": True,
    }.get(words, _NOTHING)


def _part(node: ast.Subscript, python: Python) -> Any:
    whole = value(node.value, python)
    if not isinstance(whole, tuple):
        return _NOTHING
    index = node.slice
    if isinstance(index, ast.Slice):
        bounds = [None if part is None else value(part, python) for part in (index.lower, index.upper, index.step)]
        return whole[slice(*bounds)] if all(bound is None or isinstance(bound, int) for bound in bounds) else _NOTHING
    number = value(index, python)
    return whole[number] if isinstance(number, int) and -len(whole) <= number < len(whole) else _NOTHING
