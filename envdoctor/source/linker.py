"""Load the compiled modules that a walk has met as the loader would, in their order, and note what it misses.

What is loaded once serves all that come later, as in a process: the libraries of torch, for those who import it first.
A library that lies somewhere in the environment may be opened by its path before it is needed: that it is missed is
not certain then, and neither are the symbols of who needs it.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from envdoctor import __version__
from envdoctor.facts import bindings, elf, remembered, symbols
from envdoctor.facts.inside import Files
from envdoctor.facts.loader import Process
from envdoctor.model.native import BROKEN, LIBRARY, MACHINE, SYMBOLS, VERSION, Lack

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from envdoctor.facts.inside import Root
    from envdoctor.facts.loader import Loaded
    from envdoctor.model.native import Compiled
    from envdoctor.source.owners import Owners

FORM = "1"  # raise it when what is kept, or how it is found, changes
MOST_OPEN = 200
MOST_SYMBOLS = 1_000
MOST_BYTES = 32_000_000
_FIRST = ("libtorch_global_deps.so",)  # opened by path before anything else of its distribution


class Ground(NamedTuple):
    """Where modules are loaded: the program, its variables and architecture, and the root of an image.

    `own`: the system's libraries are those that are here; if not, of what they lack nothing is known.
    """

    program: str
    variables: Mapping[str, str]
    arch: str
    root: Root
    own: bool


class Linker:
    """A process into which modules are loaded one after another."""

    def __init__(self, ground: Ground, owners: Owners) -> None:
        self._owners, self._own = owners, ground.own
        files = Files(ground.root) if ground.root.folder else Files()
        self._process = Process(ground.program, ground.variables, files=files, arch=ground.arch)
        self._files, self._root = files, ground.root
        self._begun: set[str] = set()
        self._judged: set[str] = set()
        self._providers: dict[str, symbols.Provider] = {}
        self._kept = _Kept(files, self._process.program.path)
        self._bindings: dict[str, bindings.Bindings] = {}

    def close(self) -> None:
        """Close what is open, and keep what was found."""
        for provider in self._providers.values():
            provider.close()
        self._providers.clear()
        self._kept.close()

    def load(self, module: Compiled) -> Iterator[Lack]:
        """Load a module, and give what the loader misses."""
        path = self._root.below(module.file)
        if module.owner not in self._begun:
            self._begun.add(module.owner)
            for first in self._preloaded(module.owner):
                self._process.open(first)
        found = self._process.open(path)
        if found is None:
            yield from self._refused(module)
            return
        closure = self._closure(found)
        missing = {name for one in closure for name in one.content.needed if name not in self._process.loaded}
        for one in closure:
            if one.path in self._judged:
                continue
            self._judged.add(one.path)
            lacks = [*self._libraries(one, missing), *self._versions(one)]
            if not lacks and not missing and self._is_in_environment(one.path):
                lacks += self._symbols(one, closure)
            for lack in lacks:
                owner = self._owners.of(self._files.place(one.path)) or module.owner
                yield lack._replace(owner=owner, start=module.start)

    def _preloaded(self, owner: str) -> Iterator[str]:
        for path in self._owners.compiled(owner):
            if path.endswith(_FIRST):
                yield self._root.below(path)

    def _refused(self, module: Compiled) -> Iterator[Lack]:
        """Say why a file that is there is not loaded."""
        try:
            machine = elf.read(self._files.place(self._root.below(module.file))).machine
        except elf.Unreadable as error:
            yield Lack(BROKEN, module.owner, module.file, (str(error),), start=module.start)
            return
        if machine != self._process.program.content.machine:
            built = _MACHINES.get(machine, f"machine {machine}")
            yield Lack(MACHINE, module.owner, module.file, (built,), start=module.start)

    def _closure(self, first: Loaded) -> list[Loaded]:
        """Give a library and all that it needs, in the loader's order."""
        found = {first.path: first}
        waiting = [first]
        for one in waiting:  # grows while it is walked
            for name in one.content.needed:
                other = self._process.loaded.get(name)
                if other is not None and other.path not in found:
                    found[other.path] = other
                    waiting.append(other)
        return waiting

    def _libraries(self, one: Loaded, missing: set[str]) -> Iterator[Lack]:
        for name in one.content.needed:
            brought = name in self._owners.libraries
            if name in missing and not brought and (self._own or not _is_of_system(name)):
                yield Lack(LIBRARY, "", one.path, (name,))

    def _versions(self, one: Loaded) -> Iterator[Lack]:
        lacking: dict[str, list[str]] = {}
        for name, version in self._of(one.path).asked:
            provider = self._process.loaded.get(name)
            if provider is None or (not self._own and not self._is_in_environment(provider.path)):
                continue
            given = self._of(provider.path).given
            if given and version not in given:
                lacking.setdefault(provider.path, []).append(version)
        for place, versions in lacking.items():
            yield Lack(VERSION, "", one.path, tuple(versions), self._owners.of(self._files.place(place)), place)

    def floors(self, owner: str) -> dict[str, tuple[str, str]]:
        """Give the highest glibc and libstdc++ that the files of a distribution ask for, each with its file."""
        highest: dict[str, tuple[str, str]] = {}
        for path in self._owners.compiled(owner):
            for _, version in self._of(self._root.below(path)).asked:
                name, _, number = version.partition("_")
                if name in ("GLIBC", "GLIBCXX") and _number(number) > _number(highest.get(name, ("", ""))[0]):
                    highest[name] = number, path
        return highest

    def _of(self, path: str) -> bindings.Bindings:
        if path not in self._bindings:
            try:
                self._bindings[path] = bindings.read(self._files.place(path))
            except elf.Unreadable:
                self._bindings[path] = bindings.Bindings()
        return self._bindings[path]

    def _is_in_environment(self, path: str) -> bool:
        return bool(self._owners.of(self._files.place(path)))

    def _symbols(self, one: Loaded, closure: Iterable[Loaded]) -> Iterator[Lack]:
        """Give the symbols that a library of the environment expects, and that nothing has which is loaded by now."""
        places = [self._process.program.path, *(other.path for other in closure)]
        places = list(dict.fromkeys([*places, *(other.path for other in self._process.loaded.values())]))
        left = self._kept.get(one.path, places)
        if left is None:
            try:
                left = self._undefined(one.path, places)
            except elf.Unreadable:
                left = []  # one of them cannot be asked
            self._kept.put(one.path, places, left)
        if left:
            yield Lack(SYMBOLS, "", one.path, tuple(left), self._blamed(left, closure))

    def _undefined(self, path: str, places: Iterable[str]) -> list[str]:
        """Give the symbols of a library that none of some others defines; raise Unreadable."""
        left = symbols.undefined(self._files.place(path))
        for place in places:
            if left:
                provider = self._provider(place)
                left = [symbol for symbol in left if not provider.has(symbol)]
        return left

    def _blamed(self, left: list[str], closure: Iterable[Loaded]) -> str:
        """Give the distribution that should have symbols: the program for Python's, else the one that is needed."""
        if all(symbol.startswith(("Py", "_Py")) for symbol in left):
            return "python"
        others = (self._owners.of(self._files.place(one.path)) for one in closure)
        found = list(dict.fromkeys(owner for owner in others if owner))
        return found[1] if len(found) == 2 else ""

    def _provider(self, path: str) -> symbols.Provider:
        if path not in self._providers:
            while len(self._providers) >= MOST_OPEN:
                self._providers.pop(next(iter(self._providers))).close()
            self._providers[path] = symbols.Provider(self._files.place(path))
        return self._providers[path]


