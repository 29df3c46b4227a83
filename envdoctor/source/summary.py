"""Summarise one file: what it gives, what it needs, and what about it cannot be told."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from envdoctor.model.code import Summary
from envdoctor.source import lazy, literals, syntax
from envdoctor.source.bodies import Body, bound_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from envdoctor.model.code import Python

MOST_BYTES = 8_000_000
_ANY_NAMES = re.compile(
    rb"(?:globals|locals|vars)\(\)\s*(?:\[[^\n]{0,300}\]\s*=[^=]|\.(?:update|setdefault|__setitem__))"
    rb"|= *globals\(\)\s*$"
    rb"|\bmodules(?:\.get\(|\[)\s*__name__|import_module\(\s*__name__\s*\)|__import__\(\s*__name__\s*\)"
    rb"|_convert_\s*\(|f_(?:globals|locals)\s*(?:\[[^\n]{0,300}\]\s*=[^=]|\.(?:update|setdefault))",
    re.MULTILINE,
)
_REPLACES = re.compile(rb"\bmodules\[\s*[^\W\d]\w*\s*\]\s*=[^=]")
_OWN_NAME = re.compile(rb"(?<![.\w])(?<!getLogger\()__name__\b(?!\s*==)")
_PASSED = re.compile(rb"\b(\w{1,60})\s{0,9}\([^()\n]{0,300}\bglobals\(\)(?!\[|\.)")
_READERS = frozenset((b"dict", b"sorted", b"list", b"set", b"eval", b"len", b"frozenset", b"tuple"))
_SPELLED = re.compile(rb"sys\.modules|__path__|global_enum|lazy_?import|lazy_?load|_lazy|__dict__")
_REGISTERS = re.compile(
    rb"modules\[[^\n]{0,300}\]\s*=[^=]|modules\.(?:update|setdefault)|meta_path|__path__\s*(?:=|\+=|\.|\[)"
)
_REGISTERED = re.compile(rb"modules\[\s*[\"']([\w.]+)[\"']\s*\]\s*=[^=]|modules\.setdefault\(\s*[\"']([\w.]+)")
_EXTENDS = re.compile(rb"extend_path|declare_namespace")
_EDITS_PATH = re.compile(rb"sys\.path\.(?:insert|append|extend)|sys\.path\[|sys\.path ?\+?=")
_SETS = re.compile(rb"\n[ \t]*(\w+)\.(\w+)[ \t]*=(?!=)")
_SETATTR = re.compile(rb"setattr\(\s*(\w+),\s*[\"'](\w+)")
_SETS_ANY = re.compile(
    rb"setattr\(\s*([\w.]{1,200})\s*,\s*(?![\"'])|\b(\w{1,60})\.__dict__(?:\[[^\n]{0,300}\]\s*=[^=]|\.update)"
)
_GLOBAL = re.compile(rb"\n[ \t]+global[ \t]+([\w, \t]+)")
# What stands in every text that the patterns above match: to look for a word is quicker than to look for a pattern.
_OF_ANY = (
    b"globals()", b"locals()", b"vars()", b"modules[", b"modules.get(", b"import_module(", b"__import__(", b"_convert_",
    b"f_globals", b"f_locals",
)  # fmt: skip
_OF_REGISTERS = (b"modules[", b"modules.", b"meta_path", b"__path__")
_OF_SPELLED = (b"sys.modules", b"__path__", b"global_enum", b"lazy", b"__dict__")


def of(
    blob: bytes,
    python: Python,
    stub: Callable[[], bytes],
    *,
    main: bool = False,
    keep: Callable[[ast.Module], None] | None = None,
) -> Summary:
    """Give the summary of a file's content; `main`: it is the program itself; `keep` gets the tree."""
    if len(blob) > MOST_BYTES:
        return Summary(fault=f"larger than {MOST_BYTES:,} bytes")
    try:
        tree = syntax.parsed(blob, python)
    except syntax.Refused as refused:
        return Summary(refused=(refused.line, refused.words))
    except syntax.Unreadable as error:
        return Summary(fault=str(error))
    if keep is not None:
        keep(tree)
    try:
        return _summary(tree, blob, python, stub, main)
    except RecursionError:
        return Summary(fault="nested too deeply")


def named(blob: bytes, python: Python) -> frozenset[str]:
    """Give the names that a stub has; none if it cannot be read."""
    try:
        return bound_in(syntax.parsed(blob, python).body) if len(blob) <= MOST_BYTES else frozenset()
    except (syntax.Refused, syntax.Unreadable):
        return frozenset()


