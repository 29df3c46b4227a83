"""Hash files as RECORD does, several at a time, and remember nothing: only `--deep` asks for all of them."""

from __future__ import annotations

import base64
import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from envdoctor.facts import distributions
from envdoctor.formats import record
from envdoctor.model import Trace

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from envdoctor.facts.distributions import Installed, Site
    from envdoctor.facts.inside import Root

SHOWN = 3
_SAFE = ("sha256", "sha384", "sha512")
LARGEST = 4_000_000_000  # of what is larger the size has to do
_PART = 1_048_576


def stated(path: str, algorithm: str = "sha256") -> str:
    """Give the hash of a regular file as RECORD writes it, or nothing if it cannot be read."""
    if algorithm not in _SAFE:
        return ""
    digest = hashlib.new(algorithm)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except (OSError, ValueError):
        return ""
    with os.fdopen(handle, "rb", buffering=0) as file:
        try:
            if os.fstat(handle).st_size > LARGEST:
                return ""
            while part := file.read(_PART):
                digest.update(part)
        except OSError:
            return ""
    return f"{algorithm}={base64.urlsafe_b64encode(digest.digest()).rstrip(b'=').decode()}"


def altered(site: Site, recorded: Iterable[Installed], but: Container[str], root: Root) -> Iterator[Trace]:
    """Give the distributions that hold files of the recorded size and other content; disputed files are left out."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for one in recorded:
            if distributions.is_rewritten(site, one, root):
                continue
            listed = [row for row in rows(site, one, root) if row[0] not in but]
            seen = pool.map(lambda row: _differs(site, root, row), listed)
            paths = sorted(path for (path, *_), differs in zip(listed, seen, strict=True) if differs)
            if paths:
                shown = tuple(f"{site.location}/{path}" for path in paths[:SHOWN])
                yield Trace("file altered", one.dist.name, shown, len(paths), len(listed))


def rows(site: Site, one: Installed, root: Root) -> list[tuple[str, str, str]]:
    """Give path, hash and size of the files of a distribution whose hash its RECORD states."""
    place = root.real(f"{site.folder}/{one.entry}/RECORD")
    try:
        every = list(record.rows(distributions.read_file(place, most=distributions.MOST_RECORD)))
    except (OSError, ValueError):
        return []
    assert one.record is not None
    own = {path for path, _ in one.record.files}
    return [row for row in every if row[0] in own and "=" in row[1]]


def _differs(site: Site, root: Root, row: tuple[str, str, str]) -> bool:
    path, digest, size = row
    place = root.real(f"{site.folder}/{path}")
    try:
        if size and os.stat(place).st_size != int(size):
            return False  # told already, by its size
    except (OSError, ValueError):
        return False
    seen = stated(place, digest.partition("=")[0])
    return bool(seen) and seen != digest
