"""Make throw-away environments with uv, and run a program in one: where claims are tried.

Everything lies in one folder, with uv's cache inside it, so that what the trials cost in disk can be seen and bounded.
Trials install and run the packages they name: that is their purpose.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from packaging.version import Version

from envdoctor import cells, processes
from envdoctor.model import normalised
from envdoctor.solve import reasons

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

MINUTE = 60.0


class Made(NamedTuple):
    """An environment's Python and what is installed in it, or the reason why it could not be made."""

    python: str = ""
    versions: Mapping[str, str] = {}
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Ground:
    """A folder to work in, the uv to work with, the limits in seconds and bytes, and the Pythons that are here."""

    folder: Path
    uv: str
    limit: float = 15 * MINUTE
    most_bytes: int = 20 * 2**30
    pythons: Mapping[str, str] = field(default_factory=dict)

    @property
    def cache(self) -> Path:
        """Give uv's cache, which lies beside the environments so that files are linked and not copied."""
        return self.folder / "cache"


def pythons(program: str) -> dict[str, str]:
    """Give the Pythons that uv finds on this computer, newest first: version → path."""
    words = [program, "python", "list", "--only-installed", "--no-python-downloads", "--output-format", "json"]
    done = processes.run(words, limit=MINUTE)
    try:
        listed = json.loads(done.out)
    except ValueError:
        return {}
    found = {row["version"]: row["path"] for row in listed if row.get("implementation") == "cpython"}
    final = [text for text in found if found[text] and (seen := cells.version(text)) and not seen.is_prerelease]
    return {text: found[text] for text in sorted(final, key=Version, reverse=True)}


def chosen(ground: Ground, wanted: str, usual: str) -> tuple[str, str] | None:
    """Give the Python (version, path) for a range: the usual minor release if it is in it, else the newest that is."""
    fitting = [(version, path) for version, path in ground.pythons.items() if cells.contains(_minor(wanted), version)]
    return next((one for one in fitting if cells.contains(usual, one[0])), fitting[0] if fitting else None)


def _minor(wanted: str) -> str:
    """Widen an exact patch release to its minor: any `3.9` will do for `3.9.18`."""
    exact = cells.version(wanted)
    return f"{exact.major}.{exact.minor}" if exact is not None else wanted


def make(ground: Ground, place: Path, python: str, pins: Mapping[str, str], absent: Sequence[str] = ()) -> Made:
    """Make an environment with exactly these versions, whatever their metadata says, and what else they need today.

    A version of `*` is the newest that there is.
    """
    place.mkdir(parents=True, exist_ok=True)
    exact = "".join(f"{name}\n" if version == "*" else f"{name}=={version}\n" for name, version in pins.items())
    (place / "wanted.txt").write_text(exact, encoding="utf-8")
    gone = "".join(f"{name} ; python_version < '0'\n" for name in absent)
    (place / "overrides.txt").write_text(exact + gone, encoding="utf-8")
    home = place / "env"
    found = str(home / "bin" / "python")
    steps = [["venv", "--quiet", "--no-project", "--python", python, str(home)]]
    if pins:
        files = ["-r", str(place / "wanted.txt"), "--override", str(place / "overrides.txt")]
        steps.append(["pip", "install", "--quiet", "--python", found, *files])
    for words in steps:
        done = _uv(ground, words)
        if done.status != 0:
            return Made(reason=_said(done))
    done = _uv(ground, ["pip", "list", "--python", found, "--format", "json"])
    if done.status != 0:
        return Made(reason=_said(done))
    return Made(found, {normalised(row["name"]): row["version"] for row in json.loads(done.out)})


def _uv(ground: Ground, words: Sequence[str]) -> processes.Done:
    clean = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "CONDA_PREFIX")}
    variables = {**clean, "UV_CACHE_DIR": str(ground.cache), "UV_PYTHON_DOWNLOADS": "never"}
    return processes.run([ground.uv, *words], limit=ground.limit, variables=variables)


def _said(done: processes.Done) -> str:
    return "uv took too long" if done.status is None else reasons.told(done.err) or f"uv ended with {done.status}"


def run(
    ground: Ground, place: Path, python: str, words: Sequence[str], env: Mapping[str, str | None]
) -> processes.Done:
    """Run a program in an environment, in a folder of its own, with these variables set (None: unset)."""
    bent = {"VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH", "PYTHONHOME", *env}
    variables = {name: value for name, value in os.environ.items() if name not in bent}
    variables |= {name: value for name, value in env.items() if value is not None}
    job = place / "job"
    job.mkdir(exist_ok=True)
    return processes.run([python, *words], limit=ground.limit, folder=job, variables=variables)


def over(ground: Ground, free_at_start: int) -> bool:
    """Say whether the trials take more disk than they may."""
    return free_at_start - shutil.disk_usage(ground.folder).free > ground.most_bytes


def empty_cache(ground: Ground) -> None:
    """Remove what uv keeps for the next environment; nothing may be running."""
    shutil.rmtree(ground.cache, ignore_errors=True)
