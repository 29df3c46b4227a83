"""Perform a trial: install, run, and say whether what the claim says came true."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from envdoctor import cells
from envdoctor.model import is_host
from envdoctor.model.verification import Outcome, Role
from envdoctor.solve import uv
from envdoctor.verify import ground as grounds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from envdoctor.model import Claim
    from envdoctor.processes import Done
    from envdoctor.verify.ground import Ground
    from envdoctor.verify.trials import Trial

    Judge = Callable[[Mapping[str, str]], Sequence[str]]

LOOKUP = Path(__file__).with_name("lookup.py")
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


class Knowledge(NamedTuple):
    """What a trial is judged with: the claims of its entry, the errors of a set, packages without wheels."""

    group: Sequence[Claim]
    errors: Judge
    wheelless: Mapping[str, Mapping[str, Mapping[str, Any]]]
    usual: str


def perform(trial: Trial, known: Knowledge, ground: Ground, place: Path) -> Outcome:
    """Give the outcome of a trial; its environment is removed afterwards."""
    if trial.why:
        return Outcome(trial.role, None, trial.why)
    found = grounds.chosen(ground, trial.python, known.usual)
    if found is None:
        return Outcome(trial.role, None, f"there is no Python {trial.python} here")
    try:
        if trial.role == Role.FIX:
            return _fixed(trial, known, ground, place, found)
        return _ran(trial, known, ground, place, found)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _fixed(trial: Trial, known: Knowledge, ground: Ground, place: Path, found: tuple[str, str]) -> Outcome:
    """Solve the fix as of today, judge what comes out, and run the claim's program in it if there is one."""
    wanted = [*trial.wanted, *(f"{name} ; python_version < '0'" for name in trial.absent)]
    question = uv.Question(wanted, trial.pins, found[0], wheelless=known.wheelless, builds=True)
    answer = uv.solve(question, limit=ground.limit)
    if answer.reason:
        held = False if answer.asked else None
        return Outcome(Role.FIX, held, f"does not resolve today: {answer.reason}", found[0])
    env = {f"env.{name}": "unset" if value is None else value for name, value in trial.env.items()}
    errors = known.errors({**answer.versions, **env, "python": found[0]})
    if errors:
        return Outcome(Role.FIX, False, f"the solved set would fail: {', '.join(errors)}", found[0], answer.versions)
    if not known.group[0].probe:
        return Outcome(Role.FIX, True, "", found[0], answer.versions)
    return _ran(trial._replace(pins=answer.versions), known, ground, place, found)


def _ran(trial: Trial, known: Knowledge, ground: Ground, place: Path, found: tuple[str, str]) -> Outcome:
    made = grounds.make(ground, place, found[1], trial.pins, trial.absent)
    if made.reason:
        return Outcome(trial.role, None, f"cannot be installed: {made.reason}", found[0])
    claim = known.group[0]
    words = ["-c", claim.probe] if claim.probe else ["-I", str(LOOKUP), *_names(known.group)]
    done = grounds.run(ground, place, made.python, words, trial.env)
    if done.status is None:
        return Outcome(trial.role, None, "it ran too long", found[0], made.versions)
    held, told = _as_said(trial.role, claim, done) if claim.probe else _looked_up(known.group, done, made, found[0])
    return Outcome(trial.role, held, told.replace(str(place), ""), found[0], made.versions, ran=True)


def _names(group: Sequence[Claim]) -> list[str]:
    return list(dict.fromkeys(claim.uses[0] for claim in group))


def _as_said(role: Role, claim: Claim, done: Done) -> tuple[bool, str]:
    """Say whether a program ended as it had to: well, or for a bad set with one of the claim's symptoms."""
    said = _COLOUR.sub("", f"{done.out}\n{done.err}").splitlines()
    last = next((line.strip() for line in reversed(said) if line.strip()), "it said nothing")[:300]
    if role != Role.BAD:
        return done.status == 0, "" if done.status == 0 else f"fails: {last}"
    if done.status == 0:
        return False, "it does not fail"
    met = next((line.strip() for line in said for pattern in claim.symptoms if re.search(pattern, line)), "")
    if claim.symptoms and not met:
        return False, f"fails in another way: {last}"
    return True, met[:300] or last


def _looked_up(group: Sequence[Claim], done: Done, made: grounds.Made, python: str) -> tuple[bool | None, str]:
    """Compare which names were found with what the entry says of the installed version."""
    try:
        seen: dict[str, bool | None] = json.loads(done.out.strip().splitlines()[-1])
    except (ValueError, IndexError):
        return None, f"the names could not be looked up: {done.err.strip()[-200:]}"
    wrong = []
    for name in _names(group):
        gone = any(_in_range(claim, made.versions, python) for claim in group if claim.uses[0] == name)
        if seen.get(name) is gone:
            wrong.append(f"{name} is {'there' if gone else 'missing'}")
    return not wrong, "; ".join(wrong)


def _in_range(claim: Claim, versions: Mapping[str, str], python: str) -> bool:
    if not claim.when:
        return False  # of what stands in for another: never missing
    (package, cell), *_ = claim.when.items()
    version = python if is_host(package) else versions.get(package, "")
    return bool(version) and cells.contains(cell, version)
