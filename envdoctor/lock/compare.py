"""Do a recipe, its lock and a target still agree? Each difference becomes a finding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from envdoctor import cells
from envdoctor.formats import pylock
from envdoctor.lock import pypi, seal
from envdoctor.lock.codes import CHANGED, EDITED, ELSEWHERE, EXTRA, MISSING, OTHER, STALE, TITLES
from envdoctor.markers import Markers
from envdoctor.model import Finding, Held, Place, State, Status

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from envdoctor.formats.pylock import Lock
    from envdoctor.model import Facts, Listed

_SEEDS = frozenset({"pip", "setuptools", "wheel"})  # an environment is made with them
SEALED = "installed"
MOST_NAMED = 8


_GONE, _CUT, _GROWN = "missing", "shorter than installed", "longer than installed"
_DAMAGE = {"file missing": _GONE, "idle file missing": _GONE, "file cut": _CUT, "idle file cut": _CUT}
_DAMAGE |= {"file grown": _GROWN, "idle file grown": _GROWN, "file altered": "altered"}


def with_recipe(lock: Lock, asked: Sequence[str]) -> Iterator[Finding | Held]:
    """Compare a lock with what its recipe asks for now, and with its own digest."""
    own = pypi.own(lock)
    before = sorted(map(str, own.get("asked", ()))) if isinstance(own.get("asked"), list) else []
    cause = stale(before, asked)
    yield _finding(STALE, lock, TITLES[STALE], cause=cause) if cause else Held(STALE, "the lock is for what is asked")
    if own.get("packages") == lock.digest:
        yield Held(EDITED, "the packages are as they were written")
    else:
        cause = "their digest is not the one that was written with them; make the lock again"
        yield _finding(EDITED, lock, TITLES[EDITED], cause=cause)


def stale(before: Sequence[object], asked: Sequence[str]) -> str:
    """Say what is asked for now and was not when a lock was made, and what no longer; nothing if it is the same."""
    was = set(map(str, before))
    new, gone = sorted({*asked} - was), sorted(was - {*asked})
    told = [f"now asked for: {', '.join(new)}"] if new else []
    return "; ".join([*told, *([f"no longer: {', '.join(gone)}"] if gone else [])])


def is_for(lock: Lock, facts: Facts) -> bool:
    """Say whether a lock is for the Python and the computer of a target, as far as these are known."""
    python = facts.get("python")
    if lock.python and python.state is State.KNOWN and not cells.contains(lock.python, python.value):
        return False
    markers = Markers(facts)
    holds = any(markers.may_hold(marker) for marker in lock.environments)
    return not lock.environments or holds or bool(markers.unseen)


def elsewhere(lock: Lock, facts: Facts) -> Finding:
    """Tell that a lock is for another Python or computer than the target's."""
    seen = tuple(facts.get(name) for name in ("python", "os", "arch"))
    python = f"Python {lock.python}" if lock.python else ""
    cause = f"it is for {', '.join(part for part in (python, ' or '.join(lock.environments)) if part)}"
    return _finding(ELSEWHERE, lock, TITLES[ELSEWHERE], cause=cause, evidence=seen)


def with_target(lock: Lock, facts: Facts) -> Iterator[Finding | Held]:
    """Compare a lock with what is installed in a target."""
    markers = Markers(facts)
    wanted = {entry.name: entry for entry in lock.entries if markers.may_hold(entry.marker)}
    yield from _missing(lock, wanted, facts)
    yield from _extra(lock, wanted, facts)
    for name, entry in wanted.items():
        fact = facts.get(name)
        if fact.state is not State.KNOWN or _is_there(entry, facts):
            continue
        title = f"{name} {fact.value} is installed, the lock has {entry.specifier[2:]}"
        yield _finding(OTHER, lock, title, culprit=(name,), evidence=(fact,), place=entry.place, kind="version-pair")
    yield from _changed(lock, wanted, facts)
    yield Held(OTHER, "packages are as the lock has them", sum(facts.get(name).state is State.KNOWN for name in wanted))


def same_version(one: str, other: str) -> bool:
    """Say whether two texts state the same version."""
    mine, theirs = cells.version(one), cells.version(other)
    return mine == theirs if mine and theirs else one == other


def _missing(lock: Lock, wanted: Mapping[str, Any], facts: Facts) -> Iterator[Finding]:
    absent = [facts.get(name) for name in wanted if facts.get(name).state is State.ABSENT]
    if absent:
        names = tuple(fact.name for fact in absent)
        title = f"{_counted(names, 'of the lock is', 'of the lock are')} not installed: {few(names)}"
        yield _finding(MISSING, lock, title, culprit=names, evidence=tuple(absent[:MOST_NAMED]), kind="missing-package")


