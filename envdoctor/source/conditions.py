"""What does the condition of an `if` come to on the target's Python, as far as it can be said without running it?"""

from __future__ import annotations

import ast
import operator
from typing import TYPE_CHECKING, Any, NamedTuple

from envdoctor.source import literals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from envdoctor.model.code import Python, Target

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
_MODULES = ("sys", "os", "platform", "typing", "typing_extensions", "six")


class Known(NamedTuple):
    """What is known where a condition stands: the Python, what some names are worth, what imports bind others."""

    python: Python
    worth: Mapping[str, Any] = {}
    names: Mapping[str, Target | None] = {}


def holds(test: ast.expr, known: Known) -> bool | None:
    """Say whether a condition holds, or None if that cannot be said."""
    if isinstance(test, ast.BoolOp):
        return _joined(test, known)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = holds(test.operand, known)
        return None if inner is None else not inner
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        return _compared(test, known)
    if isinstance(test, ast.Call) and isinstance(test.func, ast.Attribute) and test.func.attr == "startswith":
        whole, *start = (value(part, known) for part in (test.func.value, *test.args[:1]))
        return whole.startswith(start[0]) if isinstance(whole, str) and start and isinstance(start[0], str) else None
    found = value(test, known)
    return None if found is _NOTHING else bool(found)


def worth(node: ast.expr, known: Known) -> list[Any]:
    """Give what a name is worth that is given an expression, alone in a list; an empty one if it cannot be said."""
    if isinstance(node, ast.Compare) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)):
        found: Any = holds(node, known)
        return [] if found is None else [found]
    found = value(node, known)
    return [] if found is _NOTHING else [found]


def for_types(test: ast.expr) -> bool:
    """Say whether a condition is `TYPE_CHECKING`, alone or as a part of it."""
    return any(_word(node) == "TYPE_CHECKING" for node in ast.walk(test))


def _word(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _joined(test: ast.BoolOp, known: Known) -> bool | None:
    parts = [holds(part, known) for part in test.values]
    decides = isinstance(test.op, ast.Or)
    if decides in parts:
        return decides
    return None if None in parts else not decides


def _compared(test: ast.Compare, known: Known) -> bool | None:
    left, right = value(test.left, known), value(test.comparators[0], known)
    compare = _COMPARE.get(type(test.ops[0]))
    if _NOTHING in (left, right) or compare is None:
        return None
    try:
        return bool(compare(left, right))
    except TypeError:
        return None


def value(node: ast.expr, known: Known) -> Any:
    """Give what an expression is worth on the target's Python; nothing that equals anything if it cannot be said."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        parts = [value(part, known) for part in node.elts]
        return _NOTHING if _NOTHING in parts else tuple(parts)
    if isinstance(node, ast.Subscript):
        return _part(node, known)
    if isinstance(node, ast.Name) and node.id in known.worth:
        return known.worth[node.id]
    if isinstance(node, ast.Call) and not node.args:
        return _given(f"{_meant(node.func, known)}()", known.python)
    return _given(_meant(node, known), known.python)


def _meant(node: ast.expr, known: Known) -> str:
    """Give a dotted name as it is called where it comes from."""
    first, dot, rest = literals.dotted(node).partition(".")
    target = known.names.get(first)
    if target is None or target[0] or target[1] not in _MODULES:
        return f"{first}{dot}{rest}"
    return ".".join(part for part in (target[1], target[2], rest) if part)


def _given(words: str, python: Python) -> Any:
    major, minor = python.version
    return {
        "TYPE_CHECKING": False,
        "typing.TYPE_CHECKING": False,
        "t.TYPE_CHECKING": False,
        "typing_extensions.TYPE_CHECKING": False,
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


def _part(node: ast.Subscript, known: Known) -> Any:
    whole = value(node.value, known)
    if not isinstance(whole, tuple):
        return _NOTHING
    index = node.slice
    if isinstance(index, ast.Slice):
        bounds = [None if part is None else value(part, known) for part in (index.lower, index.upper, index.step)]
        return whole[slice(*bounds)] if all(bound is None or isinstance(bound, int) for bound in bounds) else _NOTHING
    number = value(index, known)
    return whole[number] if isinstance(number, int) and -len(whole) <= number < len(whole) else _NOTHING
