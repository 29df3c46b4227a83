"""Measure `envdoctor diagnose` on logs of a gigabyte beside a loop over their lines, and what `run` costs a job."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from typing import IO, TYPE_CHECKING, NamedTuple

from envdoctor import bootstrap

if TYPE_CHECKING:
    from pathlib import Path

MB_A_SECOND = 40
MEMORY_MB = 120  # Python, the matrix and two ends of a log; the same for a small log and a large one
OURS = [sys.executable, "-m", "envdoctor", "diagnose", "--json"]
LOOP = "import sys\nfor line in open(sys.argv[1], 'rb'):\n    pass\n"
FAILURE = """Traceback (most recent call last):
  File "/venv/lib/python3.11/site-packages/deepspeed/runtime/utils.py", line 18, in <module>
    from torch._six import inf
ModuleNotFoundError: No module named 'torch._six'
"""
HOSTILE = {  # what a pipe gives, a mebibyte at a time
    "one line": "b'step 1 loss 0.1 ' * 65536",
    "zero bytes": "bytes(1 << 20)",
    "random bytes": "random.Random(0).randbytes(1 << 20)",
    "halves of characters": "('ä' * (1 << 19)).encode()[1:] + bytes([0xc3])",
}
POUR = "import random, sys\nblock = {}\nfor _ in range({}):\n    sys.stdout.buffer.write(block)\n"
JOB = """
import sys, time
began = time.monotonic()
for number in range(10_000 * int(sys.argv[1])):
    print("step", number, "loss 0.1234 lr 3.0e-04 tokens/s 12345")
    if not number % 100:
        time.sleep(max(0, began + number / 10_000 - time.monotonic()))