def _extra(lock: Lock, wanted: Mapping[str, Any], facts: Facts) -> Iterator[Finding]:
    names = tuple(sorted(facts.by_name.keys() - wanted.keys() - _SEEDS))
    if names:
        title = f"{_counted(names, 'is', 'are')} not in the lock: {few(names)}"
        yield _finding(EXTRA, lock, title, culprit=names, evidence=tuple(map(facts.get, names[:MOST_NAMED])))


def _counted(names: Sequence[str], one: str, several: str) -> str:
    return f"1 package {one}" if len(names) == 1 else f"{len(names)} packages {several}"


def few(names: Sequence[str]) -> str:
    """Give names as text, not too many of them."""
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _changed(lock: Lock, wanted: Mapping[str, Listed], facts: Facts) -> Iterator[Finding | Held]:
    """Compare files with what was sealed, and with what was installed; of what is told already nothing is said."""
    same = [name for name, entry in wanted.items() if _is_there(entry, facts)]
    sealed = sealed_for(lock, facts)
    numbers = seal.numbers(facts.by_name[name] for name in same if name in sealed)
    others = tuple(name for name, number in numbers.items() if number != sealed[name])
    yield Held(CHANGED, "packages have the files that were sealed", len(numbers) - len(others))
    if others:
        title = f"the files of {few(others)} are others than when the lock was sealed"
        yield _finding(CHANGED, lock, title, culprit=others, evidence=tuple(map(facts.get, others)), kind="corrupt")
    for name, title in damaged(facts, same):
        seen = (facts.get(name),)
        yield _finding(CHANGED, lock, title, culprit=(name,), evidence=seen, kind="corrupt")


def damaged(facts: Facts, names: Collection[str]) -> Iterator[tuple[str, str]]:
    """Give those of some distributions whose files are not as they were installed, with what is wrong with them."""
    for trace in facts.traced(*_DAMAGE):
        if trace.name in names:
            yield (
                trace.name,
                f"{trace.name}: {trace.number} of its files {_DAMAGE[trace.what]}: {', '.join(trace.paths)}",
            )


def _is_there(entry: Listed, facts: Facts) -> bool:
    fact = facts.get(entry.name)
    return fact.state is State.KNOWN and same_version(entry.specifier[2:] or fact.value, fact.value)


def sealed_for(lock: Lock, facts: Facts) -> Mapping[str, str]:
    """Give the numbers that were sealed for the kind of computer that a target is on."""
    sealed = pypi.own(lock).get(SEALED)
    found = sealed.get(kind(facts)) if isinstance(sealed, dict) else None
    return {str(name): str(number) for name, number in found.items()} if isinstance(found, dict) else {}


def with_seal(lock: Lock, facts: Facts) -> dict[str, Any]:
    """Give a lock with the numbers of what is installed now."""
    document = dict(lock.document)
    own = dict(pypi.own(lock))
    names = {entry.name for entry in lock.entries}
    numbers = seal.numbers(dist for name, dist in facts.by_name.items() if name in names)
    before = own.get(SEALED)
    own[SEALED] = {**(before if isinstance(before, dict) else {}), kind(facts): numbers}
    document["tool"] = {**document["tool"], "envdoctor": own}
    return document


def keep_seal(document: dict[str, Any], before: Lock | None) -> None:
    """Give a lock the numbers that an earlier one has of packages which are the same in both."""
    sealed = pypi.own(before).get(SEALED) if before is not None else None
    if before is None or not isinstance(sealed, dict):
        return
    was = {_what(package) for package in before.document["packages"]}
    same = {package["name"] for package in document["packages"] if _what(package) in was}
    kept = {
        kind: {name: number for name, number in numbers.items() if name in same}
        for kind, numbers in sealed.items()
        if isinstance(numbers, dict)
    }
    document["tool"]["envdoctor"][SEALED] = {kind: numbers for kind, numbers in kept.items() if numbers}


def _what(package: Mapping[str, Any]) -> tuple[str, str]:
    return package["name"], pylock.digest([package])


def kind(facts: Facts) -> str:
    """Give what decides which wheel is installed: `3.11-linux-x86_64`."""
    python = ".".join(facts.get("python").value.split(".")[:2])
    return "-".join(part for part in (python, facts.get("os").value, facts.get("arch").value) if part)


def _finding(code: str, lock: Lock, title: str, **more: Any) -> Finding:
    return Finding(code, Status.ERROR, more.pop("kind", "other"), title, **{"place": Place(lock.file), **more})
