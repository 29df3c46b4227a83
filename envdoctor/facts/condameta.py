"""What does conda know of a prefix, and what did pip do behind its back?

A record in conda-meta names a package, and lists its files. Where it lists the metadata of a Python distribution that
is gone, while another version of the same one lies there, pip has replaced it: conda goes on believing in the old one,
and its next transaction mixes the two. No table of names is needed, the files tell.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envdoctor.facts import beginnings
from envdoctor.facts.paths import shown
from envdoctor.model import Fact, Trace, normalised

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from envdoctor.facts.distributions import Site
    from envdoctor.facts.inside import Root

MOST_RECORD = 16_000_000
_OF_PYTHON = re.compile(r"py|cuda|cpu|_\d+$")  # builds of packages that may hold Python distributions
_METADATA = re.compile(rb'"(?:[^"]*/)?site-packages/([^"/]+?)-([^"/-]+)\.dist-info/METADATA"')


def facts(prefix: str, root: Root) -> Iterator[Fact]:
    """Give the version of each package that conda installed, as `conda:NAME`."""
    folder = root.real(f"{prefix}/conda-meta")
    for file in beginnings.names(folder):
        parts = file.removesuffix(".json").rsplit("-", 2)
        if file.endswith(".json") and len(parts) == 3:
            yield Fact(f"conda:{parts[0]}", parts[1], shown(root.below(f"{prefix}/conda-meta/{file}")))


def traces(prefix: str, sites: Sequence[Site], root: Root) -> Iterator[Trace]:
    """Give each package of conda that pip has replaced or removed."""
    folder = root.real(f"{prefix}/conda-meta")
    files = beginnings.names(folder)
    if not files:
        return
    there = {entry for site in sites for entry in site.entries}
    present = {one.dist.name: one.dist for site in sites for one in site.installed}
    for file in files:
        parts = file.removesuffix(".json").rsplit("-", 2)
        if not file.endswith(".json") or len(parts) != 3 or not _OF_PYTHON.search(parts[2]):
            continue
        for name, version in _recorded(root.real(f"{folder}/{file}")):
            if f"{name}-{version}.dist-info" in there:
                continue
            known = present.get(normalised(name))
            place = shown(root.below(f"{prefix}/conda-meta/{file}"))
            what = "conda replaced" if known else "conda removed"
            others = (known.version,) if known else ()
            yield Trace(what, normalised(name), (place,), said=version, others=others, via=parts[0])


def _recorded(record: str) -> list[tuple[str, str]]:
    """Give the names and versions of the Python distributions that a record of conda lists."""
    found = _METADATA.findall(beginnings.content(record, MOST_RECORD))
    return [
        (name.decode("utf-8", "replace"), version.decode("utf-8", "replace")) for name, version in dict.fromkeys(found)
    ]
