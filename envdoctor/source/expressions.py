"""Which dotted names does an expression read, and what does it call, when it is evaluated?"""

from __future__ import annotations

import ast

from envdoctor.model.code import UNSURE, Call, Import, Target, Use

_IMPORTS = ("__import__", "import_module", "importlib.import_module")
_SKIPPED = (ast.Constant, ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Expressions:
    """Collect what expressions read, call and bind."""

    def __init__(self) -> None:
        self.uses: list[Use] = []
        self.calls: list[Call] = []
        self.imports: list[Import] = []
        self.executes = False  # a text is run as code
        self.hidden: frozenset[str] = frozenset()

    def bind(self, name: str, target: Target | None = None) -> None:
        """Note that a name is bound."""
        raise NotImplementedError

    def evaluate(self, expression: ast.expr, caught: int) -> None:
        """Note what one expression reads; parts that may not be evaluated are unsure."""
        waiting: list[tuple[ast.AST, int]] = [(expression, caught)]
        while waiting:
            node, mask = waiting.pop()
            kind = type(node)
            if kind is ast.Name:
                if isinstance(node.ctx, ast.Store):  # type: ignore[attr-defined]
                    self.bind(node.id)  # type: ignore[attr-defined]
            elif kind is ast.Attribute:
                waiting += self._attribute(node, mask)  # type: ignore[arg-type]
            elif kind is ast.Call:
                waiting += self._call(node, mask)  # type: ignore[arg-type]
            elif not isinstance(node, _SKIPPED):
                waiting += _parts(node, mask)

    def _attribute(self, node: ast.Attribute, caught: int) -> list[tuple[ast.AST, int]]:
        dotted = name(node)
        if dotted is None:
            return [(node.value, caught)]
        root, chain = dotted
        if root not in self.hidden:
            read = chain if isinstance(node.ctx, ast.Load) else chain[:-1]
            if read:
                self.uses.append(Use(root, read, caught, node.lineno))
        return []

    def _call(self, node: ast.Call, caught: int) -> list[tuple[ast.AST, int]]:
        dotted = name(node.func)
        if dotted is not None and dotted[0] not in self.hidden:
            root, chain = dotted
            self._by_name(".".join((root, *chain)), node, caught)
            self.executes = self.executes or (root == "exec" and not chain)
            keywords = tuple(keyword.arg for keyword in node.keywords if keyword.arg)
            self.calls.append(Call(root, chain, keywords, caught, node.lineno))
        return [(part, caught) for part in ast.iter_child_nodes(node)]

    def _by_name(self, called: str, node: ast.Call, caught: int) -> None:
        """Note a module that is imported by a call with its name."""
        text = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
        if called in _IMPORTS and isinstance(text, str) and text.strip("."):
            level = len(text) - len(text.lstrip("."))
            if not level or (len(node.args) > 1 and ast.unparse(node.args[1]) in ("__name__", "__package__")):
                self.imports.append(Import((level, text[level:], ""), "", caught, node.lineno))


def _parts(node: ast.AST, caught: int) -> list[tuple[ast.AST, int]]:
    """Give the parts of an expression, each with what is caught where it stands."""
    if isinstance(node, ast.Lambda):
        return [(part, caught) for part in (*node.args.defaults, *filter(None, node.args.kw_defaults))]
    if isinstance(node, ast.BoolOp):
        return [(part, caught if part is node.values[0] else caught | UNSURE) for part in node.values]
    if isinstance(node, ast.IfExp):
        return [(node.test, caught), (node.body, caught | UNSURE), (node.orelse, caught | UNSURE)]
    if isinstance(node, _COMPREHENSIONS):
        return [(node.generators[0].iter, caught)]
    return [(part, caught) for part in ast.iter_child_nodes(node)]


def name(node: ast.expr) -> tuple[str, tuple[str, ...]] | None:
    """Give the first part of a dotted name and what follows it, or None for any other expression."""
    chain: list[str] = []
    while isinstance(node, ast.Attribute):
        chain.append(node.attr)
        node = node.value
    return (node.id, tuple(reversed(chain))) if isinstance(node, ast.Name) else None
