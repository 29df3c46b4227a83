"""Read what is installed from disk: names and versions from folder names, headers only where they are asked for."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.errors import CannotLook
from envdoctor.facts.paths import shown
from envdoctor.formats import metadata
from envdoctor.model import Distribution, Requirement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FIRST_READ = 16_384
MOST_HEADER = 1_000_000
_ENDS = (".dist-info", ".egg-info")


class Found(NamedTuple):
    """The distributions of some folders, in search order, and what interrupted installations left behind."""

    distributions: tuple[Distribution, ...]
    leftovers: tuple[str, ...]


def scan(folders: Iterable[str], *, headers: bool = True, installers: bool = False) -> Found:
    """Give what is installed in folders; raise CannotLook for a folder that is there and cannot be read."""
    distributions: list[Distribution] = []
    leftovers: list[str] = []
    seen: set[str] = set()
    for folder in folders:
        real = os.path.realpath(folder)
        if real in seen:
            continue
        seen.add(real)
        names = _names(folder)
        location = shown(folder)
        leftovers += [f"{location}/{name}" for name in names if name.startswith("~")]
        for name in names:
            if name.endswith(_ENDS) and not name.startswith("~"):
                found = _one(folder, location, name, headers)
                distributions.append(_with_installer(found, folder, name) if installers else found)
    return Found(tuple(distributions), tuple(leftovers))


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            return []
        raise CannotLook(f"cannot be read: {error.strerror}", place=shown(folder)) from None


def _one(folder: str, location: str, entry: str, headers: bool) -> Distribution:
    named = metadata.folder_name(entry)
    name, version = named if named is not None else (entry.rpartition(".")[0], "")
    place = f"{location}/{entry}"
    if version and not headers:
        return Distribution(metadata.canonical(name), version, location, folder=place, build=_build(version))
    try:
        block, egg_requires = _block(f"{folder}/{entry}")
    except OSError as error:
        fault = f"its metadata cannot be read: {error.strerror}"
        return Distribution(metadata.canonical(name), version, location, folder=place, fault=fault)
    read = metadata.parse(block)
    lines = read.requires or egg_requires
    version = read.version or version
    return Distribution(
        name=metadata.canonical(read.name or name),
        version=version,
        location=location,
        build=_build(version),
        folder=place,
        headers=True,
        requires=tuple(_requirements(lines)),
        requires_python=read.requires_python,
    )


def _block(path: str) -> tuple[bytes, tuple[str, ...]]:
    """Give the header bytes, and the requirements that an .egg-info keeps in a file of its own."""
    if path.endswith(".dist-info"):
        return _header(f"{path}/METADATA"), ()
    if not os.path.isdir(path):
        return _header(path), ()
    block = _header(f"{path}/PKG-INFO")
    try:
        text = _header(f"{path}/requires.txt", whole=True).decode("utf-8", "replace")
    except OSError:
        return block, ()
    return block, metadata.parse_requires_txt(text)


def _header(path: str, *, whole: bool = False) -> bytes:
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        block = os.read(handle, FIRST_READ)
        while len(block) < MOST_HEADER and (whole or (b"\n\n" not in block and b"\r\n\r\n" not in block)):
            more = os.read(handle, 262_144)
            if not more:
                break
            block += more
        return block
    finally:
        os.close(handle)


def _requirements(lines: Iterable[str]) -> Iterator[Requirement]:
    for line in lines:
        try:
            name, extras, specifier, marker, _url = metadata.split_requirement(line)
        except ValueError:
            continue  # no installer can read it either
        yield Requirement(name, extras, specifier, marker)


def _build(version: str) -> str:
    return version.partition("+")[2]


def _with_installer(found: Distribution, folder: str, entry: str) -> Distribution:
    import dataclasses

    try:
        installer = _header(f"{folder}/{entry}/INSTALLER", whole=True).decode("utf-8", "replace").strip()[:40]
    except OSError:
        return found
    return dataclasses.replace(found, installer=installer)
