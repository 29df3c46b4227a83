"""Read one function or class of a file: the keyword arguments that it takes, and what runs when it is called."""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING

from envdoctor.model.code import Function
from envdoctor.source.bodies import Body, bound_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envdoctor.model.code import Python

_HARMLESS = ("staticmethod", "classmethod", "property")
_LEAVES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.Constant, ast.Name, ast.Attribute)


Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class Definitions:
    """The functions and classes of a file that stand once and below no condition; each is read when it is asked for."""

    def __init__(self, tree: ast.Module, python: Python, *, annotations: bool) -> None:
        self._python, self._annotations = python, annotations
        self._nodes = _once(tree.body)
        self._changed = _changed(tree.body)  # classes that get other parts later

    def get(self, name: str) -> Function | None:
        """Give a function, a class, or a method as `Class.method`."""
        first, _, method = name.partition(".")
        node = self._nodes.get(first)
        if isinstance(node, ast.ClassDef):
            found = self._method(node, method) if method else self._class(node)
            return found._replace(arguments=None) if found is not None and first in self._changed else found
        return self._function(node) if node is not None and not method else None

    def names(self) -> list[str]:
        """Give the names of all functions and methods, these as `Class.method`."""
        classes = [(name, node) for name, node in self._nodes.items() if isinstance(node, ast.ClassDef)]
        functions = [name for name, node in self._nodes.items() if not isinstance(node, ast.ClassDef)]
        return [*functions, *(f"{name}.{method}" for name, node in classes for method in _once(node.body))]

    def _method(self, node: ast.ClassDef, name: str) -> Function | None:
        found = _once(node.body).get(name)
        return self._function(found, bound=True) if isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef) else None

    def _class(self, node: ast.ClassDef) -> Function:
        methods = _once(node.body)
        creates = self._method(node, "__init__") or Function(None)
        plain = not node.decorator_list and not node.keywords and "__new__" not in methods and _is_plain(node)
        return creates if plain else creates._replace(arguments=None)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, *, bound: bool = False) -> Function:
        body = Body(self._python, annotations=self._annotations)
        given = [*node.args.posonlyargs, *node.args.args]
        for argument in (*given, *node.args.kwonlyargs, *filter(None, [node.args.vararg, node.args.kwarg])):
            body.bind(argument.arg)
        if _runs(node):
            body.read(node.body)
        taken = frozenset(argument.arg for argument in (*node.args.args[bound:], *node.args.kwonlyargs))
        return Function(
            arguments=taken if _is_bare(node) and node.args.kwarg is None else None,
            imports=tuple(body.imports),
            uses=tuple(body.uses),
            calls=tuple(body.calls),
            names=body.names,
        )


def _once(statements: Sequence[ast.stmt]) -> dict[str, Definition]:
    every = [statement for statement in statements if isinstance(statement, Definition)]
    others = bound_in(statement for statement in statements if not isinstance(statement, Definition))
    seen = Counter(statement.name for statement in every)
    return {one.name: one for one in every if seen[one.name] == 1 and one.name not in others}


def _changed(statements: Sequence[ast.stmt]) -> frozenset[str]:
    """Give the names that statements of a file set something on."""
    changes = [statement for statement in statements if not isinstance(statement, Definition)]
    nodes = [node for statement in changes for node in ast.walk(statement)]
    set_by_name = [node.args[0] for node in nodes if isinstance(node, ast.Call) and _is_setattr(node)]
    set_here = [node.value for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)]
    return frozenset(node.id for node in (*set_by_name, *set_here) if isinstance(node, ast.Name))


def _is_setattr(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id == "setattr" and bool(node.args)


def _is_bare(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Say whether no decorator puts something else in the place of a function."""
    return all(isinstance(one, ast.Name) and one.id in _HARMLESS for one in node.decorator_list)


def _runs(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Say whether a call runs the body at once: neither a coroutine nor a generator, and not wrapped by anything."""
    if isinstance(node, ast.AsyncFunctionDef) or not _is_bare(node):
        return False
    waiting: list[ast.AST] = list(node.body)
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, ast.Yield | ast.YieldFrom):
            return False
        if not isinstance(inner, _LEAVES):
            waiting += ast.iter_child_nodes(inner)
    return True


def _is_plain(node: ast.ClassDef) -> bool:
    """Say whether no base class may change what the class is called with."""
    return all(isinstance(base, ast.Name) and base.id in ("object", "Exception") for base in node.bases)
