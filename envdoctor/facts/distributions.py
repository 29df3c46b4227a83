"""Read what is installed from disk: the headers of each distribution, and the files that its RECORD lists."""

from __future__ import annotations

import errno
import os
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from envdoctor import spread
from envdoctor.errors import CannotLook
from envdoctor.facts import gaps, remembered
from envdoctor.facts.gaps import Gaps
from envdoctor.facts.inside import Root
from envdoctor.facts.paths import shown
from envdoctor.formats import metadata, record
from envdoctor.formats.record import Record
from envdoctor.model import Distribution, Requirement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from envdoctor.facts.remembered import Row, Shelf, Stamps

    Look = tuple[Stamps, Row | None, tuple[tuple[str, ...], ...]]

FIRST_READ = 16_384
MOST_HEADER = 1_000_000
MOST_RECORD = 64_000_000
# These strip files and rewrite paths in them after the RECORD was written, and keep a list of their own.
_REWRITING = ("conda", "rpm")
_DEBIANS = "/lib/python3/dist-packages"
_LASTING = ".dist-info"  # what is remembered: it has a RECORD that changes with it
_ENDS = (_LASTING, ".egg-info")
_EGG = "EGG-INFO"  # of a folder that `setup.py install` made and put on the path


class Installed(NamedTuple):
    """A distribution, the metadata folder it was read from, its RECORD (None where there is none), and what it lacks.

    `gaps` are empty where nobody asked for the files.
    """

    dist: Distribution
    entry: str
    record: Record | None
    gaps: Gaps | None = None


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


def scan(folders: Iterable[str], root: Root | None = None, *, installers: bool = False, files: bool = False) -> Found:
    """Give what is installed in folders; raise CannotLook for a folder that is there and cannot be read.

    With `installers` each says who installed it, with `files` which of its files are not as they were recorded.
    """
    root = root or Root()
    sites: dict[str, Site] = {}
    for folder in folders:
        real = os.path.realpath(root.real(folder))
        if real not in sites:
            sites[real] = _site(folder, real, root, installers, files)
    return Found(tuple(sites.values()))


def _site(folder: str, real: str, root: Root, installers: bool, files: bool) -> Site:
    location = shown(root.below(folder))
    names = _names(real)
    about = [name for name in names if (name.endswith(_ENDS) and not name.startswith("~")) or name == _EGG]
    shelf = remembered.Shelf(real, f"{_FIELDS} {location}") if about and not root.folder else None
    reader = _Reader(real, location, root, shelf, files)
    installed = list(_installed(about, reader))
    if installers:
        installed = [one._replace(dist=reader.with_installer(one)) for one in installed]
    return Site(real, location, tuple(names), tuple(installed))


def _installed(about: Sequence[str], reader: _Reader) -> Iterator[Installed]:
    """Give what each metadata entry says, as remembered where that still stands."""
    looks = spread.over(reader.look, about)
    if reader.shelf is not None:
        read = {name: look[:2] for name, look in zip(about, looks, strict=True) if look and _is_lasting(*look)}
        reader.shelf.keep(about, read)
    for name, look in zip(about, looks, strict=True):
        _, row, wrong = look or _STANDS
        dist, requires, listed = row or reader.remembered(name)
        yield Installed(
            _made_of(Distribution, (*dist, tuple(map(_requirement, requires)))),
            name,
            None if listed is None else _made_of(Record, listed),
            Gaps(*wrong) if wrong else None,
        )


def _is_lasting(stamps: Stamps, row: Row | None, _: object) -> bool:
    """Say whether a row was read now, of files that can be looked at again, and without a fault."""
    return bool(stamps) and row is not None and row[0][_HEADERS]


_FIELDS = " ".join((*Distribution._fields, *Requirement._fields, *Record._fields))
_HEADERS = Distribution._fields.index("headers")
_made_of = tuple.__new__  # thousands at every check: without a look at what was looked at when it was remembered
_requirement = partial(_made_of, Requirement)
_STANDS: Look = ((), None, ())


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            return []
        raise CannotLook(f"cannot be read: {error.strerror}", place=shown(folder)) from None


class _Reader(NamedTuple):
    """Read the metadata folders of one site folder, and look at the files that they list if `files` says so."""

    folder: str
    location: str
    root: Root
    shelf: Shelf | None
    files: bool

    def look(self, entry: str) -> Look | None:
        """Give stamps, row and gaps of an entry, no row if what is remembered stands; nothing if all is as it was."""
        stamps: Stamps = ()
        known = None
        if self.shelf is not None and entry.endswith(_LASTING):
            stamps, known = self.shelf.stamped(entry)
        row = known or self.row(entry)
        listed = row[2]
        wrong = gaps.found(self.folder, listed[0], self.root) if self.files and listed is not None else ()
        return (stamps, None if known else row, wrong) if wrong or not known else None

    def remembered(self, entry: str) -> Row:
        """Give the row of an entry that stands."""
        assert self.shelf is not None
        return self.shelf.given(entry)

    def row(self, entry: str) -> Row:
        """Give what an entry says, in plain types: the fields of a `Distribution`, and those of its `Record`."""
        path = f"{self.folder}/{entry}"
        name, version = metadata.folder_name(entry) or (entry.rpartition(".")[0], "")
        fault, read, listed = "", metadata.Headers(), None
        try:
            read = _headers(path, self.root)
            listed = _record(path, self.root)
        except OSError as error:
            fault = f"its metadata cannot be read: {error.strerror}"
        name, version = metadata.canonical(read.name or name), read.version or version
        dist = Distribution(
            name=name,
            version=version,
            location=self.location,
            build=version.partition("+")[2],
            folder=f"{self.location}/{entry}",
            headers=not fault,
            requires_python=read.requires_python,
            fault=fault,
            compiled=listed[1] if listed is not None else (),
        )
        return tuple(dist)[:-1], tuple(_requirements(read.requires)), listed

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


def _headers(path: str, root: Root) -> metadata.Headers:
    """Give the headers; those of an .egg-info with the requirements that it keeps in a file of its own."""
    if path.endswith(".dist-info"):
        return metadata.parse(_header(root.real(f"{path}/METADATA")))
    if not os.path.isdir(root.real(path)):
        return metadata.parse(_header(root.real(path)))
    read = metadata.parse(_header(root.real(f"{path}/PKG-INFO")))
    if read.requires:
        return read
    try:
        text = read_file(root.real(f"{path}/requires.txt")).decode("utf-8", "replace")
    except OSError:
        return read
    return read._replace(requires=metadata.parse_requires_txt(text))


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
