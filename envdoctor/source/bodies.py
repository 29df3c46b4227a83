"""What runs when the statements of a module, a class or a function run: imports, dotted names, calls, bound names.

The bodies of functions inside are not entered, those of classes are. What stands below a condition that cannot be
told, in a loop or behind a `return` is unsure; what a `try` around it catches is noted with it.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from envdoctor.model.code import UNSURE, Import
from envdoctor.source import conditions, guards, literals
from envdoctor.source.expressions import Expressions
from envdoctor.source.settled import Settled

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from envdoctor.model.code import Python, Target

_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_CLOSED = (*_DEFINITIONS, ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Import, ast.ImportFrom)
_OF_PROPERTIES = ("setter", "getter", "deleter")
_EXITS = ("sys.exit", "os._exit", "exit", "quit")
_LAZY_ANNOTATIONS = (3, 14)


class Body(Expressions):
    """Read statements in the order in which they run."""

    def __init__(
        self,
        python: Python,
        *,
        annotations: bool = True,
        main: bool = False,
        local: bool = False,
        changing: Collection[str] | None = None,
    ) -> None:
        """Begin; `annotations`: they are evaluated where they stand; `main`: it is the program itself.

        `local`: it is a function, where annotations of variables are not evaluated. `changing` are the names that some
        function binds, None if any name may change.
        """
        super().__init__()
        self._python = python
        self._annotations = annotations and python.version < _LAZY_ANNOTATIONS
        self._main, self._local = main, local
        self.names: dict[str, Target | None] = {}
        self.rebound: set[str] = set()
        self._settled = Settled(python, self.names, changing)
        self.typing: set[str] = set()
        self.imports: list[Import] = []
        self.definitions: dict[str, ast.stmt] = {}
        self.assigned: dict[str, ast.expr] = {}
        self._inner = False  # inside a class: what is bound there is not the module's

    def read(self, statements: Sequence[ast.stmt], caught: int = 0) -> bool:
        """Read statements; say whether what follows them is never reached."""
        for statement in statements:
            ends = self._one(statement, caught)
            if ends:
                return True
            if not isinstance(statement, _DEFINITIONS) and _may_return(statement):
                caught |= UNSURE
        return False

    def _one(self, statement: ast.stmt, caught: int) -> bool:
        reader = _READERS.get(type(statement))
        if reader is not None:
            return bool(reader(self, statement, caught))
        for part in ast.iter_child_nodes(statement):
            if isinstance(part, ast.expr):
                self.evaluate(part, caught)
        return isinstance(statement, ast.Return | ast.Raise)

    def _import(self, statement: ast.Import, caught: int) -> None:
        for name in statement.names:
            top = name.name.split(".")[0]
            self.imports.append(Import((0, name.name, ""), name.asname or top, caught, statement.lineno))
            self.bind(name.asname or top, (0, name.name if name.asname else top, ""))

    def _import_from(self, statement: ast.ImportFrom, caught: int) -> None:
        for name in statement.names:
            target = (statement.level, statement.module or "", name.name)
            bound = name.asname or name.name
            self.imports.append(Import(target, bound, caught, statement.lineno))
            if name.name != "*":
                self.bind(bound, target)
            else:
                self._settled.worth.clear()

    def _function(self, statement: ast.FunctionDef | ast.AsyncFunctionDef, caught: int) -> None:
        self._decorators(statement.decorator_list, caught)
        arguments = statement.args
        for default in (*arguments.defaults, *arguments.kw_defaults):
            if default is not None:
                self.evaluate(default, caught)
        if self._annotations:
            several = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            every = [*several, *filter(None, [arguments.vararg, arguments.kwarg])]
            for one in (*(argument.annotation for argument in every), statement.returns):
                if one is not None:
                    self.evaluate(one, caught)
        self._define(statement, statement.name)

    def _class(self, statement: ast.ClassDef, caught: int) -> None:
        self._decorators(statement.decorator_list, caught)
        for part in (*statement.bases, *(keyword.value for keyword in statement.keywords)):
            self.evaluate(part, caught)
        self._define(statement, statement.name)
        inner, self._inner = self._inner, True
        hidden, self.hidden = self.hidden, self.hidden | bound_in(statement.body)
        self.read(statement.body, caught)
        self._inner, self.hidden = inner, hidden
        if any(ast.unparse(one).endswith("global_enum") for one in statement.decorator_list):
            for name in bound_in(statement.body):
                self.bind(name)

    def _decorators(self, decorators: Iterable[ast.expr], caught: int) -> None:
        for decorator in decorators:
            if not (isinstance(decorator, ast.Attribute) and decorator.attr in _OF_PROPERTIES):
                self.evaluate(decorator, caught)

    def _define(self, statement: ast.stmt, name: str) -> None:
        self.bind(name)
        if not self._inner:
            self.definitions[name] = statement

    def _if(self, statement: ast.If, caught: int) -> bool:
        test = statement.test
        self.evaluate(test, caught)
        if self._main and "__main__" in ast.dump(test)[:300]:
            return self.read(statement.body, caught)
        holds = conditions.holds(test, self._settled.known._replace(worth={}) if self._inner else self._settled.known)
        if conditions.for_types(test):
            self._for_types(statement.body if holds is not True else statement.orelse)
        if holds is not None:
            return self.read(statement.body if holds else statement.orelse, caught)
        ends = [self.read(branch, caught | UNSURE) for branch in (statement.body, statement.orelse)]
        return all(ends) and bool(statement.orelse)

    def _for_types(self, statements: Iterable[ast.stmt]) -> None:
        """Note what is bound for type checkers only."""
        for statement in statements:
            self.typing |= _bound_by(statement)

    def _try(self, statement: ast.Try, caught: int) -> bool:
        inside = guards.by_try(statement)
        bound = frozenset(self.names)
        self._settled.shaken += 1
        ended = self.read(statement.body, caught | inside)
        for handler in statement.handlers:
            if handler.name:
                self.bind(handler.name)
            self.read(handler.body, caught | UNSURE)
        later = caught | (UNSURE if ended else 0)
        self.read(statement.orelse, later | (inside and UNSURE))
        self._settled.shaken -= 1
        self.read(statement.finalbody, caught)
        if not self._inner:
            self._settled.marked(statement, bound)
        return ended and not statement.handlers

    def _with(self, statement: ast.With | ast.AsyncWith, caught: int) -> bool:
        for item in statement.items:
            self.evaluate(item.context_expr, caught)
            if item.optional_vars is not None:
                self.evaluate(item.optional_vars, caught)
        inside = guards.by_with(statement)
        self._settled.shaken += 1
        ended = self.read(statement.body, caught | inside)
        self._settled.shaken -= 1
        return ended and not inside

    def _loop(self, statement: ast.For | ast.AsyncFor | ast.While, caught: int) -> None:
        unsure = UNSURE
        if isinstance(statement, ast.While):
            self.evaluate(statement.test, caught)
        else:
            self.evaluate(statement.iter, caught)
            self.evaluate(statement.target, caught)
            unsure = 0 if literals.is_filled(statement.iter, self.assigned) else UNSURE
        self._settled.shaken += 1
        for name in _bound_by(statement) if self._settled.worth else ():
            self._settled.worth.pop(name, None)
        self.read(statement.body, caught | unsure)
        self._settled.shaken -= 1
        self.read(statement.orelse, caught | UNSURE)

    def _match(self, statement: ast.Match, caught: int) -> None:
        self.evaluate(statement.subject, caught)
        for case in statement.cases:
            for node in ast.walk(case.pattern):
                if isinstance(node, ast.MatchAs | ast.MatchStar) and node.name:
                    self.bind(node.name)
            self.read(case.body, caught | UNSURE)

    def _assign(self, statement: ast.Assign, caught: int) -> None:
        self.evaluate(statement.value, caught)
        for target in statement.targets:
            self.evaluate(target, caught)
            several = target.elts if isinstance(target, ast.Tuple) else [target]
            if not self._inner:
                self.assigned.update((one.id, statement.value) for one in several if isinstance(one, ast.Name))
                self._settled.give(target, statement.value, caught)

    def _annotated(self, statement: ast.AnnAssign, caught: int) -> None:
        if statement.value is not None:
            self.evaluate(statement.value, caught)
            self.evaluate(statement.target, caught)
            if isinstance(statement.target, ast.Name) and not self._inner:
                self.assigned[statement.target.id] = statement.value
                self._settled.give(statement.target, statement.value, caught)
        if self._annotations and (self._inner or not self._local):
            self.evaluate(statement.annotation, caught)

    def _expression(self, statement: ast.Expr, caught: int) -> bool:
        self.evaluate(statement.value, caught)
        called = statement.value.func if isinstance(statement.value, ast.Call) else None
        return called is not None and literals.dotted(called) in _EXITS

    def bind(self, name: str, target: Target | None = None) -> None:
        """Note that a name is bound; one that is bound to several things is bound to nothing that can be told."""
        if self._inner:
            return
        if name in self.names:
            self.rebound.add(name)
        self.names[name] = target if self.names.get(name, target) == target else None
        self._settled.worth.pop(name, None)


def _may_return(statement: ast.stmt) -> bool:
    """Say whether a statement may end the function that it stands in."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Return):
            return True
        if not isinstance(node, _CLOSED):
            for inner in ("body", "orelse", "handlers", "finalbody", "cases"):
                waiting += getattr(node, inner, ())
    return False


