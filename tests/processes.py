"""Run a process to its end for the tests, and keep what it left behind."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

LIMIT_SECONDS = 900


@dataclass(frozen=True)
class Done:
    """What a finished process left behind."""

    status: int
    stdout: str
    stderr: str

    @cached_property
    def document(self) -> dict[str, Any]:
        """Give the JSON that it printed."""
        found: dict[str, Any] = json.loads(self.stdout)
        return found


def run(command: Sequence[str], *, variables: Mapping[str, str] | None = None, folder: Path | None = None) -> Done:
    """Run a command to its end, within a limit; `variables` are all it gets, None gives it those of the tests."""
    done = subprocess.run(
        command, env=variables, cwd=folder, capture_output=True, encoding="utf-8", timeout=LIMIT_SECONDS, check=False
    )
    return Done(done.returncode, done.stdout, done.stderr)
