"""Read the imports, the sizes and the words of the source, and name every breach of the shape of the code.

Nothing is imported or run: the syntax trees say it all. `test_architecture` wants no breach of the package, and plants
one of each kind to see that it is named.
"""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONGEST_FUNCTION = 40
LONGEST_FILE = 300

GROUND = {"__init__", "model", "errors", "cells", "markers"}
READ = {"recipe", "facts", "matrix"}
JUDGE = {"checks", "diagnose", "link"}
PURE = {"__init__", "model", "cells", "markers"}
SHARED = GROUND | {"processes", "spread", "yamlpos", "formats"}
SOLVE = SHARED | READ | {"source"} | JUDGE
ACT = SOLVE | {"solve"}
MAY_IMPORT: dict[str, set[str]] = {
    "__init__": {"notebook"},
    "notebook": {"__init__", "processes"},
    "model": GROUND,
    "errors": GROUND,
    "cells": GROUND,
    "markers": GROUND,
    "processes": set(),
    "spread": set(),
    "yamlpos": GROUND,
    "formats": GROUND | {"yamlpos"},
    "logs": GROUND,
    **dict.fromkeys(READ, SHARED),
    "source": SHARED | {"facts"},
    **dict.fromkeys(JUDGE, PURE),
    "solve": SOLVE,
    "releases": ACT,
    **dict.fromkeys(("lock", "smoke", "run", "verify"), ACT | {"logs"}),
    "report": {"__init__", "model"},
    "app": ACT | {"lock", "logs", "releases", "smoke", "run", "verify", "report"},
    "cli": {"__init__", "app", "report", "model", "errors", "processes"},
    "bootstrap": set(),
    "__main__": {"bootstrap", "cli"},
    "models": set(),
}
# Who may import what is not in the standard library; `packaging` is everyone's but the standalone files'.
MAY_USE = {
    "yaml": {"yamlpos"},
    "typer": {"cli"},
    "rich": {"report"},
    "torch": {"models"},
    "numpy": {"models"},
    "pynvml": {"facts"},
    "itanium_demangler": {"diagnose"},
    "rattler": {"lock"},
    "packaging": MAY_IMPORT.keys() - {"bootstrap", "__main__", "models"},
}
STANDALONE = (
    "lock/conda_worker.py",
    "facts/probe.py",
    "facts/nvml.py",
    "models/",
    "smoke/programs/",
    "verify/lookup.py",
)
PROGRAMS = "smoke/programs/"  # they import what they try, and one another
NOT_FOR_JUDGES = {"os", "subprocess", "pathlib", "socket", "shutil", "tempfile", "urllib", "http"}
LIGHT = {"__future__", "__version__", "collections", "enum", "importlib", "os", "pathlib", "sys", "typer", "typing"}
SPEAKERS = {"cli", "bootstrap", "__main__", "models", "notebook"}
VERSION = re.compile(r"\s*(===|==|~=|!=|<=|>=|<|>)\s*v?\d.*|v?\d+\.\d+\.(\d+|\*)[\w.+*-]*")


@dataclass(frozen=True)
class Import:
    """One imported module, where it stands, and when it is loaded."""

    module: str
    line: int
    at_start: bool
    for_types: bool


@dataclass(frozen=True)
class Source:
    """One file of the package. `name` is its path in the package, `unit` the row of the table that it belongs to."""

    name: str
    unit: str
    text: str
    tree: ast.Module

    @property
    def is_standalone(self) -> bool:
        """Say whether someone else's interpreter runs this file."""
        return self.name.startswith(STANDALONE)


def breaches(package: Path) -> list[str]:
    """Name every breach in a package, as `file:line: what is wrong`."""
    sources = [_read(path, package) for path in sorted(package.rglob("*.py"))]
    found = [(source.name, *breach) for source in sources for judge in QUESTIONS for breach in judge(source)]
    found += _heavy_start({source.name: source for source in sources})
    return [f"{package.name}/{name}:{line}: {problem}" for name, line, problem in sorted(found)]


def too_long(folder: Path) -> list[str]:
    """Name the files and functions of a folder that are too long."""
    sources = [_read(path, folder) for path in sorted(folder.rglob("*.py"))]
    return [f"{folder.name}/{s.name}:{line}: {problem}" for s in sources for line, problem in _sizes(s)]


def _read(path: Path, package: Path) -> Source:
    name = path.relative_to(package).as_posix()
    text = path.read_text(encoding="utf-8")
    return Source(name, name.split("/")[0].removesuffix(".py"), text, ast.parse(text, name))


def _layers(source: Source) -> Iterator[tuple[int, str]]:
    may = MAY_IMPORT.get(source.unit)
    if may is None:
        yield 1, f"`{source.unit}` has no row in the table of layers"
        return
    for imported in _imports(source.tree):
        top, _, rest = imported.module.partition(".")
        unit = rest.split(".")[0] or "__init__"
        if top == "envdoctor" and unit not in MAY_IMPORT and "__init__" in may:
            unit = "__init__"  # a plain name of the package, such as its version
        if top == "" or (top == "envdoctor" and source.is_standalone):
            yield imported.line, f"{'a relative import' if not top else 'a standalone file imports envdoctor'}"
        elif top == "envdoctor" and unit not in may | {source.unit}:
            yield imported.line, f"`{source.unit}` may not import `{unit}`"


