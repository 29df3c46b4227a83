"""Measure `envdoctor check --deep` on a hundred distributions, some with real source, read anew and at hand."""

from __future__ import annotations

import ast
import asyncio
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from envdoctor import bootstrap

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DISTRIBUTIONS = 100
WITH_SOURCE = 40
MB_A_SECOND, ALONE_AT_REST = 5, 9.4  # on a machine at rest, where `ast.parse` alone does so much
TIMES_CHECK = 3
MEMORY_MB = 500
_SEEN = re.compile(r"asked for ([\d,]+) names in ([\d,]+) modules")


class Took(NamedTuple):
    """What a run took: of the wall clock, of all processors, of memory, and what it said."""

    seconds: float
    cpu: float
    memory_mb: float
    out: str


def measured(folder: Path, python: str, rounds: int) -> list[tuple[str, float, float]]:
    """Measure in an environment of synthetic distributions; give promises, with what was seen and the most allowed."""
    recipe, megabytes = _filled(folder, python)
    cache = folder / "cache-link"
    plain = [sys.executable, "-m", "envdoctor", "check", str(recipe), "--target", python, "--json"]
    deep = [*plain, "--deep"]
    _run(plain, cache)  # compiles the matrix
    cold = _run(deep, cache)
    pairs = [(_run(plain, cache), _run(deep, cache)) for _ in range(rounds)]
    check, cached = (_median([pair[place] for pair in pairs]) for place in (0, 1))
    rate = megabytes / max(cold.cpu - check.cpu, 0.001)
    alone = _parsed(Path(asyncio.__file__).parent)
    names, modules = _seen(cold.out)
    print(f"\nlink check, {DISTRIBUTIONS} distributions    seconds     CPU s        MB")
    for title, took in (("check", check), ("check --deep, read anew", cold), ("check --deep, at hand", cached)):
        print(f"  {title:<26}{took.seconds:>9.2f}{took.cpu:>10.2f}{took.memory_mb:>10.1f}")
    print(f"  {modules} modules, {names} names, {megabytes:.1f} MB of source: {rate:.1f} MB a CPU second")
    print(f"  ast.parse alone: {alone:.1f} MB a CPU second")
    most = TIMES_CHECK * check.seconds * 1000
    pace = MB_A_SECOND * min(1.0, alone / ALONE_AT_REST)
    anew = f"check --deep read anew, CPU seconds ({MB_A_SECOND} MB a second where ast.parse does {ALONE_AT_REST})"
    return [
        (f"check --deep at hand, ms ({TIMES_CHECK} x check)", cached.seconds * 1000, most),
        (anew, cold.cpu - check.cpu, megabytes / pace),
        ("check --deep, memory, MB", cold.memory_mb, MEMORY_MB),
    ]


def _filled(folder: Path, python: str) -> tuple[Path, float]:
    """Put a package of the standard library under other names into an environment; give a recipe and their size."""
    source = Path(asyncio.__file__).parent
    site = next(Path(python).parent.parent.glob("lib/python*/site-packages"))
    packages = sorted(site.glob("syn_*[0-9]"))[:WITH_SOURCE]
    for package in packages:
        shutil.rmtree(package)
        shutil.copytree(source, package, ignore=shutil.ignore_patterns("__pycache__", "__main__.py", "windows_*"))
    size = sum(path.stat().st_size for package in packages for path in package.glob("*.py"))
    recipe = folder / "link.yml"
    wanted = "".join(f"  {package.name.replace('_', '-')}: '*'\n" for package in packages)
    recipe.write_text(f"recipe: 1\nname: link\npackages:\n{wanted}")
    return recipe, size / 1e6


def _parsed(source: Path) -> float:
    """Give how many megabytes of the same source Python's own parser reads in a second."""
    blobs = [path.read_bytes() for path in source.glob("*.py")]
    started = time.process_time()
    for blob in blobs:
        ast.parse(blob)
    return sum(map(len, blobs)) / 1e6 / (time.process_time() - started)


def _seen(out: str) -> tuple[str, str]:
    titles = [finding["title"] for finding in json.loads(out)["findings"]]
    found = next(match for title in titles if (match := _SEEN.search(title)))
    return found[1], found[2]


def _run(command: Sequence[str], cache: Path) -> Took:
    return measured_run(command, {**bootstrap.surroundings(), "XDG_CACHE_HOME": str(cache)})


def measured_run(command: Sequence[str], variables: Mapping[str, str]) -> Took:
    """Run a command, and give what it took; of the memory of its processes the largest."""
    started = time.perf_counter()
    with subprocess.Popen(
        command, cwd=bootstrap.ROOT, env=variables, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        out = process.stdout.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    return Took(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, out)


def _median(several: Sequence[Took]) -> Took:
    middle = statistics.median
    return Took(
        middle(one.seconds for one in several),
        middle(one.cpu for one in several),
        middle(one.memory_mb for one in several),
        several[0].out,
    )
