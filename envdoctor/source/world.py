"""All modules that the target's Python would find, each read when somebody asks for it."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from typing import TYPE_CHECKING

from envdoctor.model.code import Function, Module, Summary
from envdoctor.source import binaries, hooks, ours, signature, summary, syntax

if TYPE_CHECKING:
    import ast
    from collections.abc import Sequence

    from envdoctor.model.code import Python
    from envdoctor.source.folders import Folders, Found
    from envdoctor.source.owners import Owners
    from envdoctor.source.shelf import Shelves

BUILT_IN = "built in"
_COMPILED = "compiled"
_MOST_FILES = 20_000
_MOST_KEPT = 1_500_000  # bytes of source whose trees are kept


class World:
    """The modules of a target. `find` gives one by its name, or None if there is none of that name."""

    def __init__(
        self,
        path: Sequence[str],
        python: Python,
        folders: Folders,
        owners: Owners,
        shelves: Shelves,
        first: Sequence[str] = (),
    ) -> None:
        """Begin with a search path; `first` are the folders that a program of one's own looks into before it."""
        self.python = python
        self.folders = folders
        self._path = [*first, *path]
        self._owners, self._shelves = owners, shelves
        self._known: dict[str, Module | None] = {}
        self._functions: dict[tuple[str, str], Function | None] = {}
        self._stubs: dict[str, frozenset[str]] = {}
        self._parsed: dict[str, tuple[int, signature.Definitions]] = {}
        self.hooks = hooks.read(owners.sites, self.folders)
        self._library = any("os.py" in self.folders.entries(folder) for folder in path)

    def find(self, name: str) -> Module | None:
        """Give a module with its summary, or None if nothing of that name is found."""
        if name not in self._known:
            found = self.locate(name)
            if found is not None and found.file.endswith(".py") and not found.opaque:
                found = found._replace(summary=self._summary(found))
            self._known[name] = found
        return self._known[name]

    def unread(self, name: str) -> Module | None:
        """Give a module that nothing is known of but where it lies; None if all is known that can be."""
        module = None if name in self._known else self.locate(name)
        if module is None or not module.file.endswith(".py") or module.opaque or self._shelves.get(module) is not None:
            return None
        return module

    def locate(self, name: str) -> Module | None:
        """Give a module without its summary."""
        if name in self._known:
            return self._known[name]
        head, _, tail = name.rpartition(".")
        alias = self.hooks.aliases.get(name)
        if alias and (stands := self.find(alias)) is not None:
            return stands._replace(name=name)
        if not head:
            return self._top(name)
        parent = self.find(head)
        if parent is None or (parent.opaque and not parent.folders):
            return parent and parent._replace(name=name)  # a part of what is not to be seen
        found = self.folders.module(tail, parent.folders, every=parent.summary.extends)
        return self._made(name, found, parent.folders)

    def _top(self, name: str) -> Module | None:
        place = self.hooks.mapped.get(name)
        if place:
            found = self.folders.module(os.path.basename(place).removesuffix(".py"), [os.path.dirname(place)])
            return self._made(name, found, [])
        found = self.folders.module(name, self._path)
        if (found is None or not found.file) and self._is_built_in(name):
            return Module(name, opaque=BUILT_IN, owner="python")
        return self._made(name, self._joined(name, found), self._path)

    def _joined(self, name: str, found: Found | None) -> Found | None:
        """Give a package that joins folders of its name with all of them."""
        if found is None or not found.folders or not found.file.endswith(".py"):
            return found
        text = self.folders.read(found.file, 65_536) or b""
        joins = b"extend_path" in text or b"declare_namespace" in text
        return self.folders.module(name, self._path, every=True) if joins else found

    def _made(self, name: str, found: Found | None, folders: Sequence[str]) -> Module | None:
        if found is None:
            tail = name.rpartition(".")[2]
            return Module(name, opaque="built for another Python") if self.folders.foreign(tail, folders) else None
        owner = self._owners.of(found.file or found.folders[0])
        return Module(name, found.file, found.folders, _COMPILED if found.compiled else "", owner)

    def _is_built_in(self, name: str) -> bool:
        """Say whether a module may be compiled into the interpreter, which nothing on disk shows."""
        return name in sys.stdlib_module_names and (not self._library or ours.is_compiled(name))

    def _summary(self, module: Module) -> Summary:
        row = self._shelves.get(module)
        if row is None:
            row = self.read(module.file)
            self._shelves.put(module, row)
        return row

    def adopt(self, module: Module, found: Summary) -> None:
        """Take over the summary of a module that was read elsewhere."""
        self._known[module.name] = module._replace(summary=found)
        self._shelves.put(module, found)

    def read(self, path: str, *, main: bool = False, keep: bool = True) -> Summary:
        """Summarise a file; keep its tree for the functions that are asked for next."""
        blob = self.folders.read(path, summary.MOST_BYTES)
        if blob is None:
            return Summary(fault="cannot be read")
        size = len(blob)

        def stub() -> bytes:
            return self.folders.read(f"{path}i", summary.MOST_BYTES) or b""

        kept = (lambda tree: self._keep(path, tree, size)) if keep else None
        return summary.of(blob, self.python, stub, main=main, keep=kept)

    def function(self, module: Module, name: str) -> Function | None:
        """Give a function, a class or a method (`Class.method`) of a module."""
        if not module.file.endswith(".py"):
            return None
        key = (module.file, name)
        if key not in self._functions:
            known, found = self._shelves.function(module, name)
            if not known:
                found = self._read_function(module.file, name)
                self._shelves.put_function(module, name, found)
            self._functions[key] = found
        return self._functions[key]

    def functions(self, module: Module) -> list[str]:
        """Give the names of the functions and methods of a module; those of a notebook are not at hand."""
        if not module.file.endswith(".py"):
            return []
        if module.file not in self._parsed:
            self._parse(module.file)
        definitions = self._parsed.get(module.file)
        return definitions[1].names() if definitions is not None else []

    def _read_function(self, path: str, name: str) -> Function | None:
        if path not in self._parsed:
            self._parse(path)
        definitions = self._parsed.get(path)
        try:
            return definitions[1].get(name) if definitions is not None else None
        except RecursionError:
            return None

    def _parse(self, path: str) -> None:
        blob = self.folders.read(path, summary.MOST_BYTES)
        if blob is None or len(blob) > summary.MOST_BYTES:
            return
        with contextlib.suppress(syntax.Refused, syntax.Unreadable):
            self._keep(path, syntax.parsed(blob, self.python), len(blob))

    def _keep(self, path: str, tree: ast.Module, size: int) -> None:
        """Keep a tree for the functions that are asked for next; trees are large, so only of so much source."""
        definitions = signature.Definitions(tree, self.python, annotations=not summary.postponed(tree))
        self._parsed[path] = size, definitions
        total = sum(size for size, _ in self._parsed.values())
        while total > _MOST_KEPT and len(self._parsed) > 1:
            total -= self._parsed.pop(next(iter(self._parsed)))[0]

    def spelled(self, module: Module, name: str) -> bool:
        """Say whether a word stands in the source of a module."""
        return _has(self.folders.read(module.file, summary.MOST_BYTES), rf"(?<!\w){re.escape(name)}(?!\w)")

    def defined(self, module: Module, name: str) -> bool:
        """Say whether some file in the folders of a package may define a name, or one that begins alike."""
        stem = re.sub(r"[A-Z][a-z0-9]*$", "", name) or name
        words = f"(?:{re.escape(name)}|{re.escape(stem)})"
        pattern = rf"(?:class|def)\s+{words}\b|[\"']{words}[\"']|^{words}\s*[:=]"
        count = 0
        for folder in module.folders:
            for place, names in self.folders.walk(folder):
                for file in (one for one in names if one.endswith(".py")):
                    count += 1
                    if count > _MOST_FILES or _has(self.folders.read(f"{place}/{file}", summary.MOST_BYTES), pattern):
                        return True
        return False

    def _stub(self, module: Module) -> frozenset[str]:
        """Give the names in the stub beside a module."""
        stem = f"{os.path.dirname(module.file)}/{os.path.basename(module.file).partition('.')[0]}"
        if stem not in self._stubs:
            there = [path for path in (f"{stem}.pyi", f"{stem}/__init__.pyi") if self.folders.has(path)]
            blob = self.folders.read(there[0], summary.MOST_BYTES) if there else None
            self._stubs[stem] = summary.named(blob or b"", self.python)
        return self._stubs[stem]

    def stubbed(self, module: Module, name: str) -> bool:
        """Say whether a stub beside a module, which came with it, has a name."""
        known, found = self._shelves.word(module, f".pyi:{name}")
        if not known:
            found = name in self._stub(module)
            self._shelves.put_word(module, f".pyi:{name}", found)
        return bool(found)

    def holds(self, asker: Module, name: str) -> bool:
        """Say whether a module of some name lies anywhere below the packages of a module's distribution."""
        tops = {asker.name.partition(".")[0], *self._owners.tops(asker.owner)}
        packages = [found for top in tops if top.isidentifier() and (found := self.locate(top)) is not None]
        for folder in (folder for package in packages for folder in package.folders):
            for _, names in self.folders.walk(folder):
                if name in names or f"{name}.py" in names:
                    return True
        return False

    def compiled_has(self, module: Module, name: str) -> bool | None:
        """Say whether a compiled module has a name, as far as its bytes tell."""
        if module.opaque == BUILT_IN:
            return True if name in ours.names(module.name) else None
        if not module.file.endswith((".so", ".pyd")):
            return None
        known, found = self._shelves.word(module, name)
        if not known:
            in_stub = name in self._stub(module)
            found = True if in_stub else binaries.has(self.folders.real(module.file), name)
            self._shelves.put_word(module, name, found)
        return found


def _has(blob: bytes | None, pattern: str) -> bool:
    return blob is None or re.search(pattern.encode(), blob, re.MULTILINE) is not None
