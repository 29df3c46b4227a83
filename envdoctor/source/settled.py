"""What are the names of a file worth where one of its conditions asks for them?

Known is a name that was given a constant where nothing leaves that out (no `try`, no loop, no open condition), as long
as nothing binds it anew. `try: NAME except NameError: NAME = False`, by which builds mark themselves, counts too.
"""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING

from envdoctor.model.code import UNSURE
from envdoctor.source import conditions

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Any

    from envdoctor.model.code import Python, Target

_PLAIN = (ast.Constant, ast.Name, ast.Attribute, ast.Subscript, ast.Compare, ast.UnaryOp)
_MUTABLE = (ast.List, ast.Set)


class Settled:
    """What names are worth, while a file is read in the order in which it runs."""

    def __init__(self, python: Python, names: Mapping[str, Target | None], changing: Collection[str] | None) -> None:
        """Begin; `changing` are names that functions bind, None if any name may change but those that mark a build."""
        self.worth: dict[str, Any] = {}
        self.known = conditions.Known(python, self.worth, names)
        self._changing = changing
        self.shaken = 0  # how many statements stand around that may be left before their end, or run again

    def give(self, target: ast.expr, node: ast.expr, caught: int) -> None:
        """Note that a name is given what an expression is worth."""
        surely = self._changing is not None and not self.shaken and not caught & UNSURE
        if surely and isinstance(target, ast.Name) and target.id not in (self._changing or ()):
            self._note(target.id, node)

    def marked(self, statement: ast.Try, bound: Collection[str]) -> None:
        """Note the name that a `try` gives a constant because nothing has bound it."""
        name, made = _unless_there(statement)
        if made is not None and not self.shaken and name not in bound and not hasattr(builtins, name):
            self._note(name, made)

    def _note(self, name: str, node: ast.expr) -> None:
        if not isinstance(node, _PLAIN) or any(isinstance(part, _MUTABLE) for part in ast.walk(node)):
            return
        for found in conditions.worth(node, self.known):
            self.worth[name] = found


def _unless_there(statement: ast.Try) -> tuple[str, ast.expr | None]:
    """Give NAME and VALUE of `try: NAME except NameError: NAME = VALUE`."""
    first, handler = statement.body[0], statement.handlers[0] if statement.handlers else None
    asked = first.value if isinstance(first, ast.Expr) and len(statement.body) == 1 else None
    if not isinstance(asked, ast.Name) or handler is None or len(statement.handlers) > 1 or statement.orelse:
        return "", None
    given = handler.body[0]
    plain = isinstance(given, ast.Assign) and len(handler.body) == len(given.targets) == 1
    if not plain or not isinstance(handler.type, ast.Name) or handler.type.id != "NameError":
        return "", None
    assert isinstance(given, ast.Assign)
    target = ast.unparse(given.targets[0]).removeprefix("builtins.")
    return asked.id, given.value if target == asked.id else None