def _outside(source: Source) -> Iterator[tuple[int, str]]:
    for imported in _imports(source.tree):
        top = imported.module.split(".")[0]
        if top in ("", "envdoctor") or top in sys.stdlib_module_names or source.name.startswith(PROGRAMS):
            continue
        if source.unit not in MAY_USE.get(top, set()) or source.name == "facts/probe.py":
            yield imported.line, f"`{source.unit}` may not import `{top}`"
        elif top == "rich" and imported.at_start:
            yield imported.line, "`rich` is loaded inside the function that draws with it"


def _heavy_start(sources: dict[str, Source]) -> Iterator[tuple[str, int, str]]:
    """Follow the imports that a start runs through: from `cli/__init__.py`, and from the module of each command."""
    commands = [name for name, source in sources.items() if name.startswith("cli/") and _is_command(source)]
    waiting, seen = ["cli/__init__.py", *commands], set()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in sources:
            continue
        seen.add(name)
        for imported in _imports(sources[name].tree):
            unit, _, rest = imported.module.removeprefix("envdoctor.").partition(".")
            if imported.at_start and imported.module.startswith("envdoctor.cli"):
                waiting.append(f"cli/{rest.split('.')[0]}.py")
            elif imported.at_start and unit not in LIGHT:
                yield name, imported.line, f"`{imported.module}` is loaded at every start; import it inside the command"


def _is_command(source: Source) -> bool:
    """Say whether a module of `cli` is a command: it defines a function of its own name, or an app."""
    own = source.name.removeprefix("cli/").removesuffix(".py")
    functions = {node.name for node in source.tree.body if isinstance(node, ast.FunctionDef)}
    assigned = {ast.unparse(one) for node in source.tree.body if isinstance(node, ast.Assign) for one in node.targets}
    return own in functions or "app" in assigned


def _purity(source: Source) -> Iterator[tuple[int, str]]:
    if source.unit not in JUDGE:
        return
    for imported in _imports(source.tree):
        if imported.module.split(".")[0] in NOT_FOR_JUDGES:
            yield imported.line, f"a judge may not look: `{imported.module}`"
    yield from ((line, "a judge may not open a file") for line in _calls(source.tree, "open"))


def _silence(source: Source) -> Iterator[tuple[int, str]]:
    if source.unit in SPEAKERS or source.is_standalone:
        return
    yield from ((line, "only `cli` prints") for line in _calls(source.tree, "print"))
    yield from ((line, "only `cli` exits") for line in _calls(source.tree, "SystemExit", "exit", "quit"))
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "sys":
            if node.attr in ("stdout", "stderr"):
                yield node.lineno, "only `cli` prints"
            if node.attr == "exit":
                yield node.lineno, "only `cli` exits"


def _versions(source: Source) -> Iterator[tuple[int, str]]:
    if source.name == "__init__.py":
        return
    told = {id(text) for text in [*_docstrings(source.tree), *_formats(source.tree)]}
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in told:
            continue
        if VERSION.fullmatch(node.value):
            yield node.lineno, f"a version in Python code: {node.value!r} belongs into the matrix"


def _sizes(source: Source) -> Iterator[tuple[int, str]]:
    lines = source.text.count("\n")
    if lines > LONGEST_FILE:
        yield 1, f"the file has {lines} lines, more than {LONGEST_FILE}"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                yield node.lineno, f"`{node.name}` has {length} lines, more than {LONGEST_FUNCTION}"


def _imports(tree: ast.Module) -> Iterator[Import]:
    yield from _imports_below(tree, at_start=True, for_types=False)


def _imports_below(parent: ast.AST, *, at_start: bool, for_types: bool) -> Iterator[Import]:
    for node in ast.iter_child_nodes(parent):
        for module in _modules(node):
            yield Import(module, node.lineno, at_start and not for_types, for_types)  # type: ignore[attr-defined]
        inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        types = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        yield from _imports_below(node, at_start=at_start and not inside, for_types=for_types or types)


def _modules(node: ast.AST) -> list[str]:
    """Give the modules that a statement imports; `from envdoctor import x` may import `envdoctor.x`."""
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    if node.level or not node.module:
        return ["."]
    ours = node.module.split(".")[0] == "envdoctor"
    return [f"{node.module}.{name.name}" for name in node.names] if ours else [node.module]


def _calls(tree: ast.Module, *names: str) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            yield node.lineno


def _docstrings(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr):
                yield first.value


def _formats(tree: ast.Module) -> Iterator[ast.expr]:
    """Give the `>8` of every `f"{name:>8}"`, which looks like a version and is a width."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FormattedValue) and isinstance(node.format_spec, ast.JoinedStr):
            yield from node.format_spec.values


QUESTIONS = (_layers, _outside, _purity, _silence, _versions, _sizes)
