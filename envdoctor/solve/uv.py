"""Ask uv for a full set of versions, for a Python and platform that need not be this one, running no foreign code."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import sys
import tempfile
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envdoctor import processes
from envdoctor.solve import reasons

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LIMIT = 300.0
SOLVED, LOCKED = "solved.txt", "pylock.toml"
_BENDING = frozenset(
    "MACOSX_DEPLOYMENT_TARGET UV_TORCH_BACKEND UV_EXCLUDE_NEWER UV_CONSTRAINT UV_OVERRIDE UV_PRERELEASE UV_RESOLUTION "
    "UV_FORK_STRATEGY UV_PYTHON UV_NO_BINARY UV_ONLY_BINARY UV_NO_BUILD".split()
)
_OF_VARIANT = ("torch", "torchvision", "torchaudio", "triton", "pytorch-triton")
_PAGE = re.compile(r"^TRACE Fetching metadata for `([^`]*)` from `([^`]*)`", re.MULTILINE)
_YANKED = re.compile(r'^warning: `([^`=]*)==([^`]*)` is yanked(?: \(reason: "(.*)"\))?$', re.MULTILINE)
_LACKING = re.compile(r"^WARN `([^`=]*)==([^`]*)` needs to be downloaded from a registry", re.MULTILINE)
_TOLD = "warn,uv_client::registry_client=trace"  # what uv complains of, and which pages it reads
_KNOWN_AS: dict[str, str] = {}  # a platform, and the older one that uv knows in its place
_SILENT = '[[dependency-metadata]]\nname = "{}"\nrequires-dist = []\n'
_LINE = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)[^#\n]*(?:# via (.*))?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Question:
    """What to solve: requirements, versions to keep where possible, and for which Python and platform.

    `wheelless` holds the metadata of packages that are published without a wheel: name → version → requires, python.
    `builds`: packages may be built to learn what they need, which runs their code. `files`: the answer is to name them.
    `before`: what was published later does not exist; an instant, or a day, which counts to its end.
    """

    requirements: Sequence[str]
    preferences: Mapping[str, str]
    python: str
    platform: str = ""
    wheelless: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    builds: bool = False
    files: Files | None = None
    before: str = ""


@dataclass(frozen=True, slots=True)
class Files:
    """What decides over the files of a lock (pylock.toml), beside the versions.

    `kept`: an earlier lock, whose versions stay where they can, but for `anew`. `torch`: the variant of PyTorch, empty
    for that of the index. `outside`: packages that are installed by others, `unknown` those of them that no index has.
    `macos`: the oldest release that wheels may ask for. `silent`: packages of which it does not matter what they need.
    `cached`: nothing is asked of an index; `Answer.short` and `Answer.lacks` say what was too little.
    """

    constraints: Sequence[str] = ()
    kept: str = ""
    anew: Sequence[str] = ()
    indexes: Sequence[str] = ()
    torch: str = ""
    outside: Sequence[str] = ()
    unknown: Sequence[str] = ()
    built: Sequence[str] = ()
    macos: str = ""
    silent: Sequence[str] = ()
    cached: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A full set of versions, or the reason why there is none; `asked` is false if uv could not be asked.

    `roots` are the packages that nothing else in the set asks for. `text` is the lock, where one was asked for, and
    `said` all that uv had to say on the way to it.
    """

    versions: Mapping[str, str] = field(default_factory=dict)
    roots: frozenset[str] = frozenset()
    reason: str = ""
    asked: bool = True
    text: str = ""
    said: str = ""

    @property
    def short(self) -> bool:
        """Say whether a page was not in the cache."""
        return "network was disabled" in self.said

    @property
    def lacks(self) -> dict[str, str]:
        """Give the newest release of each package that was passed over because what it needs was not in the cache."""
        return dict(reversed(_LACKING.findall(self.said)))

    @property
    def yanked(self) -> tuple[str, ...]:
        """Give the releases that were withdrawn and are taken all the same, for they are pinned or kept."""
        return tuple(
            f"{name} {version}" + (f" ({why})" if why else "") for name, version, why in _YANKED.findall(self.said)
        )

    @property
    def pages(self) -> frozenset[tuple[str, str]]:
        """Give the pages of an index that were read for a lock: package and URL, as far as uv tells."""
        return frozenset(_PAGE.findall(self.said))


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
    question = dataclasses.replace(question, platform=_KNOWN_AS.get(question.platform, question.platform))
    with tempfile.TemporaryDirectory(prefix="envdoctor-solve-") as folder:
        answer = _run([uv, *_arguments(question)], Path(folder), question, limit)
    known = None if answer.asked else reasons.older(question.platform, answer.said)
    if known is None:
        return answer
    if not known:
        return Answer(reason=f"uv solves for no computer as old as {question.platform}")
    _KNOWN_AS[question.platform] = known
    return solve(question, limit=limit)


