"""Keep the lines of a log that may matter, in one pass, at constant memory, whatever the log's size.

The beginning and the end are kept whole. In between, a line is worth a look if it is unlike all before it (digits do
not count) and holds a word of trouble; it is kept with its neighbours, where the frames of its traceback stand. So a
log of one kind of line costs what it costs to see that its lines are alike.
"""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING

from envdoctor.model.diagnosis import Line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

WHOLE = 256 << 10  # bytes at each end that are kept whole
BEFORE, AFTER = 40, 40
LONGEST = 4000  # characters of a line; the middle of a longer one is left out
MOST = 6 << 20  # bytes that are kept between the two ends
_SHAPES = 60_000
_ALARMS = 10_000  # shapes of trouble that are remembered for good, so that what repeats is kept once
_PENDING = 1 << 20
_DIGITS = b"0123456789"
_TROUBLE = (
    b"rror", b"xception", b"raceback", b"warn", b"fail", b"fatal", b"not ", b"undefined", b"no module", b"incompatib",
    b"mismatch", b"kill", b"abort", b"requires", b"unsupported", b"unable", b"no such", b"denied", b"too old", b"omp:",
)  # fmt: skip
_RETURNS = re.compile(rb"\r+(?!\n)")


class Sieve:
    """Sift chunks of bytes; `total` counts the lines that were seen."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.total = 0
        self._rest = b""
        self._head: list[Line] = []
        self._head_bytes = 0
        self._middle: list[Line] = []
        self._middle_bytes = 0
        self._tail: deque[tuple[int, bytes]] = deque()
        self._tail_bytes = 0
        self._shapes: set[bytes] = set()
        self._alarms: set[bytes] = set()
        self._owed = 0

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the log."""
        whole = self._rest + chunk
        cut = whole.rfind(b"\n") + 1
        self._rest = whole[cut:]
        if len(self._rest) > _PENDING:
            self._rest = _shortened(self._rest)
        if cut:
            self._block(whole[: cut - 1])

    def finish(self) -> Iterator[Line]:
        """Give the lines that were kept, in the order of the log."""
        if self._rest:
            self._block(self._rest)
            self._rest = b""
        kept = [*self._head, *self._middle]
        last = kept[-1].number if kept else 0
        yield from kept
        yield from _lines((number, raw) for number, raw in self._end() if number > last)

    def _end(self) -> list[tuple[int, bytes]]:
        """Give the last lines with their numbers."""
        found: list[tuple[int, bytes]] = []
        size = 0
        for first, block in reversed(self._tail):
            lines = block.split(b"\n")
            for index in reversed(range(len(lines))):
                size += len(lines[index]) + 1
                if size > WHOLE and found:
                    return found[::-1]
                found.append((first + index, lines[index]))
        return found[::-1]

    def _block(self, block: bytes) -> None:
        """Take some whole lines, given without the last line's end."""
        first = self.total + 1
        self.total += block.count(b"\n") + 1
        if self._head_bytes < WHOLE:
            lines = block.split(b"\n")
            taken = self._into_head(lines, first)
            if taken == len(lines):
                return
            block, first = b"\n".join(lines[taken:]), first + taken
        self._look(block, first)
        self._tail.append((first, block))
        self._tail_bytes += len(block)
        while len(self._tail) > 1 and self._tail_bytes - len(self._tail[0][1]) > WHOLE:
            self._tail_bytes -= len(self._tail.popleft()[1])

    def _into_head(self, lines: list[bytes], first: int) -> int:
        """Keep lines until the beginning is long enough; give how many were taken."""
        taken = 0
        for raw in lines:
            if self._head_bytes >= WHOLE:
                break
            self._head_bytes += len(raw) + 1
            taken += 1
        self._head += _lines(enumerate(lines[:taken], first))
        return taken

    def _look(self, block: bytes, first: int) -> None:
        """Keep what is new and speaks of trouble, with its neighbours; the lines are told apart only where it is."""
        shapes = block.translate(None, _DIGITS).split(b"\n")
        new = set(shapes)
        new -= self._shapes
        if len(self._shapes) > _SHAPES:
            self._shapes.clear()
        self._shapes |= new
        alarming = {shape for shape in new if _speaks(shape)} if new and _speaks(b"\n".join(new)) else set()
        alarming -= self._alarms
        self._alarms.update(alarming if len(self._alarms) < _ALARMS else ())
        if not alarming and not self._owed:
            return
        lines = block.split(b"\n")
        self._keep_owed(lines, first)
        if self._middle_bytes > MOST:
            return
        for index, shape in enumerate(shapes if alarming else ()):
            if shape in alarming:
                alarming.discard(shape)
                self._keep(lines, first, max(0, index - BEFORE), index + AFTER + 1)

    def _keep_owed(self, lines: list[bytes], first: int) -> None:
        """Keep what follows a line that stood near the end of the block before."""
        owed, self._owed = self._owed, 0
        if owed:
            self._keep(lines, first, 0, owed)

    def _keep(self, lines: list[bytes], first: int, start: int, end: int) -> None:
        last = self._middle[-1].number if self._middle else 0
        start = max(start, last + 1 - first)
        self._owed = max(0, end - len(lines))
        for line in _lines(enumerate(lines[start:end], first + start)):
            self._middle.append(line)
            self._middle_bytes += len(line.text) + 100


def _speaks(text: bytes) -> bool:
    low = text.lower()
    return any(word in low for word in _TROUBLE)


def _shortened(raw: bytes) -> bytes:
    """Give a line without its middle; of a progress bar that rewrites itself only the last states."""
    return raw[:LONGEST] + b"\r" + raw[-LONGEST:]


def _lines(numbered: Iterable[tuple[int, bytes]]) -> Iterator[Line]:
    """Give raw lines as text; what a carriage return writes over is a line of its own under the same number."""
    for number, raw in numbered:
        short = _shortened(raw) if len(raw) > 4 * LONGEST else raw
        for part in _RETURNS.split(short.rstrip(b"\r")) if b"\r" in short else (short,):
            yield Line(number, part[: 2 * LONGEST].decode("utf-8", "replace"))
