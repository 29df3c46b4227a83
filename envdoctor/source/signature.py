"""Read one function or class of a file: the keyword arguments that it takes, and what runs when it is called."""

from __future__ import annotations

import ast
from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

from envdoctor.model.code import Function
from envdoctor.source import literals
from envdoctor.source.bodies import Body, bound_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envdoctor.model.code import Python

_HARMLESS = ("staticmethod", "classmethod", "property")
_COMPOUND = (ast.If, ast.Try, ast.With, ast.For, ast.While)
_PLAIN_BASES = ("object", "Exception")
_MOST_BASES = 20
_MAKES = frozenset(("__new__", "__init_subclass__", "__getattribute__"))
_LEAVES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.Constant, ast.Name, ast.Attribute)


Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class Definitions:
    """The functions and classes of a file that stand once and below no condition; each is read when it is asked for."""

    def __init__(self, tree: ast.Module, python: Python, *, annotations: bool) -> None:
        self._tree, self._python, self._annotations = tree, python, annotations

    @cached_property
    def _nodes(self) -> dict[str, Definition]:
        return _once(self._tree.body)

    @cached_property
    def _changed(self) -> frozenset[str]:
        """Give the classes that get other parts later."""
        return _changed(self._tree.body)

    @cached_property
    def _dataclass(self) -> frozenset[str]:
        """Give the words by which a decorator makes a dataclass of the standard library's."""
        imports = [one for one in self._tree.body if isinstance(one, ast.ImportFrom) and one.module == "dataclasses"]
        names = [name for one in imports for name in one.names if name.name == "dataclass"]
        return frozenset(("dataclasses.dataclass", *(name.asname or name.name for name in names)))

    def get(self, name: str) -> Function | None:
        """Give a function, a class, or a method as `Class.method`."""
        first, _, method = name.partition(".")
        node = self._nodes.get(first)
        if isinstance(node, ast.ClassDef):
            return self._method(node, method) if method else self._class(node)
        return self._function(node) if node is not None and not method else None

    def names(self) -> list[str]:
        """Give the names of all functions and methods, these as `Class.method`."""
        classes = [(name, node) for name, node in self._nodes.items() if isinstance(node, ast.ClassDef)]
        functions = [name for name, node in self._nodes.items() if not isinstance(node, ast.ClassDef)]
        return [*functions, *(f"{name}.{method}" for name, node in classes for method in _once(node.body))]

    def _method(self, node: ast.ClassDef, name: str) -> Function | None:
        """Give a method of a class, its own or one of a base class in the same file."""
        if any(_is_set(name, one) or _MAKES & bound_in(one.body) or one.keywords for one in self._line(node)):
            return None  # what an instance has by that name may be something else
        for one in self._line(node):
            if name in bound_in(one.body):
                found = _once(one.body).get(name)
                method = None if found is None or isinstance(found, ast.ClassDef) else self._function(found, bound=True)
                return self._certain(method, node)
        return None

    def _class(self, node: ast.ClassDef) -> Function:
        """Give what a class is called with: by its `__init__`, or as a dataclass."""
        line = self._line(node)
        plain = all(self._is_plain(one) for one in line) and _is_rooted(line[-1])
        for one in line:
            if self._is_dataclass(one) or "__init__" in bound_in(one.body):
                own = "__init__" in bound_in(one.body)
                creates = self._method(one, "__init__") if own else self._fields(one)
                creates = self._certain(creates, node) or Function(None)
                return creates if plain else creates._replace(arguments=None)
        return Function(None)

    def _line(self, node: ast.ClassDef) -> list[ast.ClassDef]:
        """Give a class and those above it in the same file, as long as each has one base."""
        line = [node]
        while len(line) < _MOST_BASES and len(line[-1].bases) == 1 and isinstance(line[-1].bases[0], ast.Name):
            above = self._nodes.get(line[-1].bases[0].id)
            if not isinstance(above, ast.ClassDef):
                break
            line.append(above)
        return line

    def _certain(self, found: Function | None, node: ast.ClassDef) -> Function | None:
        """Give a method whose arguments are unknown where one of its classes gets other parts later."""
        changed = any(one.name in self._changed for one in self._line(node))
        return found._replace(arguments=None) if found is not None and changed else found

    def _is_plain(self, node: ast.ClassDef) -> bool:
        """Say whether nothing about a class changes what it is called with."""
        bare = not node.decorator_list or self._is_dataclass(node)
        return bare and not node.keywords and not _MAKES & bound_in(node.body)

    def _is_dataclass(self, node: ast.ClassDef) -> bool:
        if len(node.decorator_list) != 1:
            return False
        (one,) = node.decorator_list
        return literals.dotted(one.func if isinstance(one, ast.Call) else one) in self._dataclass

    def _fields(self, node: ast.ClassDef) -> Function:
        """Give what a dataclass is called with, and what runs then."""
        taken: set[str] = set()
        for one in self._line(node):
            made = one.decorator_list[0] if self._is_dataclass(one) else None
            if isinstance(made, ast.Call) and any(keyword.arg == "init" for keyword in made.keywords):
                return Function(None)
            if made is not None:
                taken |= bound_in(statement for statement in one.body if _is_field(statement))
        after = self._method(node, "__post_init__") or Function(None)
        return after._replace(arguments=frozenset(taken))

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, *, bound: bool = False) -> Function:
        body = Body(self._python, annotations=self._annotations, local=True)
        given = [*node.args.posonlyargs, *node.args.args]
        for argument in (*given, *node.args.kwonlyargs, *filter(None, [node.args.vararg, node.args.kwarg])):
            body.bind(argument.arg)
        if _runs(node):
            body.read(node.body)
        words = [one.id for one in node.decorator_list if isinstance(one, ast.Name)]
        first = bound and "staticmethod" not in words
        taken = frozenset(argument.arg for argument in (*node.args.args[first:], *node.args.kwonlyargs))
        known = _is_bare(node) and node.args.kwarg is None and "property" not in words
        return Function(
            arguments=taken if known else None,
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


def _is_set(name: str, node: ast.ClassDef) -> bool:
    """Say whether the code of a class sets an attribute of some name."""
    return any(
        isinstance(part, ast.Attribute) and part.attr == name and isinstance(part.ctx, ast.Store)
        for part in ast.walk(node)
    )


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


def _is_rooted(node: ast.ClassDef) -> bool:
    """Say whether no base class from elsewhere may change what a class is called with."""
    return all(isinstance(base, ast.Name) and base.id in _PLAIN_BASES for base in node.bases)


def _is_field(statement: ast.stmt) -> bool:
    """Say whether a statement of a dataclass's body may make a field that it is called with."""
    if not isinstance(statement, ast.AnnAssign):
        return isinstance(statement, _COMPOUND)
    return "ClassVar" not in ast.unparse(statement.annotation)
