"""Work that is spread over copies of this process gives what it gives here, whatever becomes of a copy."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from envdoctor import processes, spread

SPREAD = """
import os, time
from envdoctor import processes, spread
here = os.getpid()
processes.cores = lambda: 3
spread.LEAST_LOOKS = 10
spread.PATIENCE = 0.5
{work}
made = spread.over(work, list(range(1000)), 1000)
assert [number for number, _ in made] == [number * 2 for number in range(1000)], made[:5]
print(len({{process for _, process in made}}))
"""
FINE = """
def work(number):
    return number * 2, os.getpid()
"""
IN_THE_SECOND_PART = """
def work(number):
    if number == 500 and os.getpid() != here:
        {what}
    return number * 2, os.getpid()
"""
TROUBLE = ["os._exit(7)", "raise KeyboardInterrupt", "raise ValueError", "return object()", "time.sleep(60)"]


def processes_of(work: str) -> int:
    command = [sys.executable, "-c", SPREAD.format(work=work)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return int(done.stdout)


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="no copies are made on this system")
def test_every_part_is_done_in_its_order_by_a_process_of_its_own() -> None:
    assert processes_of(FINE) == 3


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="no copies are made on this system")
@pytest.mark.parametrize("what", TROUBLE)
def test_the_part_of_a_copy_that_fails_is_done_here(what: str) -> None:
    assert processes_of(IN_THE_SECOND_PART.format(what=what)) == 2


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="no copies are made on this system")
def test_the_part_of_a_copy_that_is_gone_before_it_is_asked_is_done_here() -> None:
    gone = "def send(self, piece):\n    raise BrokenPipeError\nprocesses.Helper.send = send\nspread.PATIENCE = 0.2\n"
    assert processes_of(gone + FINE) == 1


def test_little_work_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "cores", lambda: 4)
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("a copy was made"))
    assert spread.over(str, list(range(1000)), spread.LEAST_LOOKS) == list(map(str, range(1000)))
