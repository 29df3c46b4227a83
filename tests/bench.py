"""Measure `envdoctor check` beside its peers, in interleaved rounds of one run, against the budgets.

`python3 tests --bench` prints the figures and which budgets hold; with `--assert` it fails if one does not.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from envdoctor import bootstrap
from tests import bench_faults, bench_link, bench_locks, bench_logs, bench_smoke, synthetic

EMPTY_APP = "import typer\napp = typer.Typer()\n@app.command()\ndef nothing() -> None: ...\napp()\n"
WRONG_RECIPE = "recipe: 1\nname: wrong\npackges: {}\n"
EMPTY = "empty Typer app"
OURS = [sys.executable, "-m", "envdoctor"]
ANEW = "check, all read anew"
MEMORY_MB = 45
TIMES_UV_REMEMBERED = {5000: 1}
FASTER_THAN_PIP = {500: 4, 5000: 8}
MATRIX_MS, APP_AT_REST_MS = 15, 108  # on a machine at rest, where an empty app of Typer 0.29 takes so long
FEW_CLAIMS, MANY_CLAIMS = 500, 5000
ASK_THE_MATRIX = """
import sys, time
from pathlib import Path
import hashlib, json
from envdoctor import checks
started = time.process_time()
from envdoctor import matrix
known = matrix.load([Path(folder) for folder in sys.argv[1:]])
known.variables(), known.concerning({"numpy", "torch", "transformers", "tensorflow", "synthetic-7"})
print((time.process_time() - started) * 1000)
"""
CLAIM = """- rule: SYN{letter}{number:03}
  title: synthetic {number} is too new
  when: {{synthetic-{number}: "*"}}
  needs: {{synthetic-{other}: "<2"}}
  cause: it was made to be measured
  fixes: [{{pins: {{synthetic-{other}: "<2"}}, gives: {{synthetic-{other}: "1.9"}}}}]
  source: the benchmark
  checked: 2026-11-20
  evidence: executed
  bad: [{{synthetic-{number}: "1", synthetic-{other}: "2"}}]
  good: [{{synthetic-{number}: "1", synthetic-{other}: "1"}}]
