"""Other programs: their words, their limits, and that nothing of them stays."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

from envdoctor import processes

if TYPE_CHECKING:
    from pathlib import Path


def python(code: str, limit: float = 20) -> processes.Done:
    return processes.run([sys.executable, "-c", code], limit=limit)


def test_what_it_says_and_how_it_ends_is_kept() -> None:
    done = python("import sys; print('a' * 200_000); sys.stderr.write('b'); sys.exit(7)")
    assert (done.status, len(done.out), done.err) == (7, 200_001, "b")


def test_one_that_takes_too_long_is_ended() -> None:
    began = time.monotonic()
    assert python("import time; print('x', flush=True); time.sleep(60)", limit=1).status is None
    assert time.monotonic() - began < 15


def test_one_that_closes_its_pipes_and_goes_on_is_ended_too() -> None:
    assert python("import os, time; os.close(1); os.close(2); time.sleep(60)", limit=1).status is None


def test_a_child_left_behind_holds_nothing_up_and_is_ended(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    begun = "import subprocess; p = subprocess.Popen(['sleep', '77'])"
    code = f"{begun}; open({str(pid)!r}, 'w').write(str(p.pid)); print(1)"
    began = time.monotonic()
    done = python(code, limit=60)
    assert (done.status, done.out) == (0, "1\n")
    assert time.monotonic() - began < 30
    for _ in range(100):
        if not os.path.exists(f"/proc/{pid.read_text()}/cmdline") or not _command(pid.read_text()):
            return
        time.sleep(0.05)
    raise AssertionError("the child still runs")


def _command(pid: str) -> str:
    try:
        with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def test_one_that_never_stops_talking_is_ended() -> None:
    code = "import sys\nwhile True: sys.stdout.write('x' * 65536)"
    done = python(code, limit=60)
    assert done.status is None
    assert len(done.out) < 2 * processes.MOST_OUTPUT
