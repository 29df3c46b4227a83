"""Put the locks of several computers into one, where the standard can tell them apart.

A marker knows the system and the processor, not the driver and not the C library: computers that a marker cannot tell
apart share a lock only if theirs are the same.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from envdoctor.lock import urls

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from envdoctor.lock.settle import Settled

Package = dict[str, Any]


def groups(settled: Sequence[Settled]) -> list[list[Settled]]:
    """Give the computers that share a file: all of them, or each its own."""
    seen: dict[tuple[str, str], str] = {}
    pythons = {one.spot.python for one in settled}
    for one in settled:
        key = one.spot.marker, one.spot.python
        if seen.setdefault(key, one.text) != one.text:
            return [[each] for each in settled]
    return [list(settled)] if len(pythons) == 1 else [[each] for each in settled]


def packages(settled: Sequence[Settled]) -> list[Package]:
    """Give the packages of all, each with the marker of those that have it."""
    every = list(dict.fromkeys(one.spot.marker for one in settled))
    found: dict[tuple[str, str, str], Package] = {}
    markers: dict[tuple[str, str, str], list[str]] = {}
    for one in {one.spot.marker: one for one in settled}.values():
        for package in map(_plain, tomllib.loads(one.text)["packages"]):
            key = package["name"], str(package.get("version", "")), package.get("marker", "")
            found[key] = _joined(found[key], package) if key in found else package
            markers.setdefault(key, []).append(one.spot.marker)
    return [_marked(found[key], markers[key], every) for key in sorted(found)]


def _plain(package: Package) -> Package:
    """Give a package whose files are named without secrets."""
    for file in (*package.get("wheels", ()), package.get("sdist", {})):
        if "url" in file:
            file["url"] = urls.plain(file["url"])
    return package


def _joined(one: Package, other: Package) -> Package:
    """Give a package with the files of both."""
    wheels = {
        wheel.get("url", wheel.get("path")): wheel for wheel in [*one.get("wheels", ()), *other.get("wheels", ())]
    }
    together = {**one, **other}
    return together | ({"wheels": [wheels[key] for key in sorted(wheels)]} if wheels else {})


def _marked(package: Package, markers: Sequence[str], every: Sequence[str]) -> Package:
    """Give a package with its marker in the place where it is read best: behind the version."""
    own = package.get("marker", "")
    where = "" if len(markers) == len(every) else " or ".join(f"({m})" if len(markers) > 1 else m for m in markers)
    marker = f"({own}) and ({where})" if own and where else own or where
    marked: Package = {key: package[key] for key in ("name", "version") if key in package}
    marked |= {"marker": marker} if marker else {}
    return marked | {key: value for key, value in package.items() if key not in ("name", "version", "marker")}


def part(document: Mapping[str, Any], holds: Sequence[bool]) -> Package:
    """Give a lock with those packages alone that hold for a computer, as uv keeps their versions."""
    chosen = [package for package, held in zip(document["packages"], holds, strict=True) if held]
    return {"lock-version": "1.0", "created-by": "envdoctor", "packages": chosen}
