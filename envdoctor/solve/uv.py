"""Ask uv for a full set of versions, for a Python and platform that need not be this one, running no foreign code."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envdoctor import processes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LIMIT = 300.0
_LINE = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)[^#\n]*(?:# via (.*))?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Question:
    """What to solve: requirements, versions to keep where possible, and for which Python and platform.

    `wheelless` holds the metadata of packages that are published without a wheel: name → version → requires, python.
    `builds`: packages may be built to learn what they need, which runs their code. `until`: a day; what was published
    later is not there.
    """

    requirements: Sequence[str]
    preferences: Mapping[str, str]
    python: str
    platform: str = ""
    wheelless: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    builds: bool = False
    until: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A full set of versions, or the reason why there is none; `asked` is false if uv could not be asked.

    `roots` are the packages that nothing else in the set asks for.
    """

    versions: Mapping[str, str] = field(default_factory=dict)
    roots: frozenset[str] = frozenset()
    reason: str = ""
    asked: bool = True


def find() -> str | None:
    """Give the path of uv: the one beside this Python, or the one on PATH."""
    beside = Path(sys.executable).with_name("uv")
    return str(beside) if beside.exists() else shutil.which("uv")


def typed() -> str:
    """Give uv as a person can type it: its name if it is on PATH, else the path of the one beside us, or nothing."""
    return "uv" if shutil.which("uv") else find() or ""


def solve(question: Question, *, limit: float = LIMIT) -> Answer:
    """Give the versions that an installer would choose."""
    uv = find()
    if uv is None:
        return Answer(reason="uv is not installed (`pip install 'envdoctor[lock]'`)", asked=False)
    with tempfile.TemporaryDirectory(prefix="envdoctor-solve-") as folder:
        return _run([uv, *_arguments(question)], Path(folder), question, limit)


def _arguments(question: Question) -> list[str]:
    words = ["pip", "compile", "wanted.in", "--output-file", "solved.txt", "--quiet", "--no-header"]
    words += ["--annotation-style", "line"]
    words += ["--python", sys.executable, "--no-python-downloads", "--python-version", question.python]
    words += ["--exclude-newer", question.until] if question.until else []
    if not question.builds:
        words += ["--only-binary", ":all:"]
        words += [word for name in sorted(question.wheelless) for word in ("--no-binary", name)]
    return words + (["--python-platform", question.platform] if question.platform else [])


def _run(words: list[str], folder: Path, question: Question, limit: float) -> Answer:
    (folder / "wanted.in").write_text("\n".join(question.requirements) + "\n", encoding="utf-8")
    kept = "".join(f"{name}=={version}\n" for name, version in sorted(question.preferences.items()))
    (folder / "solved.txt").write_text(kept, encoding="utf-8")
    (folder / "uv.toml").write_text(_metadata(question.wheelless), encoding="utf-8")
    clean = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "CONDA_PREFIX")}
    done = processes.run(words, limit=limit, folder=folder, variables=clean)
    if done.status is None:
        return Answer(reason=f"uv gave no answer within {limit:g} s", asked=False)
    if done.status == 0:
        rows = list(_LINE.finditer((folder / "solved.txt").read_text(encoding="utf-8")))
        roots = frozenset(row[1].lower() for row in rows if row[3] == "-r wanted.in")
        return Answer({row[1].lower(): row[2] for row in rows}, roots)
    return Answer(reason=reason(done.err), asked="No solution found" in done.err)


def _metadata(wheelless: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    """Write the known metadata of packages without wheels as uv's `dependency-metadata`, so that nothing is built."""
    tables = []
    for name, versions in sorted(wheelless.items()):
        for version, row in versions.items():
            lines = [f"name = {json.dumps(name)}", f"version = {json.dumps(version)}"]
            lines.append(f"requires-dist = {json.dumps(list(row['requires']))}")
            lines += [f"requires-python = {json.dumps(row['python'])}"] if row.get("python") else []
            tables.append("[[dependency-metadata]]\n" + "\n".join(lines) + "\n")
    return "\n".join(tables)


def reason(said: str) -> str:
    """Give uv's explanation in a line: its hint where it names wheels, else its first sentence."""
    words = " ".join(re.sub(r"[│╰─▶×├╮╭]", " ", said).split())
    hint = re.search(r"hint: (You require .+?)(?: hint:|$)", words)
    if hint:
        return hint[1][:300]
    cause = re.search(r"Because (.+?)(?:, we can conclude| we can conclude|\. And|$)", words)
    return (cause[1] if cause else words.removeprefix("error: "))[:300]
