"""Which names does a module's `def __getattr__(name)` answer?"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.model.code import ANYTHING, CLOSED, SPELLED, Answers
from envdoctor.source import literals

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from envdoctor.source.bodies import Body

_FORWARDS = ("getattr", "import_module", "__import__")


class Guard(NamedTuple):
    """What the name is known to be at some point: one of some words, or in tables that are not written out."""

    words: frozenset[str] = frozenset()
    tables: tuple[str, ...] = ()


def answers(function: ast.FunctionDef, body: Body) -> Answers:
    """Give what a `__getattr__` answers."""
    arguments = [*function.args.posonlyargs, *function.args.args]
    if not arguments:
        return Answers(scope=ANYTHING)
    reader = _Reader(arguments[0].arg, body)
    reader.read(function.body, None)
    gives = {name: reader.modules.get(name, "") for name in reader.gives}
    helpers = tuple(dict.fromkeys(_origins(reader.helpers, body)))
    return Answers(gives, reader.scope, helpers, tuple(sorted(reader.denies - reader.gives)))


def _origins(helpers: Sequence[str], body: Body) -> Iterator[str]:
    """Give helpers, and for one that a call made also what was called."""
    for helper in helpers:
        yield helper
        made = body.assigned.get(helper)
        if isinstance(made, ast.Call):
            yield literals.dotted(made.func).partition(".")[0]


class _Reader:
    def __init__(self, argument: str, body: Body) -> None:
        self._argument = argument
        self._body = body
        self._taken: dict[str, Guard] = {}  # what a variable took out of a table
        self.gives: set[str] = set()
        self.denies: set[str] = set()
        self.modules: dict[str, str] = {}
        self.helpers: list[str] = []
        self.scope = CLOSED

    def read(self, statements: Sequence[ast.stmt], guard: Guard | None) -> bool:
        """Follow statements; say whether they always end the function."""
        for statement in statements:
            if isinstance(statement, ast.Return):
                self._returned(statement.value, guard)
                return True
            if isinstance(statement, ast.Raise):
                return True
            if isinstance(statement, ast.If):
                ended, guard = self._if(statement, guard)
                if ended:
                    return True
            elif isinstance(statement, ast.Assign):
                guard = self._assigned(statement, guard)
            elif isinstance(statement, ast.Try):
                if self._try(statement, guard):
                    return True
            else:
                self._within(statement, guard)
        return False

    def _within(self, statement: ast.stmt, guard: Guard | None) -> None:
        """Follow what stands in a statement that may be left without having run it."""
        if isinstance(statement, ast.Match):
            for case in statement.cases:
                self.read(case.body, self._case(statement.subject, case.pattern) or guard)
        for inner in ("body", "orelse"):
            self.read(getattr(statement, inner, []), guard)

    def _try(self, statement: ast.Try, guard: Guard | None) -> bool:
        """Follow a `try`; what stands behind `TABLE[name]` in it runs for what is in the table. Say whether all end."""
        ended = self.read(statement.body, guard)
        others = [self.read(handler.body, guard) for handler in statement.handlers]
        first = statement.body[0]
        taken = self._assigned(first, guard) if isinstance(first, ast.Assign) else guard
        ended = (self.read(statement.orelse, taken) or ended) and all(others)
        return self.read(statement.finalbody, guard) or ended

    def _case(self, subject: ast.expr, pattern: ast.pattern) -> Guard | None:
        """Give what the name is where a pattern of literals matches it."""
        parts = pattern.patterns if isinstance(pattern, ast.MatchOr) else [pattern]
        values = [part.value for part in parts if isinstance(part, ast.MatchValue)]
        words = [value.value for value in values if isinstance(value, ast.Constant)]
        known = self._is_argument(subject) and len(words) == len(parts)
        return Guard(frozenset(map(str, words))) if known else None

    def _if(self, statement: ast.If, guard: Guard | None) -> tuple[bool, Guard | None]:
        """Follow both branches; give whether both end, and what is known of the name behind them."""
        inside, behind = self._known(statement.test)
        if guard is None and inside is not None and isinstance(statement.body[-1], ast.Raise):
            returned = any(isinstance(part, ast.Return) for inner in statement.body for part in ast.walk(inner))
            self.denies |= frozenset() if returned else inside.words
        ended = self.read(statement.body, inside or guard)
        other = self.read(statement.orelse, behind or guard)
        return ended and other and bool(statement.orelse), behind if ended and behind is not None else guard

    def _known(self, test: ast.expr) -> tuple[Guard | None, Guard | None]:
        """Give what the name is where a condition holds, and where it does not."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            inside, behind = self._known(test.operand)
            return behind, inside
        if isinstance(test, ast.BoolOp):
            return self._joined(test), None
        if isinstance(test, ast.Name):
            return self._taken.get(test.id), None
        if not isinstance(test, ast.Compare) or len(test.ops) != 1:
            return None, None
        return self._compared(test.left, test.ops[0], test.comparators[0])

    def _compared(self, left: ast.expr, how: ast.cmpop, right: ast.expr) -> tuple[Guard | None, Guard | None]:
        if isinstance(left, ast.Name) and left.id in self._taken and isinstance(how, ast.Is | ast.IsNot):
            taken = self._taken[left.id]
            return (None, taken) if isinstance(how, ast.Is) else (taken, None)
        if not self._is_argument(left):
            return None, None
        if isinstance(how, ast.Eq | ast.NotEq):
            guard = self._equal(right)
            return (guard, None) if isinstance(how, ast.Eq) else (None, guard)
        if isinstance(how, ast.In | ast.NotIn):
            guard = self._table(right)
            return (guard, None) if isinstance(how, ast.In) else (None, guard)
        return None, None

    def _equal(self, node: ast.expr) -> Guard:
        """Give the word that the name equals, or the variable that holds it."""
        value = self._body.assigned.get(node.id, node) if isinstance(node, ast.Name) else node
        if isinstance(value, ast.Constant):
            return Guard(frozenset({str(value.value)}))
        return Guard(tables=(literals.dotted(node).partition(".")[0] or "__name__",))

    def _joined(self, test: ast.BoolOp) -> Guard | None:
        parts = [self._known(part)[0] for part in test.values]
        known = [part for part in parts if part is not None]
        if isinstance(test.op, ast.And):
            return known[0] if known else None
        if len(known) < len(parts):
            return None
        words = frozenset(word for part in known for word in part.words)
        return Guard(words, tuple(table for part in known for table in part.tables))

    def _table(self, node: ast.expr) -> Guard:
        """Give what is in a table: its words where they are written out, else the name it goes by."""
        found = literals.words(node, self._body.assigned)
        if found is not None:
            self.modules.update(literals.modules(node, self._body.assigned))
            return Guard(found)
        return Guard(tables=(literals.dotted(node).partition(".")[0] or "__name__",))

    def _assigned(self, statement: ast.Assign, guard: Guard | None) -> Guard | None:
        """Note what is taken out of a table by the name; `TABLE[name]` fails for any other."""
        value, target = statement.value, statement.targets[0]
        if isinstance(value, ast.Subscript) and self._is_argument(value.slice):
            return guard or self._table(value.value)
        asks = isinstance(value, ast.Call) and value.args and self._is_argument(value.args[0])
        called = value.func if isinstance(value, ast.Call) and asks else None
        if isinstance(called, ast.Attribute) and called.attr == "get" and isinstance(target, ast.Name):
            self._taken[target.id] = self._table(called.value)
        return guard

    def _is_argument(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id == self._argument

    def _returned(self, value: ast.expr | None, guard: Guard | None) -> None:
        if guard is not None:
            self.gives |= guard.words
            self.helpers += guard.tables
            self.scope = max(self.scope, SPELLED if guard.tables else CLOSED)
        elif value is not None and not self._is_own(value):
            self._open(value)

    def _is_own(self, value: ast.expr) -> bool:
        """Say whether a value is a submodule, or a name that the module binds anyway."""
        text = ast.unparse(value)[:200]
        if isinstance(value, ast.Subscript) and self._is_argument(value.slice):
            return text.startswith(("globals()", "vars()")) or literals.words(value.value, {}) is not None
        if not (
            isinstance(value, ast.Call)
            and value.args
            and text.startswith(("import_module", "importlib.", "_importlib."))
        ):
            return False
        words = ast.unparse(value.args[0])
        mine = ("f'{__name__}.{" + self._argument, "f'.{" + self._argument, "'.' + " + self._argument)
        return words.startswith((*mine, "__name__ + '.' + " + self._argument)) or _names_package(value.args[0])

    def _open(self, value: ast.expr) -> None:
        """Note a way on which any name may be answered: by what is spelled somewhere, or by anything."""
        calls = [node for node in ast.walk(value) if isinstance(node, ast.Call)]
        called = [literals.dotted(call.func) for call in calls]
        if not called or any(name.rpartition(".")[2] in ("", *_FORWARDS) for name in called):
            self.scope = ANYTHING
            return
        self.scope = max(self.scope, SPELLED)
        self.helpers += [name.partition(".")[0] for name in called]


def _names_package(node: ast.expr) -> bool:
    """Say whether a text is `f"package.{name}"` with a package written out."""
    if not isinstance(node, ast.JoinedStr) or len(node.values) != 2:
        return False
    first, second = node.values
    return isinstance(first, ast.Constant) and str(first.value).endswith(".") and isinstance(second, ast.FormattedValue)
