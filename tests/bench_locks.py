"""Measure `envdoctor lock` beside bare `uv pip compile`, and `lock check` beside `uv pip sync --dry-run`.

An index decides over most of the time of a solve, so the two are asked in turn, a few rounds, and compared in medians.
Both have the same cache of uv, which the first round fills and which does not count, and the same words for uv.
"""

from __future__ import annotations

import datetime
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any

from envdoctor import bootstrap, matrix
from envdoctor.facts import distributions
from envdoctor.formats import pylock
from envdoctor.lock import pypi
from envdoctor.solve import uv
from tests.processes import run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

OURS = [sys.executable, "-m", "envdoctor"]
DAY = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT00:00:00Z")
RECIPES = {
    "small": {"typer": "*", "rich": "*", "pyyaml": "*"},
    "founding": {
        "tensorflow-text": "==2.15.*",
        "tf-models-official": "==2.15.*",
        "bentoml": "*",
        "scikit-learn": "*",
    },
}
TIMES_UV, TIMES_SYNC, WITH_PIP_SECONDS = 1.3, 8, 6.5  # of the last conda-lock takes 13 to 17
HASH = "0" * 64
OUR_LOCK, THEIR_LOCK, THEIR_CHECK = "envdoctor lock", "uv pip compile", "uv pip sync --dry-run"


Command = tuple["Path", list[str], "Mapping[str, str]"]  # where, what, with which variables


class Promise:
    """What is measured, the most it may be, what it came to."""

    def __init__(self, words: str, seen: float, most: float) -> None:
        self.words, self.seen, self.most = words, seen, most


def measured(folder: Path, rounds: int, variables: Mapping[str, str]) -> list[Promise]:
    """Measure all."""
    variables = {**variables, "PYTHONPATH": bootstrap.ROOT}  # each runs in a folder of its own
    found = [_lock(folder, name, rounds, variables) for name in RECIPES]
    return [*found, _with_pip(folder, rounds, variables), _check(folder, 500, rounds, variables)]


def _timed(words: Sequence[str], variables: Mapping[str, str], folder: Path) -> float:
    began = time.perf_counter()
    done = run(list(words), variables=variables, folder=folder)
    took = time.perf_counter() - began
    assert done.status == 0, done.stderr
    return took


def _told(title: str, seen: Mapping[str, list[float]]) -> dict[str, float]:
    medians = {name: statistics.median(times) for name, times in seen.items()}
    print(f"\n{title:<36}{'s':>8}")
    for name, median in medians.items():
        print(f"  {name:<34}{median:>8.2f}   {' '.join(f'{one:.2f}' for one in seen[name])}")
    return medians


def _kept(words: str, medians: Mapping[str, float], peer: str, times: float) -> Promise:
    """Say under the table what the limit is, and whether it holds."""
    ours, most = next(iter(medians.values())), times * medians[peer]
    verdict = "holds" if ours <= most else "broken"
    print(f"  limit: {times:g} x {peer} = {most:.2f} s: {verdict}, at {ours / medians[peer]:.2f} x")
    return Promise(words, ours, most)


def _in_turn(title: str, rounds: int, made: str, commands: Mapping[str, Command]) -> dict[str, float]:
    """Run commands in turn, what they make removed before each; give their medians after a round to warm up."""
    seen: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, (home, words, variables) in commands.items():
            for path in home.glob(made):
                path.unlink()
            took = _timed(words, variables, home)
            seen[name] += [took] if number else []
    return _told(title, seen)


def _lock(folder: Path, name: str, rounds: int, variables: Mapping[str, str]) -> Promise:
    """Lock a recipe from nothing, and have uv compile its requirements."""
    packages = RECIPES[name]
    home = folder / f"lock-{name}"
    home.mkdir()
    lines = "\n".join(f'  {package}: "{cell}"' for package, cell in packages.items())
    (home / f"{name}.yml").write_text(f"recipe: 1\nname: {name}\npackages:\n{lines}\n")
    ours = [*OURS, "lock", str(home / f"{name}.yml"), "--fact", "python=3.11", "--exclude-newer", DAY]
    wanted = [f"{package}{cell if cell != '*' else ''}" for package, cell in packages.items()]
    commands = {OUR_LOCK: (home, ours, variables), THEIR_LOCK: (home, _bare(home, wanted), variables)}
    medians = _in_turn(f"lock, {name}", rounds, "pylock.*", commands)
    return _kept(f"lock {name}, s ({TIMES_UV} x {THEIR_LOCK})", medians, THEIR_LOCK, TIMES_UV)


