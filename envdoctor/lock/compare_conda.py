"""Do an environment of conda, its lock and what was asked for still agree? Each difference becomes a finding."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from envdoctor.formats import pylock
from envdoctor.lock import conda_file
from envdoctor.lock.codes import BUILD, CHANGED, EDITED, ELSEWHERE, EXTRA, MISSING, OTHER, STALE, TITLES
from envdoctor.lock.compare import damaged, few, same_version, stale
from envdoctor.lock.spots import platform_of
from envdoctor.model import Fact, Finding, Held, Place, State, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from envdoctor.formats.condalock import CondaLock, Package
    from envdoctor.model import Facts


def with_inputs(lock: CondaLock, asked: Sequence[str]) -> Iterator[Finding | Held]:
    """Compare a lock with what is asked for now, and with its own digest."""
    own = conda_file.own(lock)
    before = own.get("asked")
    cause = stale(before if isinstance(before, list) else [], asked)
    yield _finding(STALE, lock, TITLES[STALE], cause=cause) if cause else Held(STALE, "the lock is for what is asked")
    if own.get("packages") == pylock.digest([_entry(package) for package in lock.packages]):
        yield Held(EDITED, "the packages are as they were written")
    else:
        cause = "their digest is not the one that was written with them; make the lock again"
        yield _finding(EDITED, lock, TITLES[EDITED], cause=cause)


def _entry(package: Package) -> dict[str, Any]:
    """Give a package as `conda_file` writes it."""
    keys = ("name", "version", "manager", "platform")
    said: dict[str, Any] = {key: getattr(package, key) for key in keys}
    said |= {"dependencies": dict(package.needs), "url": package.url, "hash": dict(package.hashes)}
    return {**said, "category": package.category, "optional": False}


def with_target(lock: CondaLock, facts: Facts, prefix: str) -> Iterator[Finding | Held]:
    """Compare a lock with what conda and pip have installed in a prefix."""
    platform = platform_of(facts)
    if platform not in lock.platforms:
        told = f"it is for {', '.join(lock.platforms)}, the target is {platform}"
        yield _finding(ELSEWHERE, lock, TITLES[ELSEWHERE], cause=told)
        return
    there = installed(prefix)
    wanted = {package.name: package for package in lock.of(platform) if package.manager == "conda"}
    added = [package for package in lock.of(platform) if package.manager == "pip"]
    absent = [
        *(n for n in wanted if n not in there),
        *(p.name for p in added if facts.get(p.name).state is State.ABSENT),
    ]
    if absent:
        title = f"of the lock not installed: {few(absent)}"
        yield _finding(MISSING, lock, title, culprit=tuple(absent), kind="missing-package")
    extra = sorted(there.keys() - wanted.keys())
    if extra:
        yield _finding(EXTRA, lock, f"not in the lock: {few(extra)}", culprit=tuple(extra))
    yield from _others(lock, wanted, there)
    for package in added:
        fact = facts.get(package.name)
        if fact.state is State.KNOWN and not same_version(package.version, fact.value):
            title = f"{package.name} {fact.value} is installed, the lock has {package.version}"
            yield _finding(OTHER, lock, title, culprit=(package.name,), evidence=(fact,), place=package.place)
    for name, title in damaged(facts, facts.by_name):
        yield _finding(CHANGED, lock, title, culprit=(name,), evidence=(facts.get(name),), kind="corrupt")
    yield Held(OTHER, "packages are as the lock has them", len(wanted.keys() & there.keys()))


def _others(lock: CondaLock, wanted: Mapping[str, Package], there: Mapping[str, tuple[str, str]]) -> Iterator[Finding]:
    for name in sorted(wanted.keys() & there.keys()):
        package, (version, build) = wanted[name], there[name]
        more = {"culprit": (name,), "evidence": (Fact(name, version, "conda-meta"),), "place": package.place}
        if version != package.version:
            yield _finding(OTHER, lock, f"{name} {version} is installed, the lock has {package.version}", **more)
        elif build != package.build:
            title = f"{name} {version} is the build {build}, the lock has {package.build}"
            yield _finding(BUILD, lock, title, **more)


def installed(prefix: str) -> dict[str, tuple[str, str]]:
    """Give version and build of what conda has installed in a prefix, from the names of its records."""
    found = {}
    try:
        names = os.listdir(os.path.join(os.path.expanduser(prefix), "conda-meta"))
    except OSError:
        return {}
    for file in names:
        name, *rest = file.removesuffix(".json").rsplit("-", 2)
        if file.endswith(".json") and len(rest) == 2:
            found[name] = rest[0], rest[1]
    return found


def _finding(code: str, lock: CondaLock, title: str, **more: Any) -> Finding:
    kind = more.pop("kind", "version-pair" if code in (OTHER, BUILD) else "other")
    return Finding(code, Status.ERROR, kind, title, **{"place": Place(lock.file), **more})
