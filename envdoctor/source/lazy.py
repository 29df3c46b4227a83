"""What does a module answer to names that it does not bind: by a `__getattr__`, by literal tables, by a stub?

`def __getattr__(name)` is read way by way: what it returns only where `name` equals a literal, or is in a literal
table, it answers; a way without such a condition may answer more.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from envdoctor.model.code import ANYTHING, CLOSED, DEFINED, SPELLED, Answers
from envdoctor.source import getattrs, literals

if TYPE_CHECKING:
    from collections.abc import Callable

    from envdoctor.source.bodies import Body

_ATTACH = ("attach", "_attach", "lazy_attach")
_ATTACH_STUB = "attach_stub"
_LAZY_MODULE = "LazyModule"


def answers(body: Body, tree: ast.Module, text: bytes, stub: Callable[[], bytes]) -> Answers | None:
    """Give what a module answers beside its names, or None if it answers nothing; `stub` reads the stub beside it."""
    if b"LazyModule" in text and (found := _of_structure(body, tree)) is not None:
        return found
    if "__getattr__" not in body.names:
        return None
    function = body.definitions.get("__getattr__")
    if isinstance(function, ast.FunctionDef):
        return getattrs.answers(function, body)
    value = body.assigned.get("__getattr__")
    if isinstance(value, ast.Call):
        return _of_call(value, body, stub)
    return Answers(scope=ANYTHING)


def is_structured(body: Body, text: bytes) -> bool:
    """Say whether a lazy module stands in the place of this one, so that its tables say all."""
    return b"LazyModule" in text and "__getattr__" not in body.names


def _of_call(call: ast.Call, body: Body, stub: Callable[[], bytes]) -> Answers:
    called = literals.dotted(call.func)
    last = called.rpartition(".")[2]
    if last == _ATTACH_STUB:
        return _of_stub(stub())
    if last in _ATTACH:
        return _attached(call, body)
    gives: dict[str, str] = {}
    denies: list[str] = []
    for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
        table = literals.table(argument, body.assigned)
        for name, value in (table or {}).items():
            if isinstance(value, ast.Tuple) and value.elts and _is_none(value.elts[-1]):
                denies.append(name)
            else:
                gives[name] = ""
    return Answers(gives, SPELLED, (called.partition(".")[0],) if called else (), tuple(denies))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _attached(call: ast.Call, body: Body) -> Answers:
    """Read `attach(__name__, submodules=[…], submod_attrs={…})`."""
    given = dict(enumerate(call.args)) | {keyword.arg: keyword.value for keyword in call.keywords}
    modules, attributes = given.get("submodules", given.get(1)), given.get("submod_attrs", given.get(2))
    names = literals.words(modules, body.assigned) if modules is not None else frozenset()
    table = literals.lists(attributes, body.assigned) if attributes is not None else {}
    if names is None or table is None:
        return Answers(scope=SPELLED, helpers=("__name__",))
    return Answers({**dict.fromkeys(names, ""), **_by_name(table)})


def _by_name(table: dict[str, frozenset[str]]) -> dict[str, str]:
    return {name: f".{module}" for module, names in table.items() for name in names}


def _of_stub(blob: bytes) -> Answers:
    try:
        tree = ast.parse(blob)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Answers(scope=ANYTHING)
    if not blob:
        return Answers(scope=ANYTHING)
    gives = {
        name.asname or name.name: f".{node.module}" if node.module else ""
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.level == 1
        for name in node.names
    }
    return Answers(gives, SPELLED if "*" in gives else CLOSED)


def _of_structure(body: Body, tree: ast.Module) -> Answers | None:
    """Read the tables of `sys.modules[__name__] = _LazyModule(__name__, file, table)`."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    made = [call for call in calls if literals.dotted(call.func).rpartition(".")[2].endswith(_LAZY_MODULE)]
    if not made:
        return None
    table = made[0].args[2] if len(made[0].args) > 2 else None
    names = {node.id for node in ast.walk(table) if isinstance(node, ast.Name)} if table is not None else set()
    plain = isinstance(table, ast.Name) and isinstance(body.assigned.get(table.id), ast.Dict)
    gives = _structure(tree, {*names, "_import_structure"})
    also = {word for part in made[0].keywords for word in _keys(part.value)}
    return Answers(gives | dict.fromkeys(also, ""), CLOSED if plain and gives else DEFINED)


def _keys(node: ast.expr) -> list[str]:
    keys = node.keys if isinstance(node, ast.Dict) else []
    return [key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]


def _structure(tree: ast.Module, tables: set[str]) -> dict[str, str]:
    """Give every name that some statement puts into one of the tables, with its module where it is said."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign | ast.AugAssign | ast.Expr | ast.AnnAssign):
            continue
        if not any(isinstance(part, ast.Name) and part.id in tables for part in ast.walk(node)):
            continue
        value = node.value
        if isinstance(value, ast.Dict):
            for module, names in (literals.lists(value, {}) or {}).items():
                found.update({module.split(".")[0]: "", **dict.fromkeys(names, f".{module}")})
        for part in ast.walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                found.setdefault(part.value, "")
    return found
