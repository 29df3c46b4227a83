"""Does a module have a name? Yes, no, or it cannot be told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from envdoctor.model.code import ANYTHING, DEFINED, SPELLED, absolute

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envdoctor.model.code import Function, Module, Target

MOST_STEPS = 12


class World(Protocol):
    """The modules that are to be had, and questions about their files that are seldom asked."""

    def find(self, name: str) -> Module | None:
        """Give a module, or None if there is none of that name."""

    def function(self, module: Module, name: str) -> Function | None:
        """Give a function, class or method of a module."""

    def functions(self, module: Module) -> Sequence[str]:
        """Give the names of the functions and methods of a module."""

    def holds(self, asker: Module, name: str) -> bool:
        """Say whether a module of some name lies anywhere below the packages of a module's distribution."""

    def spelled(self, module: Module, name: str) -> bool:
        """Say whether a word stands in the source of a module."""

    def defined(self, module: Module, name: str) -> bool:
        """Say whether a file of a package may define a name."""

    def compiled_has(self, module: Module, name: str) -> bool | None:
        """Say whether a compiled module has a name, as far as its bytes tell."""

    def stubbed(self, module: Module, name: str) -> bool:
        """Say whether a stub beside a module, which came with it, has a name."""


def asks_itself(module: Module, name: str) -> bool:
    """Say whether a module has a name only by importing it from itself, as a package does its parts."""
    bound = module.summary.names.get(name)
    return bound is not None and bound[2] == name and absolute(bound, module) == module.name


class Answers:
    """What modules answer; each question is worked out once."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._known: dict[tuple[str, str], bool | None] = {}

    def has(self, module: Module, name: str) -> bool | None:
        """Say whether a module has a name, or None if that cannot be told."""
        key = (module.name, name)
        if key not in self._known:
            self._known[key] = self._has(module, name, {module.name})
        return self._known[key]

    def _has(self, module: Module, name: str, seen: set[str]) -> bool | None:
        summary = module.summary
        if module.opaque or summary.fault or summary.refused:
            return self._world.compiled_has(module, name) if module.opaque else None
        if not asks_itself(module, name) and (
            name in summary.names or name in (summary.exports or ()) or _is_given(name)
        ):
            return True
        if summary.answers is not None and name in summary.answers.gives:
            return True
        if module.folders and self._world.find(f"{module.name}.{name}") is not None:
            return True
        from_stars = self._by_stars(module, name, seen)
        if from_stars is False and not self._may_answer(module, name):
            return False
        return from_stars or self._world.stubbed(module, name) or None

    def _by_stars(self, module: Module, name: str, seen: set[str]) -> bool | None:
        """Say whether a name comes with a star import."""
        found: bool | None = False
        for one in module.summary.imports:
            if one.target[2] != "*":
                continue
            source = self._world.find(absolute(one.target, module))
            if source is None:
                found = None
                continue
            if source.name in seen or _hides(source, name):
                continue
            answer = self._has(source, name, seen | {source.name} if len(seen) < MOST_STEPS else seen)
            if answer and _is_reexported(source, name):
                answer = None  # an `__all__` that is made at run time may leave it out
            if answer:
                return True
            found = None if answer is None else found
        return found

    def _may_answer(self, module: Module, name: str) -> bool:
        """Say whether a module may have a name that it nowhere binds."""
        summary, answers = module.summary, module.summary.answers
        if name in summary.typing or summary.dynamic > 1:
            return True
        if answers is not None:
            if name in answers.denies:
                return False
            if answers.scope == ANYTHING or (answers.scope == DEFINED and self._world.defined(module, name)):
                return True
            if answers.scope == SPELLED and self._spelled(module, name, answers.helpers):
                return True
        return summary.dynamic > 0 and self._world.spelled(module, name)

    def _spelled(self, module: Module, name: str, helpers: tuple[str, ...]) -> bool:
        places = [module]
        for helper in helpers:
            target = module.summary.names.get(helper)
            other = self._world.find(absolute(target, module)) if target is not None else None
            if target is not None and (other is None or other.opaque):
                return True
            places += [other] if other is not None else []
        return any(self._world.spelled(place, name) for place in places)

    def module(self, target: Target, module: Module, steps: int = 0) -> Module | None:
        """Give the module that a name bound by an import stands for; None if it is none, or cannot be told."""
        source = self._world.find(absolute(target, module))
        if source is None or not target[2] or steps > MOST_STEPS:
            return source if steps <= MOST_STEPS else None
        return self.part(source, target[2], steps + 1)

    def lazily(self, module: Module, name: str) -> Module | None:
        """Give the module from which another one takes a name when it is first asked for it."""
        place = module.summary.answers.gives.get(name, "") if module.summary.answers is not None else ""
        if not place:
            return None
        package = module.name if module.folders else module.name.rpartition(".")[0]
        whole = f"{package}.{place.lstrip('.')}"
        return self._world.find(whole) if place.startswith(".") else self._world.find(place) or self._world.find(whole)

    def origin(self, dotted: str) -> str:
        """Give a public name as it is called where it is made, through every module that only passes it on."""
        name, rest = dotted, ""
        while "." in name and self._world.find(name) is None:
            name, _, last = name.rpartition(".")
            rest = f".{last}{rest}"
        module, first = self._world.find(name), rest[1:].partition(".")[0]
        for _ in range(MOST_STEPS):
            bound = module.summary.names.get(first) if module is not None else None
            if module is None or bound is None or not first or bound[2] in ("", "*"):
                break
            module, first = self._world.find(absolute(bound, module)), bound[2]
        behind = rest[1:].partition(".")[2]
        return ".".join(part for part in (module.name if module else name, first, behind) if part)

    def part(self, module: Module, name: str, steps: int = 0) -> Module | None:
        """Give the module that a name in a module stands for."""
        if name in module.summary.names:
            bound = module.summary.names[name]
            if bound is None or bound[2] == "*":
                return None
            if not asks_itself(module, name):
                return self.module(bound, module, steps + 1)
        return self._world.find(f"{module.name}.{name}") if module.folders else None


_OWN = ("__version__", "__version_info__", "__author__", "__all__")


def _is_given(name: str) -> bool:
    """Say whether every module has a name of itself."""
    return name.startswith("__") and name.endswith("__") and name not in _OWN


def _is_reexported(module: Module, name: str) -> bool:
    """Say whether a module has an `__all__` that is not written out, and takes a name from elsewhere."""
    summary = module.summary
    return "__all__" in summary.names and summary.exports is None and summary.names.get(name) is not None


def _hides(module: Module, name: str) -> bool:
    """Say whether a star import of a module leaves a name out."""
    exports = module.summary.exports
    return (
        name not in exports if exports is not None else name.startswith("_") and "__all__" not in module.summary.names
    )
