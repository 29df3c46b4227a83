"""Ask the target's Python where it looks for code, within a time limit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
        source = _PROBE.read_text(encoding="utf-8")
        try:
            self._process = subprocess.Popen(
                [python, "-c", source],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise CannotLook(f"cannot be started: {error.strerror}", place=shown(python)) from None

    def answer(self, limit: float) -> Mapping[str, Any]:
        """Give what the probe says; raise CannotLook if it hangs, fails or answers nonsense."""
        try:
            out, err = self._process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            self.close()
            raise CannotLook(
                f"does not answer within {limit:g} s",
                place=shown(self.python),
                hint="`--static` looks without starting it, `--timeout` waits longer",
            ) from None
        finally:
            self.close()
        text = out.decode("utf-8", "replace")
        try:
            found = json.loads(text[text.rindex(_MARK) + len(_MARK) :])
        except ValueError:
            raise CannotLook(_failure(self._process.returncode, err), place=shown(self.python)) from None
        if not isinstance(found, dict):
            raise CannotLook("answers nonsense", place=shown(self.python))
        return found

    def close(self) -> None:
        """End the probe and its children if they still run."""
        if self._process.poll() is None:
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError, AttributeError):
                self._process.kill()
            self._process.wait()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()


def _failure(code: int, err: bytes) -> str:
    lines = err.decode("utf-8", "replace").strip().splitlines()
    last = lines[-1] if lines else "it says nothing"
    ended = f"was ended by signal {-code}" if code < 0 else f"ends with status {code}"
    return f"is no Python that can be asked: {ended}: {last}"
