"""Read ahead, on all cores, what a walk will ask for: the files of all modules that imports lead to.

Only where much is new: a file that was read before is at hand. Helpers parse, we look for the next files; what they do
not manage in time, the walk reads by itself.
"""

from __future__ import annotations

import marshal
import select
from collections import deque
from typing import TYPE_CHECKING

from envdoctor import processes
from envdoctor.model.code import UNSURE, absolute
from envdoctor.source import shelf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from envdoctor.model.code import Module, Summary
    from envdoctor.source.world import World

    Move = Callable[[int, int], None]

FEW = 24  # as many files are read before helpers are worth their start
MOST = 20_000
PATIENCE = 60.0  # seconds for one file


def read(world: World, first: Iterable[Module], names: Iterable[str], move: Move) -> None:
    """Read what imports lead to from some modules and names.

    `move` hears how many files of how many are read, where they are many, and of none when all are.
    """
    ahead = _Ahead(world, move)
    try:
        for module in first:
            ahead.follow(module)
        for name in names:
            ahead.want(name)
        ahead.run()
    finally:
        ahead.close()


class _Ahead:
    def __init__(self, world: World, move: Move) -> None:
        self._world, self._move = world, move
        self._waiting: deque[str] = deque()
        self._wanted: set[str] = set()
        self._idle: list[processes.Helper] = []
        self._busy: dict[processes.Helper, Module] = {}
        self._read = 0
        self._helped = False

    def want(self, name: str) -> None:
        """Note a module, those above it first."""
        parts = name.split(".")
        for count in range(1, len(parts) + 1):
            whole = ".".join(parts[:count])
            if whole not in self._wanted and len(self._wanted) < MOST:
                self._wanted.add(whole)
                self._waiting.append(whole)

    def follow(self, module: Module) -> None:
        """Note what a module imports for certain."""
        if module.owner == "python":
            return
        for one in module.summary.imports:
            name = absolute(one.target, module)
            if name and not one.caught & UNSURE:
                self.want(f"{name}.{one.target[2]}" if one.target[2] not in ("", "*") else name)

    def run(self) -> None:
        while self._waiting or self._busy:
            if not self._helped and self._read >= FEW:
                self._helped = True
                self._idle = processes.helpers(self._work)
            for name in self._ready():
                self._next(name)
                if self._read >= FEW and not self._helped:
                    break
            if self._busy:
                self._receive()
        if self._helped:
            self._move(self._read, 0)

    def _ready(self) -> Iterator[str]:
        """Give the names whose turn it is: not while what stands above one is being read, or all helpers are busy."""
        reading = {module.name for module in self._busy.values()}
        for _ in range(len(self._waiting)):
            if self._helped and not self._idle and self._busy:
                return
            name = self._waiting.popleft()
            if any(name.startswith(f"{one}.") for one in reading):
                self._waiting.append(name)
                continue
            yield name
            reading = {module.name for module in self._busy.values()}

    def _next(self, name: str) -> None:
        module = self._world.unread(name)
        if module is None or module.owner == "python":
            known = self._world.find(name) if module is None else None
            if known is not None:
                self.follow(known)
        elif self._idle:
            helper = self._idle.pop()
            self._busy[helper] = module
            try:
                helper.send(module.file.encode("utf-8", "surrogateescape"))
            except OSError:
                self._lose(helper)
        else:
            self._done(module, self._world.read(module.file))

    def _receive(self) -> None:
        lines = {helper.line: helper for helper in self._busy}
        ready = select.select(list(lines), [], [], PATIENCE)[0]
        for helper in [lines[line] for line in ready] or list(self._busy):
            try:
                row = helper.receive(PATIENCE if ready else 0.0)
            except OSError:
                self._lose(helper)
                continue
            module = self._busy.pop(helper)
            self._idle.append(helper)
            if row:
                self._done(module, shelf.made(marshal.loads(row)))  # noqa: S302  (from a copy of ourselves)

    def _done(self, module: Module, found: Summary) -> None:
        self._world.adopt(module, found)
        self._read += 1
        self.follow(module._replace(summary=found))
        if self._helped:  # not before: a bar is drawn by a thread, and with threads a process cannot become two
            self._move(self._read, self._read + len(self._busy) + len(self._waiting))

    def _lose(self, helper: processes.Helper) -> None:
        """Go on without a helper; what it read is left to the walk."""
        helper.close()
        del self._busy[helper]

    def _work(self, path: bytes) -> bytes:
        return marshal.dumps(shelf.plain(self._world.read(path.decode("utf-8", "surrogateescape"), keep=False)))

    def close(self) -> None:
        """End the helpers."""
        for helper in (*self._idle, *self._busy):
            helper.close()