"""


@dataclass(frozen=True)
class Cost:
    """What one run of a command took."""

    wall_ms: float
    cpu_ms: float
    memory_mb: float
    status: int


@dataclass(frozen=True)
class Budget:
    """A promise: what is measured, the most it may be, and what it came to."""

    promise: str
    seen: float
    most: float

    def __str__(self) -> str:
        word = "holds" if self.seen <= self.most else "BROKEN"
        return f"  {word:<7} {self.promise}: {self.seen:.1f}, may be {self.most:.1f}"


def main() -> int:
    """Measure all, print all; give the exit status."""
    parser = argparse.ArgumentParser(prog="python3 tests --bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=11, help="how often each command is run (default 11)")
    parser.add_argument("--sizes", type=int, nargs="+", default=[500, 5000], help="numbers of distributions")
    parser.add_argument("--locks", type=int, default=3, help="rounds of locks, which ask an index (default 3)")
    parser.add_argument("--log-mb", type=int, default=1000, help="the size of the log to diagnose (default 1000)")
    parser.add_argument("--assert", dest="strict", action="store_true", help="fail if a budget is broken")
    parser.add_argument("--faults", action="store_true", help="print the table of faults alone, and keep it")
    parser.add_argument("--logs", action="store_true", help="measure `diagnose` and `run` alone")
    parser.add_argument("--smoke", action="store_true", help="measure the core trials of smoke alone")
    parser.add_argument("--link", action="store_true", help="measure the link check alone")
    asked = parser.parse_args()
    if asked.faults:
        return _faults(keep=True)
    if asked.logs:
        print(*_logs(asked.log_mb), sep="\n")
        return 0
    if asked.smoke:
        print(*_smoke(asked.rounds), sep="\n")
        return 0
    if asked.link:
        with tempfile.TemporaryDirectory(prefix="envdoctor-bench-") as folder:
            print("\nbudgets", *_link(Path(folder), asked.rounds), sep="\n")
        return 0
    return _everything(asked)


def _everything(asked: argparse.Namespace) -> int:
    print(f"`check` runs as `PYTHON -m envdoctor`, the empty app in the same Python {sys.version.split()[0]};")
    print(f"medians of {asked.rounds} interleaved rounds after one to warm up; load now {os.getloadavg()[0]:.2f}")
    budgets: list[Budget] = []
    with tempfile.TemporaryDirectory(prefix="envdoctor-bench-") as folder:
        (Path(folder) / "empty.py").write_text(EMPTY_APP)
        empty = _quick(Path(folder), asked.rounds, budgets)
        budgets += _matrix(Path(folder), asked.rounds, empty)
        for size in asked.sizes:
            budgets += _check(Path(folder), size, asked.rounds)
        budgets += _link(Path(folder), min(asked.rounds, 5))
        if asked.locks:
            variables = {**bootstrap.surroundings(), "XDG_CACHE_HOME": str(Path(folder) / "cache")}
            promises = bench_locks.measured(Path(folder), asked.locks, variables)
            budgets += [Budget(one.words, one.seen, one.most) for one in promises]
    budgets += _logs(asked.log_mb)
    budgets += _smoke(3)
    print("\nbudgets", *budgets, "", sep="\n")
    _faults(keep=False)
    return int(asked.strict and any(budget.seen > budget.most for budget in budgets))


def _logs(megabytes: int) -> list[Budget]:
    with tempfile.TemporaryDirectory(prefix="envdoctor-bench-") as name:
        folder = Path(name)
        promises = [*bench_logs.measured(folder, megabytes), *bench_logs.hostile(folder, megabytes)]
        return [Budget(*promise) for promise in [*promises, *bench_logs.of_a_job(folder)]]


def _smoke(rounds: int) -> list[Budget]:
    with tempfile.TemporaryDirectory(prefix="envdoctor-bench-") as folder:
        return [Budget(*promise) for promise in bench_smoke.promises(Path(folder), rounds)]


def _link(folder: Path, rounds: int) -> list[Budget]:
    python = environment(folder / "venv-link", bench_link.DISTRIBUTIONS)
    return [Budget(*promise) for promise in bench_link.measured(folder, python, rounds)]


def _faults(*, keep: bool) -> int:
    """Print who names which fault."""
    with tempfile.TemporaryDirectory(prefix="envdoctor-bench-") as folder:
        rows = bench_faults.compared(Path(folder), _uv())
    print(*bench_faults.lines(rows), sep="\n")
    if keep:
        bench_faults.keep(rows, _uv())
    return 0


def _quick(folder: Path, rounds: int, budgets: list[Budget]) -> Cost:
    """Measure what needs no target; give what an empty app costs."""
    recipe = folder / "wrong.yml"
    recipe.write_text(WRONG_RECIPE)
    commands = {
        EMPTY: [sys.executable, str(folder / "empty.py")],
        "--version": [*OURS, "--version"],
        "--help": [*OURS, "--help"],
        "recipe error": [*OURS, "check", str(recipe)],
        "checkout --version": [os.path.realpath(sys.executable), str(Path(bootstrap.ROOT, "envdoctor")), "--version"],
    }
    medians = _measure("what needs no target", commands, folder, rounds)
    most = 1.5 * medians[EMPTY].wall_ms
    names = ("--version", "--help", "recipe error")
    budgets += [Budget(f"{name}, ms (1.5 x {EMPTY})", medians[name].wall_ms, most) for name in names]
    return medians[EMPTY]


def _matrix(folder: Path, rounds: int, empty: Cost) -> list[Budget]:
    """Ask the bundled matrix, and it with many more claims, what concerns a handful of packages."""
    most = MATRIX_MS * max(1.0, empty.cpu_ms / APP_AT_REST_MS)
    at_rest = f"{MATRIX_MS} where an empty app takes {APP_AT_REST_MS}"
    commands = {"bundled": [sys.executable, "-c", ASK_THE_MATRIX]}
    for count in (FEW_CLAIMS, MANY_CLAIMS):
        more = _claims(folder / f"claims-{count}", count)
        commands[f"and {count} claims"] = [sys.executable, "-c", ASK_THE_MATRIX, str(more)]
    seen: dict[str, list[float]] = {name: [] for name in commands}
    variables = {**bootstrap.surroundings(), "XDG_CACHE_HOME": str(folder / "cache")}
    for number in range(rounds + 1):
        for name, command in commands.items():
            done = subprocess.run(
                command, cwd=bootstrap.ROOT, env=variables, capture_output=True, check=True, timeout=300
            )
            seen[name] += [float(done.stdout)] if number else []
    medians = {name: statistics.median(times) for name, times in seen.items()}
    print("\nasking the matrix, CPU ms", *(f"  {name:<20}{ms:>10.1f}" for name, ms in medians.items()), sep="\n")
    few, many = medians[f"and {FEW_CLAIMS} claims"], medians[f"and {MANY_CLAIMS} claims"]
    return [
        Budget(f"the bundled matrix, CPU ms ({at_rest})", medians["bundled"], most),
        Budget(f"{MANY_CLAIMS} more claims, CPU ms (2 x {FEW_CLAIMS})", many, 2 * few),
    ]


def _claims(folder: Path, count: int) -> Path:
    """Write synthetic claims in files of five hundred."""
    folder.mkdir()
    for first in range(0, count, 500):
        rules = [CLAIM.format(letter=chr(65 + first // 500), number=n, other=first + n + 1) for n in range(500)]
        (folder / f"{first}.yml").write_text("".join(rules))
    return folder


def _check(folder: Path, size: int, rounds: int) -> list[Budget]:
    python = environment(folder / f"venv-{size}", size)
    commands = {
        EMPTY: [sys.executable, str(folder / "empty.py")],
        "envdoctor check": [*OURS, "check", "--target", python],
        ANEW: [*OURS, "check", "--target", python],
        "uv pip check": [_uv(), "pip", "check", "--python", python],
        "pip check": [python, "-m", "pip", "--disable-pip-version-check", "check"],
    }

    medians = _measure(f"{size} distributions", commands, folder, rounds)
    ours, anew, uv, pip = (medians[name] for name in ("envdoctor check", ANEW, "uv pip check", "pip check"))
    empty = medians[EMPTY].wall_ms
    times = TIMES_UV_REMEMBERED.get(size, 2)
    budgets = [
        Budget(f"check - {EMPTY}, {size}, ms ({times} x uv)", ours.wall_ms - empty, times * uv.wall_ms),
        Budget(f"{ANEW} - {EMPTY}, {size}, ms (2 x uv)", anew.wall_ms - empty, 2 * uv.wall_ms),
        Budget(f"memory of check, {size}, MB", ours.memory_mb, MEMORY_MB),
    ]
    if size in FASTER_THAN_PIP:
        times = FASTER_THAN_PIP[size]
        budgets.append(Budget(f"check, {size}, ms (pip / {times})", ours.wall_ms, pip.wall_ms / times))
    return budgets


def environment(folder: Path, size: int) -> str:
    """Make an environment with so many distributions; give its Python."""
    subprocess.run([sys.executable, "-I", "-m", "venv", folder], check=True, timeout=300)
    synthetic.write(next(folder.glob("lib/python*/site-packages")), size)
    return str(folder / "bin" / "python")


def _uv() -> str:
    from uv import find_uv_bin

    return str(find_uv_bin())


def _measure(title: str, commands: dict[str, list[str]], folder: Path, rounds: int) -> dict[str, Cost]:
    """Run every command once a round, so that a busy moment of the machine hits all of them alike."""
    variables = {**bootstrap.surroundings(), "XDG_CACHE_HOME": str(folder / "cache")}
    seen: dict[str, list[Cost]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            if name == ANEW:
                _forget(folder)
            cost = _run(command, variables)
            if number:
                seen[name].append(cost)
    medians = {name: _median(costs) for name, costs in seen.items()}
    print(f"\n{title:<22}{'ms':>10}{'CPU ms':>10}{'MB':>8}   exit")
    for name, cost in medians.items():
        print(f"  {name:<20}{cost.wall_ms:>10.1f}{cost.cpu_ms:>10.1f}{cost.memory_mb:>8.1f}   {cost.status}")
    return medians


def _forget(folder: Path) -> None:
    """Remove what envdoctor remembers of site folders, and leave it the compiled matrix."""
    for remembered in (folder / "cache" / "envdoctor").glob("site-*"):
        remembered.unlink()


def _run(command: list[str], variables: dict[str, str]) -> Cost:
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=bootstrap.ROOT, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)  # its children's time counts in full, of their memory the largest
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    cpu = usage.ru_utime + usage.ru_stime
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return Cost(wall * 1000, cpu * 1000, usage.ru_maxrss / unit, process.returncode)


def _median(costs: list[Cost]) -> Cost:
    middle = statistics.median
    return Cost(
        middle(cost.wall_ms for cost in costs),
        middle(cost.cpu_ms for cost in costs),
        middle(cost.memory_mb for cost in costs),
        max(cost.status for cost in costs),
    )


if __name__ == "__main__":
    sys.exit(main())