"""
A_LINE_US = 30  # CPU microseconds that a line of a job may cost
_MB = 1 << 20
_LETTERS = b"GHJKQXYZ"


class Took(NamedTuple):
    """What a pass over a log took."""

    seconds: float
    cpu: float
    memory_mb: float
    out: str


def write(path: Path, megabytes: int) -> None:
    """Write a log as a training job leaves it, with its failure in the first tenth."""
    chance = random.Random(7)
    block = "".join(_line(number, chance) for number in range(40_000)).encode()
    with path.open("wb") as log:
        written, failed = 0, False
        while written < megabytes * _MB:
            written += log.write(block.translate(bytes.maketrans(_LETTERS, bytes(chance.sample(_LETTERS, 8)))))
            if not failed:
                log.write(FAILURE.encode())
                failed = True


def _line(number: int, chance: random.Random) -> str:
    stamp = f"2026-11-26 {number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02},{number % 1000:03}"
    match number % 12:
        case 0:
            return f"{stamp} INFO data.loader read shard-{_name(chance)}.tar ({chance.random():.3f} s)\n"
        case 1:
            return f"[rank{number % 8}]: {stamp} WARNING retry {number % 3} of s3://bucket/part-{number:05}.parquet\n"
        case 2:
            return (
                "".join(f"\rEpoch 3: {part}%|{'#' * (part // 5):20}| {part}/100" for part in range(0, 100, 25)) + "\n"
            )
    figures = f"loss={chance.random():.4f} lr=3.0e-04 tokens/s={chance.randint(9999, 99999)}"
    return f"{stamp} INFO train step={number} {figures}\n"


def _name(chance: random.Random) -> str:
    """Give a name as a store gives it; no block of the log has the names of another."""
    return "".join(chance.choices(_LETTERS.decode(), k=14))


def measured(folder: Path, megabytes: int) -> list[tuple[str, float, float]]:
    """Measure; give promises, each with what was seen and the most it may be."""
    log, small = folder / "job.log", folder / "small.log"
    write(log, megabytes)
    write(small, 8)
    size = log.stat().st_size / 1e6
    loop = _run([sys.executable, "-c", LOOP, str(log)], folder)
    _run([*OURS, str(small)], folder)  # compiles the matrix
    little, large = _run([*OURS, str(small)], folder), _run([*OURS, str(log)], folder)
    verdict = json.loads(large.out)["verdict"]
    print(f"\na log of {size:.0f} MB        seconds     CPU s  MB/CPU s        MB")
    for name, took in (("a bare line loop", loop), ("envdoctor diagnose", large)):
        print(f"  {name:<20}{took.seconds:>9.1f}{took.cpu:>10.1f}{size / took.cpu:>10.0f}{took.memory_mb:>10.1f}")
    print(f"  verdict: {verdict}; the first 8 MB of it: {little.cpu:.1f} CPU s, {little.memory_mb:.1f} MB")
    log.unlink()
    return [
        (
            f"diagnose, {size:.0f} MB, CPU seconds ({MB_A_SECOND} MB a second)",
            large.cpu - little.cpu,
            size / MB_A_SECOND,
        ),
        ("diagnose, memory, MB", large.memory_mb, MEMORY_MB),
        ("diagnose, memory beside that for 8 MB, MB", large.memory_mb - little.memory_mb, 12),
        ("diagnose, the failure in the first tenth is missed", float(verdict != "environment"), 0),
    ]


def hostile(folder: Path, megabytes: int) -> list[tuple[str, float, float]]:
    """Pour a gigabyte of what is no log through a pipe; give promises."""
    found: list[tuple[str, float, float]] = []
    for name, block in HOSTILE.items():
        with subprocess.Popen([sys.executable, "-c", POUR.format(block, megabytes)], stdout=subprocess.PIPE) as source:
            took = _run([*OURS, "-"], folder, source.stdout)
        verdict = json.loads(took.out)["verdict"]
        print(f"  {megabytes} MiB, {name:<22}{took.cpu:>8.1f} CPU s{took.memory_mb:>8.1f} MB, {verdict}")
        found.append((f"diagnose, {name}, memory, MB", took.memory_mb, MEMORY_MB))
        found.append((f"diagnose, {name}, CPU seconds", took.cpu, megabytes * _MB / 1e6 / MB_A_SECOND))
    return found


def of_a_job(folder: Path, seconds: int = 20) -> list[tuple[str, float, float]]:
    """Run a job of 10,000 lines a second alone and under `envdoctor run`; give promises."""
    job = [sys.executable, "-c", JOB, str(seconds)]
    gate = [sys.executable, "-m", "envdoctor", "run", "--fail-on", "never", "--static"]
    bare, start = _run(job, folder), _run([*gate, "--", sys.executable, "-c", ""], folder)
    under = _run([*gate, "--", *job], folder)
    lines = 10_000 * seconds
    cost = (under.cpu - start.cpu - bare.cpu) / lines * 1e6
    same = "the same" if bare.out == under.out else "NOT the same"
    print(f"\na job of {lines} lines in {bare.seconds:.2f} s; under `run` {under.seconds - start.seconds:.2f} s,")
    print(f"  {cost:.1f} CPU microseconds a line, {under.memory_mb:.1f} MB; its words are {same}")
    return [
        ("run, CPU microseconds a line", cost, A_LINE_US),
        ("run, seconds added to a job", under.seconds - start.seconds - bare.seconds, 0.02 * seconds),
        ("run, words that are not the job's own", float(bare.out != under.out), 0),
    ]


def _run(command: list[str], folder: Path, source: IO[bytes] | None = None) -> Took:
    variables = {**bootstrap.surroundings(), "XDG_CACHE_HOME": str(folder / "cache")}
    began = time.perf_counter()
    with (folder / "out").open("w+") as out:
        process = subprocess.Popen(
            command, cwd=bootstrap.ROOT, env=variables, stdin=source, stdout=out, stderr=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - began
        out.seek(0)
        memory = usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
        return Took(seconds, usage.ru_utime + usage.ru_stime, memory, out.read())