def _bare(home: Path, wanted: Sequence[str]) -> list[str]:
    """Give the command with which uv alone locks the same."""
    (home / "wanted.in").write_text("\n".join(wanted) + "\n")
    wheelless = matrix.load().wheelless()
    (home / "uv.toml").write_text(uv.metadata(wheelless))
    words = [uv.find() or "uv", "pip", "compile", "wanted.in", "-q", "--format", "pylock.toml"]
    words += ["-o", "pylock.bare.toml", "--no-header", "--exclude-newer", DAY]
    words += ["--python-version", "3.11", "--python-platform", "x86_64-unknown-linux-gnu", "--only-binary", ":all:"]
    words += [word for package in wheelless for word in ("--no-binary", package)]
    return [*words, "--python", sys.executable, "--no-python-downloads"]


def _with_pip(folder: Path, rounds: int, variables: Mapping[str, str]) -> Promise:
    """Lock an environment of conda with a pip part, its channel made here, its index the real one.

    conda-lock itself needs a conda, which PyPI has not: its time is that of the study, and uv's for the pip part alone
    stands beside it.
    """
    from tests.locks.channel import Channel, furnished

    home = folder / "conda"
    url = furnished(Channel(home / "channel")).write()
    dependencies = "".join(f"  - {one}\n" for one in ("python=3.11", "numpy", "pip", "pip: [keras, seaborn]"))
    (home / "environment.yml").write_text(f"name: own\nchannels: ['{url}']\ndependencies:\n{dependencies}")
    ours = [*OURS, "lock", str(home / "environment.yml"), "--exclude-newer", DAY]
    commands = {
        OUR_LOCK: (home, ours, variables),
        "uv, its pip part alone": (home, _bare(home, ["keras", "seaborn", "tensorflow"]), variables),
    }
    medians = _in_turn("lock, conda with a pip part", rounds, "*lock.*", commands)
    holds = "holds" if medians[OUR_LOCK] <= WITH_PIP_SECONDS else "broken"
    print(f"  limit: {WITH_PIP_SECONDS} s, half of the least that conda-lock took (13 to 17 s): {holds}")
    return Promise("lock conda with pip, s (conda-lock: 13 to 17)", medians[OUR_LOCK], WITH_PIP_SECONDS)


def _check(folder: Path, size: int, rounds: int, variables: Mapping[str, str]) -> Promise:
    """Check an environment of so many distributions against its lock, sealed."""
    from tests.bench import environment

    python = environment(folder / f"sealed-{size}", size)
    site = next((folder / f"sealed-{size}").glob("lib/python*/site-packages"))
    path = folder / "pylock.sealed.toml"
    path.write_text(pypi.text(_lock_of(site), path.name))
    assert run([*OURS, "lock", "seal", str(path), "--target", python], variables=variables).status == 0
    ours = [*OURS, "lock", "check", str(path), "--target", python, "--ignore", "LOCK005"]
    sync = [uv.find() or "uv", "pip", "sync", "--dry-run", "--offline", "-q", "--python", python, str(path)]
    commands = {"envdoctor lock check": (folder, ours, variables), THEIR_CHECK: (folder, sync, variables)}
    medians = _in_turn(f"lock check, {size} distributions, sealed", rounds, "none", commands)
    return _kept(f"lock check, {size}, s ({TIMES_SYNC} x {THEIR_CHECK})", medians, THEIR_CHECK, TIMES_SYNC)


def _lock_of(site: Path) -> dict[str, Any]:
    """Give a lock of what is installed in a folder."""
    packages = [
        {"name": dist.name, "version": dist.version, "wheels": [_wheel(dist.name, dist.version)]}
        for dist in distributions.scan([str(site)]).distributions
        if dist.name.startswith("syn-")
    ]
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    own = {"schema": pypi.SCHEMA, "subject": "sealed", "recipe": "sealed", "asked": []}
    own |= {"packages": pylock.digest(packages)}
    machine = {"python": version, "system": "linux", "arch": "x86_64"}
    table = {**own, "machines": [machine]}
    tool = {"envdoctor": table}
    return {"lock-version": "1.0", "created-by": "envdoctor", "packages": packages, "tool": tool}


def _wheel(name: str, version: str) -> dict[str, Any]:
    file = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    return {"url": f"https://files.example/{file}", "hashes": {"sha256": HASH}}
