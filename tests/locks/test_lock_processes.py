"""What a lock is worth when its maker is killed, when two make it at once, when a cache is broken."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.locks.index import Index
    from tests.locks.kitchen import Kitchen

pytestmark = pytest.mark.real
ROOT = Path(__file__).parents[2]
KILLS = 50


def started(kitchen: Kitchen, *words: str, within: Sequence[str] = ()) -> subprocess.Popen[str]:
    """Start `envdoctor lock` on the recipe of a kitchen, within another command if one is given."""
    facts = [word for fact in ("python=3.11", "os=linux", "arch=x86_64") for word in ("--fact", fact)]
    command = [
        *within,
        sys.executable,
        "-c",
        "from envdoctor.cli import main; main()",
        "lock",
        str(kitchen.recipe),
        *facts,
        *words,
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(kitchen.folder / "cache")}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Give the status of a process and what it said on stderr."""
    _, said = process.communicate(timeout=120)
    return process.returncode, said


def test_killed_at_fifty_random_moments_it_leaves_the_old_lock_or_the_new_one(kitchen: Kitchen) -> None:
    days = ("2026-01-01", "2026-11-20")
    wholes = []
    for day in days:
        began = time.monotonic()
        assert ended(started(kitchen, "--upgrade", "--exclude-newer", day))[0] == 0
        took = time.monotonic() - began
        wholes.append(kitchen.path.read_text())
    assert wholes[0] != wholes[1]
    chance = random.Random(7)
    cut = 0
    for number in range(KILLS):
        process = started(kitchen, "--upgrade", "--exclude-newer", days[number % 2])
        time.sleep(chance.uniform(0, took * 1.1))
        cut += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        assert kitchen.path.read_text() in wholes
    assert cut > KILLS // 2
    assert ended(started(kitchen))[0] == 0
    assert [path.name for path in kitchen.folder.glob(".pylock*")] == []


def test_of_two_at_once_one_waits_and_says_so(kitchen: Kitchen, index: Index) -> None:
    index.delay = 0.3
    first, second = started(kitchen), started(kitchen)
    outcomes = [ended(first), ended(second)]
    assert [status for status, _ in outcomes] == [0, 0]
    assert sum("another process makes a lock in" in said for _, said in outcomes) == 1
    assert tomllib.loads(kitchen.path.read_text())["packages"]


def test_a_broken_cache_is_mended_or_told(kitchen: Kitchen, tmp_path: Path) -> None:
    kitchen.lock()
    before = kitchen.path.read_text()
    for path in (tmp_path / "uv-cache").rglob("*"):
        if path.is_file() and path.stat().st_size:
            path.write_bytes(b"\x00broken" * 3)
    status, said = ended(started(kitchen, "--upgrade", "--exclude-newer", "2026-01-01"))
    assert status in (0, 3)
    assert "Traceback" not in said
    assert status == 0 or kitchen.path.read_text() == before


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare")
def test_a_disk_that_is_full_is_told_and_keeps_what_it_held(kitchen: Kitchen, tmp_path: Path) -> None:
    """On a disk of 64 kB that holds the old lock and nothing more."""
    kitchen.lock(before="2026-01-01")
    (tmp_path / "small").mkdir()
    script = f"""
        mount -t tmpfs -o size=64k none {tmp_path}/small || exit 77
        cp {kitchen.path} {tmp_path}/small && cat /dev/zero > {tmp_path}/small/rest 2>/dev/null
        "$@"; status=$?
        cmp {kitchen.path} {tmp_path}/small/pylock.own.toml || exit 78
        test "$(ls -A {tmp_path}/small)" = "$(printf 'pylock.own.toml\\nrest')" || exit 79
        exit $status
    """
    within = ["unshare", "-r", "-m", "sh", "-c", script, "sh"]
    status, said = ended(started(kitchen, "--upgrade", "--to", str(tmp_path / "small"), within=within))
    if status in (1, 77) and "unshare" in said + "unshare" * (status == 77):
        pytest.skip("nothing can be mounted here")
    assert status == 3
    assert "no space left on device" in said
    assert "the lock is as it was before" in said


def test_what_has_another_hash_than_the_lock_is_not_installed(kitchen: Kitchen, index: Index, tmp_path: Path) -> None:
    index.said["engine"]["engine-2.0-py3-none-any.whl"]["hashes"]["sha256"] = "0" * 64
    assert ended(started(kitchen))[0] == 0
    uv = str(Path(sys.executable).with_name("uv"))
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, tmp_path / "venv"], check=True, timeout=60)
    words = [uv, "pip", "sync", "--python", str(tmp_path / "venv"), str(kitchen.path), "--no-cache"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert "Hash mismatch" in done.stderr
