"""Which trials are there? Read from the source of the programs: nothing of them is imported."""

from __future__ import annotations

import ast
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

PROGRAMS = Path(__file__).with_name("programs")


class Trial(NamedTuple):
    """A trial: its name and group, the module it is in, what that needs, and what it proves."""

    name: str
    group: str
    module: str
    needs: tuple[str, ...]
    proves: str


@lru_cache(maxsize=1)
def trials() -> dict[str, Trial]:
    """Give every trial by its name, those of one module in the order of its source."""
    found = [trial for path in sorted(PROGRAMS.glob("*.py")) for trial in _in(path)]
    return {trial.name: trial for trial in found}


def groups() -> list[str]:
    """Give the names of the groups that can be asked for; figures alone and services have ways of their own."""
    return sorted({trial.group for trial in trials().values()} - {"bench", "own"})


def _in(path: Path) -> list[Trial]:
    tree = ast.parse(path.read_text(encoding="utf-8"), path.name)
    needs = next((_literal(node.value) for node in tree.body if _is_needs(node)), ())  # type: ignore[attr-defined]
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and _group(node)]
    return [Trial(_name(node), _group(node), path.stem, needs, _proves(node)) for node in functions]


def _name(function: ast.FunctionDef) -> str:
    return function.name.strip("_").replace("_", "-")


def _proves(function: ast.FunctionDef) -> str:
    return (ast.get_docstring(function) or "").split("\n")[0]


def _is_needs(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "NEEDS"


def _literal(node: ast.expr) -> tuple[str, ...]:
    return tuple(ast.literal_eval(node))


def _group(function: ast.FunctionDef) -> str:
    """Give the group that `@trial(group)` names, core if it names none, nothing if it is no trial."""
    for call in function.decorator_list:
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "trial":
            return str(ast.literal_eval(call.args[0])) if call.args else "core"
    return ""
