"""Try what the matrix only lists: builds that stand in for a package, and what follows from a system's name.

A stand-in, as it is today, has to bring the modules of the package that it replaces. What follows from the name of a
distribution is compared with what this computer shows of itself.
"""

from __future__ import annotations

import datetime
import platform
import sys
from typing import TYPE_CHECKING

from envdoctor.facts import host
from envdoctor.facts.inside import Files
from envdoctor.matrix import entries, implied
from envdoctor.model import Claim, State, Status
from envdoctor.model.verification import Outcome, Role, Verification

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from envdoctor.matrix.entries import Entry

STANDS_IN, IMPLIED = "STANDS-IN", "IMPLIED"


def stand_ins(paths: Sequence[Path], modules: Mapping[str, Sequence[str]]) -> Iterator[list[Claim]]:
    """Give a group of claims a stand-in: one for each module of the package that it replaces."""
    for entry in _entries(paths, "stands-in"):
        for replaced, names in entry.holds.items():
            brought = [module for module, names_ in modules.items() if replaced in names_]
            for name in names if brought else ():
                yield [_there(name, module, replaced, entry) for module in brought]


def _entries(paths: Sequence[Path], kind: str) -> Iterator[Entry]:
    for path in paths:
        source = path.read_text(encoding="utf-8")
        if f"- {kind}:" in source:
            yield from (entry for entry in entries.read(source, str(path)) if entry.kind == kind)


def _there(name: str, module: str, replaced: str, entry: Entry) -> Claim:
    """Say that a module is there in every release of a distribution; the newest one is tried."""
    return Claim(
        code=f"{STANDS_IN} {name}",
        title=f"{name} brings the modules of {replaced}",
        severity=Status.WARNING,
        rows=(),
        cause="",
        source="",
        checked=entry.checked,
        evidence="",
        uses=(module,),
        package=name,
        good=({name: "*"},),
        place=entry.places[name],
    )


def of_this_computer(paths: Sequence[Path]) -> Iterator[Verification]:
    """Compare what follows from the name of this system with what it shows."""
    seen = {fact.name: fact for fact in (*host.release(Files()), *host.of_machine({})) if fact.state is State.KNOWN}
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    for entry in _entries(paths, "implied"):
        for component, found in entry.holds.items():
            told = implied.of_name(seen[found["by"]].value, found["names"]) if found["by"] in seen else None
            if told and component in seen:
                shows = f"{seen[found['by']].value} has {component} {seen[component].value}"
                outcome = Outcome(Role.GOOD, told[0] == seen[component].value, shows, ran=True)
                code = f"{IMPLIED} {component}"
                yield Verification(code, today, f"{sys.platform} {platform.machine()}", [outcome])