def _arguments(question: Question) -> list[str]:
    words = ["pip", "compile", "wanted.in", "--no-header"]
    words += ["--python", sys.executable, "--no-python-downloads", "--python-version", question.python]
    words += ["--exclude-newer", question.before] if question.before else []
    if not question.builds:
        words += ["--only-binary", ":all:"]
        words += [word for name in sorted(question.wheelless) for word in ("--no-binary", name)]
    words += ["--python-platform", question.platform] if question.platform else []
    if question.files is None:
        return [*words, "--quiet", "--output-file", SOLVED, "--annotation-style", "line"]
    return [*words, "--output-file", LOCKED, "--format", "pylock.toml", *_of_files(question.files)]


def _of_files(wanted: Files) -> list[str]:
    words = ["--constraints", "bounds.in"] if wanted.constraints else []
    words += ["--excludes", "unknown.in"] if wanted.unknown else []
    words += _of_torch(wanted.torch) if wanted.torch else []
    words += ["--offline"] if wanted.cached else []
    named = (("--index", wanted.indexes), ("--upgrade-package", wanted.anew), ("--no-emit-package", wanted.outside))
    words += [word for option, values in named for value in values for word in (option, value)]
    return words + [word for name in wanted.built for word in ("--no-binary", name)]


def _of_torch(variant: str) -> list[str]:
    """Give the words for a variant of PyTorch; its index does not say when a file was released."""
    dateless = [word for name in _OF_VARIANT for word in ("--exclude-newer-package", f"{name}=false")]
    return ["--torch-backend", variant, *dateless]


def _run(words: list[str], folder: Path, question: Question, limit: float) -> Answer:
    _prepare(folder, question)
    done = processes.run(words, limit=limit, folder=folder, variables=_variables(question.files))
    if done.status is None:
        return Answer(reason=f"uv gave no answer within {limit:g} s", asked=False)
    if done.status != 0:
        return Answer(reason=reasons.told(done.err), asked="No solution found" in done.err, said=done.err)
    if question.files is not None:
        text = (folder / LOCKED).read_text(encoding="utf-8")
        return Answer(_locked(text), text=text, said=done.err)
    rows = list(_LINE.finditer((folder / SOLVED).read_text(encoding="utf-8")))
    roots = frozenset(row[1].lower() for row in rows if row[3] == "-r wanted.in")
    return Answer({row[1].lower(): row[2] for row in rows}, roots)


def _variables(wanted: Files | None) -> dict[str, str]:
    """Give the variables for uv; over a lock those that say how to reach an index decide, and no others."""
    clean = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "CONDA_PREFIX")}
    if wanted is None:
        return clean
    clean = {name: value for name, value in clean.items() if name not in _BENDING}
    clean |= {"RUST_LOG": _TOLD, "NO_COLOR": "1"}
    return clean | ({"MACOSX_DEPLOYMENT_TARGET": wanted.macos} if wanted.macos else {})


def _prepare(folder: Path, question: Question) -> None:
    """Write what uv reads: the requirements, the bounds, what to keep where it can, and the metadata that it needs."""
    kept = "".join(f"{name}=={version}\n" for name, version in sorted(question.preferences.items()))
    texts = {"wanted.in": "\n".join(question.requirements) + "\n", "uv.toml": metadata(question.wheelless)}
    if question.files is None:
        texts[SOLVED] = kept
    else:
        texts["bounds.in"] = "\n".join(question.files.constraints) + "\n"
        texts["unknown.in"] = "\n".join(question.files.unknown) + "\n"
        texts["uv.toml"] += "".join(map(_SILENT.format, question.files.silent))
        texts |= {LOCKED: question.files.kept} if question.files.kept else {}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def _locked(text: str) -> dict[str, str]:
    return {package["name"]: package["version"] for package in tomllib.loads(text)["packages"] if "version" in package}


def metadata(wheelless: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    """Write the known metadata of packages without wheels as uv's `dependency-metadata`, so that nothing is built."""
    tables = []
    for name, versions in sorted(wheelless.items()):
        for version, row in versions.items():
            lines = [f"name = {json.dumps(name)}", f"version = {json.dumps(version)}"]
            lines.append(f"requires-dist = {json.dumps(list(row['requires']))}")
            lines += [f"requires-python = {json.dumps(row['python'])}"] if row.get("python") else []
            tables.append("[[dependency-metadata]]\n" + "\n".join(lines) + "\n")
    return "\n".join(tables)