class _Kept:
    """What was found undefined before, for a library and all that was loaded then, as long as no file has changed."""

    def __init__(self, files: Files, program: str) -> None:
        self._files, self._key = files, f"{FORM} {__version__} {program}"
        self._name = f"links-{hashlib.sha256(os.fsencode(self._key)).hexdigest()[:20]}"
        self._rows = remembered.read(self._name, self._key)
        self._stamps: dict[str, remembered.Stamp] = {}
        self._new: dict[str, tuple[Any, ...]] = {}

    def get(self, path: str, places: Iterable[str]) -> list[str] | None:
        row = self._rows.get(path)
        return list(row[1]) if row is not None and row[0] == self._digest(path, places) else None

    def put(self, path: str, places: Iterable[str], left: list[str]) -> None:
        self._new[path] = self._digest(path, places), tuple(left[:MOST_SYMBOLS])

    def close(self) -> None:
        if self._new:
            remembered.write(self._name, self._key, {**self._rows, **self._new})
            remembered.forget("links-*", MOST_BYTES)

    def _digest(self, path: str, places: Iterable[str]) -> bytes:
        stamps = sorted((place, self._stamp(place)) for place in (path, *places))
        return hashlib.sha256(repr(stamps).encode("utf-8", "surrogateescape")).digest()

    def _stamp(self, path: str) -> remembered.Stamp:
        if path not in self._stamps:
            self._stamps[path] = remembered.stamp(self._files.place(path))
        return self._stamps[path]


_MACHINES = {3: "i386", 40: "arm", 62: "x86_64", 183: "aarch64", 243: "riscv64", 21: "ppc64le", 22: "s390x"}


def _is_of_system(name: str) -> bool:
    """Say whether a library may come from the system: it has no hash in its name, as auditwheel gives its copies."""
    stem = os.path.basename(name).partition(".so")[0]
    return "-" not in stem or len(stem.rpartition("-")[2]) != 8


def _number(text: str) -> tuple[int, ...]:
    parts = text.split(".")
    return tuple(int(part) for part in parts) if all(part.isdigit() for part in parts) else ()