def bound_in(statements: Iterable[ast.stmt]) -> frozenset[str]:
    """Give the names that statements bind, or say the type of."""
    return frozenset(name for statement in statements for name in _bound_by(statement))


def _bound_by(statement: ast.stmt) -> set[str]:
    """Give the names that a statement of a class, or of a branch for type checkers, binds."""
    found: set[str] = set()
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        if isinstance(node, _DEFINITIONS):
            found.add(node.name)
            continue
        if isinstance(node, ast.alias):
            found.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        if not isinstance(node, ast.Lambda):
            waiting += ast.iter_child_nodes(node)
    return found


_READERS: dict[type[ast.stmt], Callable[..., bool | None]] = {
    ast.Import: Body._import,
    ast.ImportFrom: Body._import_from,
    ast.FunctionDef: Body._function,
    ast.AsyncFunctionDef: Body._function,
    ast.ClassDef: Body._class,
    ast.If: Body._if,
    ast.Try: Body._try,
    ast.TryStar: Body._try,
    ast.With: Body._with,
    ast.AsyncWith: Body._with,
    **dict.fromkeys(_LOOPS, Body._loop),
    ast.Match: Body._match,
    ast.Assign: Body._assign,
    ast.AnnAssign: Body._annotated,
    ast.Expr: Body._expression,
}
