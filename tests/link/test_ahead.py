"""Reading ahead on several cores gives what reading one by one gives, also where a helper dies."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from envdoctor import processes
from envdoctor.link.walk import Walk
from envdoctor.model.code import Module
from envdoctor.source import ahead
from tests.link.trees import world, written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILES = {
    "p/__init__.py": "".join(f"from p import m{number}\n" for number in range(80)),
    **{f"p/m{number}.py": f"import p.q{number}\nfrom p.q{number} import x\n" for number in range(80)},
    **{f"p/q{number}.py": "x = 1\n" if number % 9 else "y = 2\n" for number in range(80)},
    "main.py": "import p\n",
}
MISSING = [f"p.q{number}.x" for number in range(0, 80, 9)]


def walked(folder: Path) -> tuple[list[str], list[tuple[int, int]]]:
    """Read ahead, walk, and give what is missing, and how the reading went on."""
    there = world(written(folder, FILES))
    main = Module("__main__", str(folder / "main.py"), summary=there.read(str(folder / "main.py"), main=True))
    steps: list[tuple[int, int]] = []
    ahead.read(there, [main], [], lambda done, total: steps.append((done, total)))
    walk = Walk(there)
    walk.program(main)
    return [gap.dotted for gap in walk.outcome().gaps], steps


@pytest.mark.parametrize("number", [0, 1, 3])
def test_what_is_read_ahead_is_what_the_walk_asks_for(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "helpers", lambda work: [processes.Helper(work, []) for _ in range(number)])
    found, steps = walked(tmp_path)
    assert found == MISSING
    assert [done for done, _ in steps] == [*range(ahead.FEW + 1, 162), 161]
    assert all(done <= total for done, total in steps[:-1])
    assert steps[-1] == (161, 0)


def test_where_a_helper_dies_the_same_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "helpers", lambda _: [processes.Helper(_killed, []) for _ in range(2)])
    assert walked(tmp_path)[0] == MISSING


def _killed(_: bytes) -> bytes:
    os.kill(os.getpid(), signal.SIGKILL)
    return b""


def test_a_helper_answers_piece_by_piece_and_one_that_fails_says_nothing() -> None:
    with_helper(lambda piece: piece.upper(), [(b"a", b"A"), (b"b" * 3_000_000, b"B" * 3_000_000)])
    with_helper(lambda piece: bytes(1 // len(piece)), [(b"", b""), (b"x", b"\0")])


def with_helper(work: Callable[[bytes], bytes], pieces: list[tuple[bytes, bytes]]) -> None:
    helper = processes.Helper(work, [])
    try:
        for piece, answer in pieces:
            sender = threading.Thread(target=helper.send, args=(piece,))
            sender.start()
            sender.join(10)
            assert helper.receive(10) == answer
    finally:
        helper.close()
