"""What is installed, as one number for each distribution: the files and hashes that its RECORD states.

The wheel's own hash is recorded nowhere in an environment. Its files are, and the same wheel gives the same numbers
whoever installed it, once what installers add is left out: scripts, compiled files, notes of their own.
"""

from __future__ import annotations

import hashlib
import os
import re
from typing import TYPE_CHECKING

from envdoctor.facts import distributions, remembered
from envdoctor.formats import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from envdoctor.model import Distribution

_FORM = "seal 1"  # raise it when the numbers are made otherwise
_NOTES = re.compile(r"[^/]+\.dist-info/(INSTALLER|REQUESTED|RECORD(\.\w+)?|direct_url\.json|uv_\w+\.json)")


def numbers(installed: Iterable[Distribution]) -> dict[str, str]:
    """Give the number of each distribution whose RECORD can be read; it is remembered as long as that file stands."""
    by_site: dict[str, dict[str, str]] = {}
    for dist in installed:
        if dist.folder.endswith(".dist-info"):
            site, entry = os.path.split(os.path.expanduser(dist.folder))
            by_site.setdefault(site, {})[entry] = dist.name
    found = {name: number for site, names in by_site.items() for name, number in _numbers(site, names)}
    return {name: number for name, number in sorted(found.items()) if number}


def _numbers(site: str, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Give the numbers of what is in a folder: entry → name."""
    shelf, new = remembered.Shelf(site, _FORM), {}
    for entry, name in names.items():
        stamps, row = shelf.stamped(entry)
        number = str(row[0]) if row else _counted(f"{site}/{entry}/RECORD")
        if row is None:
            new[entry] = stamps, (number,)
        yield name, number
    shelf.keep(names, new)


def _counted(path: str) -> str:
    try:
        blob = distributions.read_file(path, most=distributions.MOST_RECORD)
        rows = sorted(",".join(row) for row in record.rows(blob) if _is_of_wheel(row[0], row[1]))
    except (OSError, ValueError):
        return ""
    return "sha256:" + hashlib.sha256("\n".join(rows).encode("utf-8", "surrogateescape")).hexdigest()


def _is_of_wheel(path: str, digest: str) -> bool:
    leads_out = path.startswith(("/", "../")) or "/../" in path
    return bool(digest) and not leads_out and "__pycache__/" not in path and not _NOTES.fullmatch(path)
