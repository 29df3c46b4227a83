"""What does a call call: which function, class or method of which module?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.link.answers import MOST_STEPS
from envdoctor.model.code import absolute

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envdoctor.link.answers import Answers, World
    from envdoctor.link.walk import Place
    from envdoctor.model.code import Call, Function, Module, Target

    Callee = tuple[Module, str, Function]


class Callees:
    """What is called, through every module that only passes it on."""

    def __init__(self, world: World, answers: Answers) -> None:
        self._world, self._answers = world, answers
        self._stars: dict[str, list[Module | None]] = {}

    def of(self, call: Call, place: Place) -> Callee | None:
        """Give what a call calls: its module, its name there, and what it is."""
        if call.root == "self" and place.owner and len(call.chain) == 1:
            return self._function(place.module, f"{place.owner}.{call.chain[0]}")
        made = place.module.summary.made.get(call.root) if call.root not in place.names else None
        if made and len(call.chain) == 1:
            root, *chain = made.split(".")
            found = self.of(call._replace(root=root, chain=tuple(chain)), place) if root != call.root else None
            return self._function(found[0], f"{found[1]}.{call.chain[0]}") if found is not None else None
        target = place.target(call.root)
        if self._is_overridden(place.module, call.root):
            return None
        if target is not None:
            names = [target[2], *call.chain] if target[2] else [*call.chain]
            return self._imported((*target[:2], ""), names, place.module)
        if len(call.chain) > 1 or call.root in place.names:
            return None
        return self._function(place.module, ".".join((call.root, *call.chain)))

    def _imported(self, target: Target, names: Sequence[str], module: Module, steps: int = 0) -> Callee | None:
        source = self._answers.module(target, module)
        for count, name in enumerate(names):
            if source is None or source.opaque or steps > MOST_STEPS:
                return None
            left, bound = names[count:], source.summary.names.get(name)
            if name not in source.summary.names and (lazy := self._answers.lazily(source, name)) is not None:
                return self._imported((0, lazy.name, ""), left, source, steps + 1)
            if len(left) <= 2 and bound is None:
                found = self._function(source, ".".join(left))  # a function, or a method of a class
                if found is not None or len(left) == 1:
                    return found
            if len(left) <= 2 and bound is not None and bound[2] not in ("", "*"):
                inner = self._answers.part(source, name) if len(left) == 2 else None
                if inner is None:
                    return self._imported((*bound[:2], ""), [bound[2], *left[1:]], source, steps + 1)
            source = self._answers.part(source, name)
        return None

    def _function(self, module: Module, name: str) -> Callee | None:
        first = name.partition(".")[0]
        if first in module.summary.rebound or self._is_overridden(module, first):
            return None
        function = self._world.function(module, name)
        if function is not None and module.summary.dynamic > 1:
            function = function._replace(arguments=None)  # another may be put in its place
        return (module, name, function) if function is not None else None

    def _is_overridden(self, module: Module, name: str) -> bool:
        """Say whether a star import may bring another thing of some name."""
        if module.name not in self._stars:
            stars = [one for one in module.summary.imports if one.target[2] == "*"]
            self._stars[module.name] = [self._world.find(absolute(one.target, module)) for one in stars]
        sources = self._stars[module.name]
        return any(source is None or self._answers.has(source, name) is not False for source in sources)
