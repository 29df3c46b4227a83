"""Ask conda's channels what a computer would get, and an index what pip adds to it.

rattler solves the conda part in a process of its own. uv solves the pip part against the Python and the packages that
came of it: what conda has brought stays as it is, and is not named twice.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envdoctor import processes
from envdoctor.errors import CannotLook
from envdoctor.lock import ask, conda_channels, virtual
from envdoctor.solve import uv

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from envdoctor.lock.spots import Spot
    from envdoctor.lock.wanted import Wanted

_WORKER = Path(__file__).with_name("conda_worker.py")
_GRACE = 30.0  # seconds beyond the solver's own limit
_TREE = re.compile(r"[│├└─ ]+")
_ENDS = ("No candidates were found", "no candidates were found", "would constrain", "conflicts with")
_BOUND = re.compile(r"the constraint (\S+) (.+?) cannot be fulfilled")
_VIRTUAL = re.compile(r"__(cuda|glibc|osx)\b")
_SAID_BY = {"cuda": "driver", "glibc": "glibc", "osx": "os.version"}
_PYTHON = {"python", "python_abi"}


@dataclass(frozen=True, slots=True)
class Environment:
    """What is asked of conda and of pip, where, and what PyPI calls conda's packages; `kept` are earlier records."""

    channels: Sequence[str]
    specs: Sequence[str]
    pip: Sequence[str]
    names: Mapping[str, str]
    kept: Sequence[Mapping[str, Any]] = ()


class Channels:
    """What channels and an index have for a computer."""

    def __init__(self, wanted: Wanted, spot: Spot, environment: Environment, learnt: ask.Learnt) -> None:
        self._wanted, self._spot, self._environment, self._learnt = wanted, spot, environment, learnt

    def __call__(self, pins: Mapping[str, str], asked: frozenset[str]) -> uv.Answer:
        """Give the set under pins: they bound what conda has, and what pip adds."""
        answer = _asked(self._question(pins), self._wanted.limit)
        if answer.get("error") == "unsolvable":
            return uv.Answer(reason=reason(answer["said"]))
        if "records" not in answer:
            raise _failure(answer)
        if answer.get("cached"):
            self._wanted.tell("a channel cannot be reached; solved from the copy that was fetched before")
        records = answer["records"]
        versions = self._distributions(records)
        python = next((record["version"] for record in records if record["name"] == "python"), "")
        if not self._environment.pip and not asked:
            return uv.Answer({**versions, **({"python": python} if python else {})}, text=json.dumps([records, ""]))
        return self._with_pip(records, versions, python, pins, asked)

    def _question(self, pins: Mapping[str, str]) -> dict[str, Any]:
        environment = self._environment
        return {
            "channels": conda_channels.expanded(environment.channels),
            "specs": list(environment.specs),
            "platform": self._spot.conda,
            "virtual": virtual.of(self._spot),
            "constraints": [
                f"{one} {cell}" for name, cell in pins.items() if cell != "*" for one in self._known_as(name)
            ],
            "kept": [record for record in environment.kept if record["name"] not in self._wanted.anew],
            "before": self._wanted.before,
            "timeout": self._wanted.limit,
            "cache": str(_cache()),
        }

    def _known_as(self, name: str) -> list[str]:
        """Give what conda calls a distribution: several packages may bring it."""
        others = [conda for conda, pypi in self._environment.names.items() if pypi == name]
        return list(dict.fromkeys([name, *others]))

    def _distributions(self, records: Sequence[Mapping[str, Any]]) -> dict[str, str]:
        """Give the Python distributions among conda's packages, by the names that PyPI knows."""
        names = self._environment.names
        return {
            names.get(record["name"], record["name"]): record["version"]
            for record in records
            if record["name"] in names or _PYTHON & {need.partition(" ")[0] for need in record["needs"]}
        }

    def _with_pip(
        self,
        records: Sequence[Mapping[str, Any]],
        versions: Mapping[str, str],
        python: str,
        pins: Mapping[str, str],
        asked: frozenset[str],
    ) -> uv.Answer:
        if not python:
            return uv.Answer(reason="pip has packages to install, and conda is not asked for a Python")
        given = [f"{name}=={version}" for name, version in versions.items()]
        wanted = dataclasses.replace(
            self._wanted, requirements=list(self._environment.pip), bounds=[*self._wanted.bounds, *given]
        )
        spot = dataclasses.replace(self._spot, python=".".join(python.split(".")[:2]))
        own = {name: cell for name, cell in pins.items() if name not in versions}
        answer = ask.Index(wanted, spot, self._learnt, outside=tuple(versions))(own, asked - versions.keys())
        if answer.reason:
            held = [f"{name} {version}" for name, version in versions.items() if name in answer.reason]
            told = f"conda gives {', '.join(held)}, but " if held else ""
            return uv.Answer(reason=f"the pip part: {told}{answer.reason}")
        every = {**versions, **answer.versions, "python": python}
        return uv.Answer(every, text=json.dumps([records, answer.text]), said=answer.said)


