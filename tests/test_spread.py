"""Work that is spread over forked copies gives what it gives here, whatever becomes of a copy."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from envdoctor import spread

ITEMS = list(range(1000))
FORKS = """
import os
from envdoctor import spread
here = os.getpid()
spread._cores = lambda: 3
{work}
made = spread.over(work, list(range(1000)), least=10)
assert [number for number, _ in made] == [number * 2 for number in range(1000)], made[:5]
print(len({{process for _, process in made}}))
"""
HEALTHY = "work = lambda number: (number * 2, os.getpid())"
DYING = """
def work(number):
    if number == 500 and os.getpid() != here:
        os._exit(7)
    return number * 2, os.getpid()
"""
FAILING = """
def work(number):
    if number == 500 and os.getpid() != here:
        raise KeyboardInterrupt
    return number * 2, os.getpid()
"""
HANGING = """
import time
spread.PATIENCE = 0.2
def work(number):
    if number == 500 and os.getpid() != here:
        time.sleep(60)
    return number * 2, os.getpid()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize(("work", "processes"), [(HEALTHY, 3), (DYING, 2), (FAILING, 2), (HANGING, 2)])
def test_every_part_is_done_in_its_order_whatever_becomes_of_a_copy(work: str, processes: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORKS.format(work=work)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == processes


def test_little_work_and_work_beside_other_threads_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread, "_cores", lambda: 4)
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("it was forked"))
    assert spread.over(str, ITEMS[:100]) == list(map(str, range(100)))
    stop = threading.Event()
    other = threading.Thread(target=stop.wait)
    other.start()
    try:
        assert spread.over(str, ITEMS, least=10) == list(map(str, ITEMS))
    finally:
        stop.set()
        other.join()
