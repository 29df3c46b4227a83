"""Ask the target's Python where it looks for code, within a time limit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envdoctor import processes
from envdoctor.errors import CannotLook
from envdoctor.facts.paths import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

_MARK = "--envdoctor-probe--\n"
_PROBE = Path(__file__).with_name("probe.py")


class Question:
    """A probe that is running; `answer` waits for it. Start it early, it runs beside us."""

    def __init__(self, python: str) -> None:
        """Start the probe; raise CannotLook if that Python cannot be started."""
        self.python = python
        try:
            self._process = processes.start([python, "-c", _PROBE.read_text(encoding="utf-8")])
        except OSError as error:
            raise CannotLook(f"cannot be started: {error.strerror}", place=shown(python)) from None

    def answer(self, limit: float) -> Mapping[str, Any]:
        """Give what the probe says; raise CannotLook if it hangs, fails or answers nonsense."""
        done = processes.finish(self._process, limit)
        if done.status is None:
            raise CannotLook(
                f"does not answer within {limit:g} s",
                place=shown(self.python),
                hint="`--static` looks without starting it, `--timeout` waits longer",
            )
        try:
            found = json.loads(done.out[done.out.rindex(_MARK) + len(_MARK) :])
        except ValueError:
            raise CannotLook(_failure(done.status, done.err), place=shown(self.python)) from None
        if not isinstance(found, dict):
            raise CannotLook("answers nonsense", place=shown(self.python))
        return found

    def close(self) -> None:
        """End the probe and its children if they still run."""
        processes.end(self._process)


def _failure(code: int, err: str) -> str:
    lines = err.strip().splitlines()
    last = lines[-1] if lines else "it says nothing"
    ended = f"was ended by signal {-code}" if code < 0 else f"ends with status {code}"
    return f"is no Python that can be asked: {ended}: {last}"
