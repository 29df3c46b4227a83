"""Follow what runs when modules are imported and programs run, and ask for all that they ask for.

In the order in which Python would run it, so that the first gap is the error that Python would raise. A module that
is imported below a `try` is followed with what that `try` catches, and again if it is imported with less caught.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from envdoctor.link.answers import Answers, asks_itself
from envdoctor.link.callees import Callees
from envdoctor.link.gaps import ARGUMENT, ATTRIBUTE, MODULE, NAME, SYNTAX, Gap, Step, Walked
from envdoctor.model import code
from envdoctor.model.code import Import, Use, absolute
from envdoctor.model.native import Compiled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from envdoctor.link.answers import World
    from envdoctor.model.code import Call, Function, Module, Target

    _Steps = Iterator["Place"]

MOST_MODULES = 30_000
MOST_WAY = 40
LOADED = ".so"
DEPTH = 3  # of calls that are followed from where a module or a program makes them
_CAUGHT = {MODULE: code.MODULE, NAME: code.NAME, ATTRIBUTE: code.ATTRIBUTE, ARGUMENT: code.KEYWORD, SYNTAX: code.ANY}


class Place(NamedTuple):
    """Where something stands: its module, the way to it, what is caught around it, and the names of its function."""

    module: Module
    way: tuple[Step, ...]
    caught: int
    names: Mapping[str, Target | None] = {}
    depth: int = 0
    owner: str = ""  # the class of a method

    def at(self, line: int) -> tuple[Step, ...]:
        """Give the way to a line."""
        return (*self.way[-MOST_WAY:], Step(self.module.name, self.module.file, line))

    def target(self, name: str) -> Target | None:
        """Give the import that a name stands for."""
        return self.names[name] if name in self.names else self.module.summary.names.get(name)


class Walk:
    """One walk through a world."""

    def __init__(self, world: World, *, hooked: bool = False, registered: Iterable[str] = ()) -> None:
        """Begin; `hooked`: a hook may bring modules that nothing shows; `registered` are there when it all begins."""
        self._world = world
        self._hooked = hooked
        self._answers = Answers(world)
        self._callees = Callees(world, self._answers)
        self._visited: dict[str, list[int]] = {}
        self._called: set[tuple[str, str]] = set()
        self._gaps: list[Gap] = []
        self._asked: dict[tuple[str, str], bool | None] = {}
        self._editors: set[str] = set()
        self._sets: set[str] = set()
        self._registered = set(registered)
        self._owners: set[str] = set()
        self._compiled: list[Compiled] = []
        self._own: dict[str, Module] = {}
        self._start, self._is_program = "", False

    def package(self, name: str) -> None:
        """Follow the import of a module by name."""
        self._start, self._is_program = name, False
        self._run(self._go(name, Place(code.Module(name), (), 0), 0))

    def program(self, module: Module) -> None:
        """Follow a program, or a module that stands for one."""
        self._start, self._is_program = module.file, True
        self._run(self._visit(Place(module, (), 0)))

    def uncalled(self) -> None:
        """Follow what the functions of one's own code ask for that nothing has called: it fails only when they are."""
        for module in list(self._own.values()):
            self._start, self._is_program = module.file, False
            for name in self._world.functions(module):
                function = self._world.function(module, name)
                if function is not None and (module.name, name) not in self._called:
                    self._run(self._inside(module, name, function))

    def _inside(self, module: Module, name: str, function: Function) -> _Steps:
        place = Place(module, (), code.UNSURE, function.names, 1, name.rpartition(".")[0])
        yield from self._all(place, (*function.imports, *function.uses))

    def outcome(self) -> Walked:
        """Give what was found, without what a later look at other modules explains."""
        real = [gap for gap in self._gaps if not self._explained(gap)]
        sure = tuple(gap for gap in real if gap.sure)
        unsure = tuple(gap._replace(sure=False) for gap in self._gaps if gap not in sure)
        doubted = {(gap.module, gap.name) for gap in unsure}
        asked = {key: None if key in doubted else answer for key, answer in self._asked.items()}
        return Walked(sure, unsure, asked, len(self._visited), frozenset(self._owners), tuple(self._compiled))

    def _explained(self, gap: Gap) -> bool:
        """Say whether something that was met later may bring what seemed to be missing."""
        if gap.kind == MODULE:
            top = gap.asker.name.split(".")[0]
            named = any(gap.module == one or gap.module.startswith(f"{one}.") for one in self._registered)
            if named or "." in gap.module:
                return named
            return "__main__" in self._editors or (top in self._editors and self._world.holds(gap.asker, gap.module))
        if gap.kind == ARGUMENT:
            return gap.module.rpartition(".")[2] in self._sets
        if gap.kind not in (NAME, ATTRIBUTE):
            return False
        anything = f"*.{gap.module.rpartition('.')[2]}"
        own = gap.source.summary.sets if gap.source is not None else ()
        return gap.name in self._sets or anything in self._sets or anything in own

    def _run(self, first: _Steps) -> None:
        """Go on where the innermost import stands, as Python does."""
        running = [first]
        while running:
            entered = next(running[-1], None)
            if entered is None:
                running.pop()
            elif len(self._visited) < MOST_MODULES:
                running.append(self._visit(entered))

    def _visit(self, place: Place) -> _Steps:
        module, summary = place.module, place.module.summary
        if not module.owner and module.file.endswith(".py"):
            self._own[module.file] = module
        if summary.refused is not None:
            line, words = summary.refused
            self._tell(SYNTAX, module.name, words, place, line, module)
            return
        if summary.edits_path:
            self._editors.add(module.name.split(".")[0])
        self._sets.update(summary.sets)
        self._registered.update(summary.registered)
        yield from self._all(place, (*summary.imports, *summary.uses, *summary.calls))

    def _all(self, place: Place, items: Iterable[Import | Use | Call]) -> _Steps:
        """Follow what runs at a place, line by line."""
        deepest = DEPTH if self._is_program else 1
        for item in sorted((one for one in items if not one.caught & code.UNSURE), key=lambda one: one.line):
            if isinstance(item, Import):
                yield from self._import(item, place)
            elif isinstance(item, Use):
                yield from self._use(item, place)
            elif place.depth < deepest:
                yield from self._call(item, place)

    def _import(self, one: Import, place: Place) -> _Steps:
        name = absolute(one.target, place.module)
        here = place._replace(caught=place.caught | one.caught)
        if name:
            yield from self._go(name, here, one.line)
            source, wanted = self._world.find(name), one.target[2]
            if source is not None and wanted and wanted != "*" and self._ask(NAME, source, wanted, here, one.line):
                yield from self._brought(source, wanted, here, one.line)

    def _go(self, name: str, here: Place, line: int) -> _Steps:
        """Follow an import to a module, through those above it."""
        parts = name.split(".")
        for count in range(1, len(parts) + 1):
            whole = ".".join(parts[:count])
            module = self._world.find(whole)
            self._asked[whole, ""] = module is not None
            if module is None:
                self._missing(whole, here, line)
                return
            yield from self._enter(module, here, line)

    def _enter(self, module: Module, here: Place, line: int) -> _Steps:
        before = self._visited.setdefault(module.name, [])
        if any(mask & here.caught == mask for mask in before):
            return
        before.append(here.caught)
        self._owners.add(module.owner)
        if module.opaque and module.file.endswith(LOADED):
            self._compiled.append(Compiled(module.file, module.owner, here.caught, self._start))
        if not module.opaque and module.owner != "python":
            yield Place(module, here.at(line) if here.module.file else (), here.caught)

    def _missing(self, name: str, here: Place, line: int) -> None:
        parent = self._world.find(name.rpartition(".")[0]) if "." in name else None
        sure = not self._hooked if parent is None else not _may_register(parent)
        above = name
        while sure and "." in above:
            above = above.rpartition(".")[0]
            upper = self._world.find(above)
            sure = upper is None or not upper.summary.registers
        if here.module.file or here.way:
            self._tell(MODULE, name, "", here, line, parent, sure=sure)

    def _brought(self, source: Module, name: str, here: Place, line: int) -> _Steps:
        """Follow what a name that is not bound brings: a submodule, or one from which it is taken lazily."""
        if name in source.summary.names and not asks_itself(source, name):
            return
        inner = self._world.find(f"{source.name}.{name}") if source.folders else None
        lazy = self._answers.lazily(source, name)
        if inner is not None:
            yield from self._enter(inner, here, line)
        elif lazy is not None:
            yield from self._go(lazy.name, here, line)

    def _ask(self, kind: str, source: Module, name: str, here: Place, line: int) -> bool | None:
        answer = self._answers.has(source, name)
        self._asked[source.name, name] = answer
        if not answer:
            self._tell(kind, source.name, name, here, line, source, sure=answer is False)
        return answer

    def _tell(
        self, kind: str, module: str, name: str, here: Place, line: int, source: Module | None, *, sure: bool = True
    ) -> None:
        caught = _CAUGHT[kind]
        if here.caught & caught != caught:
            gap = Gap(kind, module, name, here.at(line), here.module, source, here.caught, sure, self._start)
            self._gaps.append(gap)
        elif not sure:
            self._asked[module, name] = None

    def _use(self, use: Use, place: Place) -> _Steps:
        target = place.target(use.root)
        if target is None or target[2] == "*":
            return
        here = place._replace(caught=place.caught | use.caught)
        module = self._answers.module(target, place.module)
        for name in use.chain:
            if module is None or module.opaque:
                return
            if not self._ask(ATTRIBUTE, module, name, here, use.line):
                return
            yield from self._brought(module, name, here, use.line)
            module = self._answers.part(module, name)

    def _call(self, call: Call, place: Place) -> _Steps:
        found = self._callees.of(call, place)
        if found is None:
            return
        module, name, function = found
        here = place._replace(caught=place.caught | call.caught)
        if function.arguments is not None:
            for word in call.keywords:
                if word not in function.arguments:
                    self._tell(ARGUMENT, f"{module.name}.{name}", word, here, call.line, module)
        key = (module.name, name)
        if key in self._called or module.owner == "python":
            return
        self._called.add(key)
        owner = name.rpartition(".")[0] or name
        way = here.at(call.line)
        inner = Place(module, way, here.caught, function.names, place.depth + 1, owner)
        yield from self._all(inner, (*function.imports, *function.uses, *function.calls))


def _may_register(parent: Module) -> bool:
    """Say whether a package may have parts that nothing on disk shows."""
    return bool(parent.opaque) or parent.summary.registers or bool(parent.summary.fault)