def _asked(question: Mapping[str, Any], limit: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="envdoctor-conda-") as folder:
        path = Path(folder) / "question.json"
        path.write_text(json.dumps(question), encoding="utf-8")
        done = processes.run([sys.executable, "-I", str(_WORKER), str(path)], limit=limit + _GRACE)
    if "No module named 'rattler'" in done.err:
        raise CannotLook("conda's channels cannot be asked without py-rattler", hint="pip install 'envdoctor[lock]'")
    try:
        answer = json.loads(done.out)
    except ValueError:
        answer = {"error": "failed", "said": done.err.strip().rpartition("\n")[2] or "it gave no answer in time"}
    return answer if isinstance(answer, dict) else {}


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME", "")
    return Path(base if base.startswith("/") else os.path.expanduser("~/.cache")) / "envdoctor" / "conda"


def _failure(answer: Mapping[str, Any]) -> CannotLook:
    said = " ".join(str(answer.get("said", "it says nothing")).split())[:300]
    shown = re.sub(r"://[^/@\s]*@", "://…@", re.sub(r"/t/[^/\s]+/", "/t/…/", said))
    hint = "credentials are found as conda's are: in RATTLER_AUTH_FILE, or in the channel's URL" if "40" in said else ""
    return CannotLook(f"the channels cannot be asked: {shown}", hint=hint or "nothing was written")


def reason(said: str) -> str:
    """Give the solver's tree of reasons as one chain: from what is asked for to what cannot be had."""
    lines = [_TREE.sub(" ", line).strip() for line in said.splitlines()]
    if bound := _BOUND.search(said):
        option = re.compile(rf"{re.escape(bound[1])} ([\w.]+)")
        had = [found[1] for line in lines if (found := option.fullmatch(line))]
        return f"no {bound[1]} {bound[2]} can be had" + (f" (the channels offer {', '.join(had[:4])})" if had else "")
    depths = [len(line) - len(line.lstrip("│├└─ ")) for line in said.splitlines()]
    ends = [number for number, line in enumerate(lines) if any(word in line for word in _ENDS)]
    if not ends:
        return " ".join(lines)[:300]
    chain = [next((number for number in ends if lines[number].startswith("__")), ends[0])]
    for number in range(chain[0] - 1, -1, -1):
        if depths[number] < depths[chain[0]]:
            chain.insert(0, number)
    return "; ".join(one for one in map(_plain, [lines[number] for number in chain]) if one)[:400]


def _plain(line: str) -> str:
    """Give one step of the chain in words."""
    for tail in (
        ", which cannot be installed",
        " cannot be installed",
        ", for which no candidates",
        ", which conflicts",
    ):
        line = line.partition(tail)[0]
    line = (
        line.removeprefix("Cannot solve the request because of: ").removesuffix(" *").replace("would require", "needs")
    )
    missing = _VIRTUAL.match(line)
    return f"{line}, which this computer has not (`{_SAID_BY[missing[1]]}` says what it has)" if missing else line