def _summary(tree: ast.Module, blob: bytes, python: Python, stub: Callable[[], bytes], main: bool) -> Summary:
    bound = [name.strip() for found in _globals(blob) for name in found[1].decode().replace("\t", " ").split(",")]
    changing = None if b"exec(" in blob or _puts_any(blob) else bound
    body = Body(python, annotations=not postponed(tree), main=main, changing=changing)
    body.read(tree.body)
    for name in bound:
        body.bind(name)
    blob = _without_loops(tree, body, blob)
    answers = lazy.answers(body, tree, blob, stub)
    structured = answers is not None and lazy.is_structured(body, blob)
    return Summary(
        names=body.names,
        typing=frozenset(body.typing - body.names.keys()),
        exports=_exports(body, blob),
        imports=tuple(dict.fromkeys(body.imports)),
        uses=tuple(use for use in dict.fromkeys(body.uses) if body.names.get(use.root) is not None),
        calls=tuple(call for call in dict.fromkeys(body.calls) if call.root in body.names),
        answers=answers,
        dynamic=2 if body.executes else 0 if structured else _dynamic(_without_getattr(body, blob)),
        registers=any(word in blob for word in _OF_REGISTERS) and bool(_REGISTERS.search(blob)),
        extends=bool(_EXTENDS.search(blob)),
        edits_path=(b"sys.path" in blob and bool(_EDITS_PATH.search(blob))) or b"addsitedir" in blob,
        sets=tuple(_sets(blob, body)),
        registered=tuple((one or other).decode() for one, other in _REGISTERED.findall(blob)),
        made=_made(body, blob),
        rebound=frozenset(body.rebound),
    )


def _globals(blob: bytes) -> Iterator[re.Match[bytes]]:
    return _GLOBAL.finditer(blob if b"global" in blob else b"")


def postponed(tree: ast.Module) -> bool:
    """Say whether annotations are not evaluated in a file."""
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(n.name == "annotations" for n in node.names)
        for node in tree.body[:20]
    )


def _made(body: Body, blob: bytes) -> dict[str, str]:
    """Give the variables that hold what a call gave, and nothing else, and on which nothing is set."""
    called = {name: called for name, value in body.assigned.items() if (called := _called(value))}
    changed = {one.decode() for one, _ in _SETS.findall(blob)} if called else set()
    return {name: what for name, what in called.items() if name not in body.rebound | changed}


def _called(value: ast.expr) -> str:
    return literals.dotted(value.func) if isinstance(value, ast.Call) else ""


def _exports(body: Body, blob: bytes) -> tuple[str, ...] | None:
    """Give a literal `__all__`, if nothing changes it."""
    if blob.count(b"__all__") != 1 or "__all__" not in body.assigned:
        return None
    found = literals.words(body.assigned["__all__"], body.assigned)
    return None if found is None else tuple(sorted(found))


def _without_loops(tree: ast.Module, body: Body, blob: bytes) -> bytes:
    """Give a source without the loops that put the words of a literal list into the module; these are bound."""
    if b"globals()[" not in blob:
        return blob
    lines = blob.splitlines(keepends=True)
    for loop in (node for node in ast.walk(tree) if isinstance(node, ast.For)):
        words = [_put(inner, loop, body) for inner in ast.walk(loop) if isinstance(inner, ast.Assign)]
        if words and None not in words and loop.end_lineno is not None:
            for name in (name for some in words for name in some or ()):
                body.bind(name)
            lines[loop.lineno - 1 : loop.end_lineno] = [b"\n"] * (loop.end_lineno - loop.lineno + 1)
    return b"".join(lines)


def _put(statement: ast.Assign, loop: ast.For, body: Body) -> frozenset[str] | None:
    """Give the words under which a statement in a loop puts something into `globals()`; None if that is not said."""
    target = statement.targets[0]
    if not isinstance(target, ast.Subscript):
        return frozenset()
    if ast.unparse(target.value) != "globals()":
        return None
    return literals.passed(target.slice, loop.target, loop.iter, body.assigned)


def _without_getattr(body: Body, blob: bytes) -> bytes:
    """Give a source without its `__getattr__`, which may keep what it answered."""
    function = body.definitions.get("__getattr__")
    if function is None or function.end_lineno is None:
        return blob
    lines = blob.splitlines(keepends=True)
    return b"".join((*lines[: function.lineno - 1], *lines[function.end_lineno :]))


def _dynamic(blob: bytes) -> int:
    """Say whether names are made at run time: 2 any, 1 such as are spelled in the file."""
    if _puts_any(blob):
        return 2
    if b"modules[" in blob and _REPLACES.search(blob) and _OWN_NAME.search(blob):
        return 2  # it may put another object in its own place
    if b"globals()" in blob and any(found not in _READERS for found in _PASSED.findall(blob)):
        return 2
    lower = blob.lower()
    return 1 if any(word in lower for word in _OF_SPELLED) and _SPELLED.search(lower) else 0


def _puts_any(blob: bytes) -> bool:
    return any(word in blob for word in _OF_ANY) and bool(_ANY_NAMES.search(blob))


def _sets(blob: bytes, body: Body) -> Iterator[str]:
    """Give the attributes that are set on what is imported; `*.name` where any may be set on a module of that name."""
    by_word = b"setattr" in blob
    for other, one in _SETS_ANY.findall(blob) if by_word or b".__dict__" in blob else ():
        name = (other or one).decode().rpartition(".")[2]
        if name in body.names or re.search(
            rf"^\s+(?:from\s\S+\s)?import\s.*\b{re.escape(name)}\b".encode(), blob, re.MULTILINE
        ):
            yield f"*.{name}"
    for one, attribute in (*_SETS.findall(b"\n" + blob), *(_SETATTR.findall(blob) if by_word else ())):
        if body.names.get(one.decode()) is not None:
            yield attribute.decode()
