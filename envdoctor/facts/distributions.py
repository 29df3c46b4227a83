"""Read what is installed from disk: the headers of each distribution, and the files that its RECORD lists."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from envdoctor.errors import CannotLook
from envdoctor.facts import remembered
from envdoctor.facts.inside import Root
from envdoctor.facts.paths import shown
from envdoctor.formats import metadata, record
from envdoctor.formats.record import Record
from envdoctor.model import Distribution, Requirement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envdoctor.facts.remembered import Shelf

FIRST_READ = 16_384
MOST_HEADER = 1_000_000
MOST_RECORD = 64_000_000
# These strip files and rewrite paths in them after the RECORD was written, and keep a list of their own.
_REWRITING = ("conda", "rpm")
_DEBIANS = "/lib/python3/dist-packages"
_ENDS = (".dist-info", ".egg-info")
_EGG = "EGG-INFO"  # of a folder that `setup.py install` made and put on the path


class Installed(NamedTuple):
    """A distribution, the metadata folder it was read from, and its RECORD: None where there is none to read."""

    dist: Distribution
    entry: str
    record: Record | None


class Site(NamedTuple):
    """A folder that distributions are installed in: where it is, as people write it, what lies in it, what is there."""

    folder: str
    location: str
    entries: tuple[str, ...]
    installed: tuple[Installed, ...]


class Found(NamedTuple):
    """The site folders in search order, and the distributions of all of them."""

    sites: tuple[Site, ...] = ()

    @property
    def distributions(self) -> tuple[Distribution, ...]:
        """Give every distribution, in search order."""
        return tuple(one.dist for site in self.sites for one in site.installed)


def scan(folders: Iterable[str], root: Root | None = None, *, installers: bool = False) -> Found:
    """Give what is installed in folders; raise CannotLook for a folder that is there and cannot be read."""
    root = root or Root()
    sites: dict[str, Site] = {}
    for folder in folders:
        real = os.path.realpath(root.real(folder))
        if real not in sites:
            sites[real] = _site(folder, real, root, installers)
    return Found(tuple(sites.values()))


def _site(folder: str, real: str, root: Root, installers: bool) -> Site:
    location = shown(root.below(folder))
    names = _names(real)
    about = [name for name in names if (name.endswith(_ENDS) and not name.startswith("~")) or name == _EGG]
    shelf = remembered.Shelf(real) if about and not root.folder else None
    reader = _Reader(real, location, root, shelf)
    installed = [reader.one(name) for name in about]
    if shelf is not None:
        shelf.close()
    if installers:
        installed = [one._replace(dist=reader.with_installer(one)) for one in installed]
    return Site(real, location, tuple(names), tuple(installed))


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            return []
        raise CannotLook(f"cannot be read: {error.strerror}", place=shown(folder)) from None


class _Reader(NamedTuple):
    """Read the metadata folders of one site folder, or remember what they said."""

    folder: str
    location: str
    root: Root
    shelf: Shelf | None

    def one(self, entry: str) -> Installed:
        path = f"{self.folder}/{entry}"
        if self.shelf is None or not entry.endswith(".dist-info"):
            return self._made(entry, self._row(entry, path))
        stamps = remembered.stamp(f"{path}/METADATA"), remembered.stamp(f"{path}/RECORD")
        row = self.shelf.get(entry, *stamps)
        if row is None:
            row = self._row(entry, path)
            if not row[0]:
                self.shelf.put(entry, row, *stamps)
        return self._made(entry, row)

    def _row(self, entry: str, path: str) -> tuple[Any, ...]:
        """Read what an entry says, in plain types: fault, name, version, requirements, Python, and its RECORD."""
        name, version = metadata.folder_name(entry) or (entry.rpartition(".")[0], "")
        try:
            block, egg_requires = _block(path, self.root)
        except OSError as error:
            return f"its metadata cannot be read: {error.strerror}", metadata.canonical(name), version, (), "", None
        read = metadata.parse(block)
        lines = read.requires or egg_requires
        name, version = metadata.canonical(read.name or name), read.version or version
        return "", name, version, tuple(_requirements(lines)), read.requires_python, _record(path, self.root)

    def _made(self, entry: str, row: tuple[Any, ...]) -> Installed:
        fault, name, version, requires, requires_python, listed = row
        dist = Distribution(
            name=name,
            version=version,
            location=self.location,
            build=version.partition("+")[2],
            folder=f"{self.location}/{entry}",
            headers=not fault,
            requires=tuple(map(Requirement._make, requires)),
            requires_python=requires_python,
            fault=fault,
            compiled=listed[1] if listed is not None else (),
        )
        return Installed(dist, entry, None if listed is None else Record(*listed))

    def with_installer(self, one: Installed) -> Distribution:
        return one.dist._replace(installer=installer(f"{self.folder}/{one.entry}", self.root))


def installer(path: str, root: Root) -> str:
    """Give who installed a metadata folder, or nothing if it does not say."""
    try:
        return read_file(root.real(f"{path}/INSTALLER")).decode("utf-8", "replace").strip()[:40]
    except OSError:
        return ""


def is_rewritten(site: Site, one: Installed, root: Root) -> bool:
    """Say whether a system's package manager changes the files of a distribution after its RECORD was written."""
    return site.folder.endswith(_DEBIANS) or installer(f"{site.folder}/{one.entry}", root) in _REWRITING


def _record(path: str, root: Root) -> tuple[Any, ...] | None:
    if not path.endswith(".dist-info"):
        return None
    try:
        return tuple(record.parse(read_file(root.real(f"{path}/RECORD"), most=MOST_RECORD)))
    except (OSError, ValueError):
        return None


def _block(path: str, root: Root) -> tuple[bytes, tuple[str, ...]]:
    """Give the header bytes, and the requirements that an .egg-info keeps in a file of its own."""
    if path.endswith(".dist-info"):
        return _header(root.real(f"{path}/METADATA")), ()
    if not os.path.isdir(root.real(path)):
        return _header(root.real(path)), ()
    block = _header(root.real(f"{path}/PKG-INFO"))
    try:
        text = read_file(root.real(f"{path}/requires.txt")).decode("utf-8", "replace")
    except OSError:
        return block, ()
    return block, metadata.parse_requires_txt(text)


def _header(path: str) -> bytes:
    return read_file(path, until=(b"\n\n", b"\r\n\r\n"))


def read_file(path: str, *, most: int = MOST_HEADER, until: tuple[bytes, ...] = ()) -> bytes:
    """Give the content of a regular file, at most so much of it, or as far as one of some ends; raise OSError."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        asked = FIRST_READ
        block = part = os.read(handle, asked)
        while len(part) == asked and len(block) < most and not any(end in block for end in until):
            asked = 262_144
            part = os.read(handle, asked)
            block += part
        return block
    finally:
        os.close(handle)


def _requirements(lines: Iterable[str]) -> Iterator[tuple[Any, ...]]:
    for line in lines:
        try:
            yield metadata.split_requirement(line)[:4]
        except ValueError:
            continue  # no installer can read it either
