"""Which names of other modules does a source use? By its syntax tree; nothing of it is run.

An object is followed under the name of its class: after `frame = pandas.DataFrame(...)`, or where an argument is
`frame: pandas.DataFrame`, `frame.append` is `pandas.DataFrame.append`. A variable that is anything else as well,
anywhere in the source, stands for nothing.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MOST_STEPS = 4  # objects that are made by one another
_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler, ast.MatchAs, ast.MatchStar)


def of(tree: ast.Module, returns: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Give the dotted names of other modules that a syntax tree uses.

    `returns`: the classes of what functions give back, both by their dotted names.
    """
    reader = _Reader(dict(_imported(tree)), {}, returns or {})
    made = _made(tree)
    for _ in range(_MOST_STEPS):
        found = {name: reader.class_of(every) for name, every in made.items() if name not in reader.names}
        reader.objects.update({name: dotted for name, dotted in found.items() if dotted})
    return tuple(dict.fromkeys(name for node in ast.walk(tree) for name in reader.used(node)))


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


def _made(tree: ast.Module) -> dict[str, list[ast.expr | None]]:
    """Give, for each variable, what says of which class it is, each time that it is bound; None where nothing does."""
    made: dict[str, list[ast.expr | None]] = {}
    by_call: set[int] = set()
    for node in ast.walk(tree):  # a statement is met before what it binds
        for target, value in _from_calls(node):
            by_call.add(id(target))
            if not _of_itself(value, target.id):
                made.setdefault(target.id, []).append(value)
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load) and id(node) not in by_call:
            made.setdefault(node.id, []).append(None)
        elif isinstance(node, ast.arg):
            made.setdefault(node.arg, []).append(node.annotation and ast.Call(node.annotation, [], []))
        elif isinstance(node, _NAMED) and node.name:
            made.setdefault(node.name, []).append(None)
    return made


def _from_calls(node: ast.AST) -> Iterator[tuple[ast.Name, ast.expr]]:
    """Give the names that a statement binds to what a call gives: `frame = f()`, `with f() as frame`."""
    if isinstance(node, ast.Assign):
        pairs = [(target, node.value) for target in node.targets]
    elif isinstance(node, ast.With | ast.AsyncWith):
        pairs = [(item.optional_vars, item.context_expr) for item in node.items if item.optional_vars]
    else:
        return
    yield from ((name, call) for name, call in pairs if isinstance(name, ast.Name) and isinstance(call, ast.Call))


def _of_itself(call: ast.expr, name: str) -> bool:
    """Say whether a call is of a method of this variable: `frame = frame.dropna()`."""
    while isinstance(call, ast.Attribute | ast.Call):
        call = call.func if isinstance(call, ast.Call) else call.value
    return isinstance(call, ast.Name) and call.id == name


class _Reader(NamedTuple):
    """The dotted names that local ones stand for, the classes of objects, and of what functions give back."""

    names: dict[str, str]
    objects: dict[str, str]
    returns: Mapping[str, str]

    def used(self, node: ast.AST) -> Iterator[str]:
        """Give the dotted names that a node uses by itself."""
        if isinstance(node, ast.Name | ast.Attribute):
            yield from filter(None, [self.dotted(node)])
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield from (f"{node.module}.{one.name}" for one in node.names if one.name != "*")
        elif isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.Call) and (called := self.dotted(node.func)):
            yield from (f"{called}.{argument.arg}" for argument in node.keywords if argument.arg)

    def dotted(self, node: ast.expr) -> str:
        """Give the dotted name of an expression, that of its class where it is a call; else nothing."""
        if isinstance(node, ast.Name):
            return self.names.get(node.id) or self.objects.get(node.id, "")
        if isinstance(node, ast.Call):
            return self._result(node.func)
        if isinstance(node, ast.Attribute) and (before := self.dotted(node.value)):
            return f"{before}.{node.attr}"
        return ""

    def _result(self, function: ast.expr) -> str:
        """Give the class of what a call gives back: that of a function as it is known, a class by how it is written."""
        called = self.dotted(function)
        if isinstance(function, ast.Call) or (isinstance(function, ast.Name) and function.id in self.objects):
            return ""  # what an object gives when it is called
        return self.returns.get(called) or (called if called.rpartition(".")[2][:1].isupper() else "")

    def class_of(self, made: list[ast.expr | None]) -> str:
        """Give the class that a variable is of, each time that it is bound."""
        found = {self.dotted(expression) if expression is not None else "" for expression in made}
        return found.pop() if len(found) == 1 else ""
