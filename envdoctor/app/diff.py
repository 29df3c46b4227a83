"""Compare two targets: what differs, and which differences the matrix says matter."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from envdoctor import facts, matrix
from envdoctor.app import judging, order
from envdoctor.facts.fingerprint import fingerprint
from envdoctor.model import OF_A_BUILD, Recipe, State, Status, is_of_computer
from envdoctor.model.differences import Comparison, Difference

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from envdoctor.facts import At
    from envdoctor.matrix import Matrix
    from envdoctor.model import Fact, Facts, Finding

_OF_PYTHON = frozenset({"python", "implementation", "os", "arch"})
_CHOOSING = ("env.CUDA_VISIBLE_DEVICES", "env.CUDA_DEVICE_ORDER")  # which GPUs a job has, and in which order
_PASSING = frozenset({"os.kernel"})  # it changes with every boot, and is no part of an environment


def compare(one: At, other: At, folders: Sequence[Path] = (), subject: str | None = None) -> Comparison:
    """Give what differs between two targets; raise CannotLook or UserError."""
    known = matrix.load(folders)
    wanted = judging.wanted(subject, known)
    first, second = (_seen(at, known, wanted) for at in (one, other))
    judged = [judging.verdict(wanted, seen, known).findings for seen in (first, second)]
    only_one, only_other = _alone(judged[0], judged[1]), _alone(judged[1], judged[0])
    codes = _codes((*only_one, *only_other))
    found = tuple(difference._replace(codes=codes.get(difference.name, ())) for difference in _all(first, second))
    matters = any(finding.status is Status.ERROR for finding in (*only_one, *only_other))
    prints = fingerprint(first), fingerprint(second)
    return Comparison(first.target, second.target, prints, found, only_one, only_other, int(matters))


def _seen(at: At, known: Matrix, wanted: Recipe) -> Facts:
    look = facts.Look(at)
    try:
        return judging.looked(look, wanted, known)
    finally:
        look.close()


def _alone(mine: Sequence[Finding], others: Sequence[Finding]) -> tuple[Finding, ...]:
    """Give the errors and warnings of one side that the other has not."""
    there = {(finding.code, finding.culprit, finding.status) for finding in others}
    told = [f for f in mine if f.status in (Status.ERROR, Status.WARNING)]
    return tuple(order.sorted_findings(f for f in told if (f.code, f.culprit, f.status) not in there))


def _codes(findings: Sequence[Finding]) -> dict[str, tuple[str, ...]]:
    """Give by component the codes of the findings that speak of it."""
    codes: dict[str, tuple[str, ...]] = {}
    for finding in findings:
        named = (*finding.culprit, *finding.packages)
        origins = [origin for one in named for origin in _origins(one)]
        for name in dict.fromkeys((*named, *origins)):
            codes[name] = tuple(dict.fromkeys((*codes.get(name, ()), finding.code)))
    return codes


def _origins(component: str) -> tuple[str, ...]:
    """Give what a component that is worked out of others follows from."""
    first, _, last = component.rpartition(".")
    if component.startswith("gpu."):
        return _CHOOSING
    if component == "nvidia.libcuda":
        return ("driver",)
    return (first,) if last in OF_A_BUILD else ()


def _all(one: Facts, other: Facts) -> Iterator[Difference]:
    for name in sorted({*one.by_name, *other.by_name}):
        yield from _between("packages", _built(one, name), _built(other, name))
    for name in sorted({*one.facts, *other.facts} - _PASSING):
        yield from _between(_group(name), one.get(name), other.get(name))
    yield from _files(one, other)


def _built(facts: Facts, name: str) -> Fact:
    """Give the version of a distribution, with the build that its version does not state."""
    fact, dist = facts.get(name), facts.by_name.get(name)
    if dist is None or not dist.build or dist.build in dist.version:
        return fact
    return dataclasses.replace(fact, value=f"{fact.value} ({dist.build})")


def _group(name: str) -> str:
    if name.startswith("env."):
        return "variables"
    return "host" if is_of_computer(name) else "python" if name in _OF_PYTHON else "host"


def _between(group: str, one: Fact, other: Fact) -> Iterator[Difference]:
    """Give the difference of a component, if there is one; what was not seen on one side is none."""
    if State.UNSEEN in (one.state, other.state):
        return
    if (one.state, one.value, one.all) != (other.state, other.value, other.all):
        yield Difference(group, one.name, _told(one), _told(other))


def _told(fact: Fact) -> str:
    if fact.state is State.ABSENT:
        return "not set" if fact.name.startswith("env.") else "absent"
    return ", ".join(fact.all) or fact.value or "empty"


def _files(one: Facts, other: Facts) -> Iterator[Difference]:
    """Give what is wrong with the files of one side alone, where both were looked at."""
    if not (one.looked and other.looked):
        return
    mine, theirs = ({(trace.name, trace.what): trace for trace in side.traces} for side in (one, other))
    for name, what in sorted(mine.keys() ^ theirs.keys()):
        words = ("as usual", what) if (name, what) in theirs else (what, "as usual")
        yield Difference("files", name, *words)
