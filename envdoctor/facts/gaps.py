"""Look at the files that a RECORD lists: one look at each, at its size alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envdoctor.facts.inside import Root

_EXTENDED = "cacert.pem"  # a site adds the certificates of its own authority at the end


class Gaps(NamedTuple):
    """Files of one distribution that are missing, shorter or longer than recorded."""

    missing: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()
    grown: tuple[str, ...] = ()


def found(folder: str, files: Iterable[tuple[str, int]], root: Root) -> tuple[tuple[str, ...], ...]:
    """Give the fields of `Gaps`, or nothing where every file is as it was recorded; a size of -1 was not stated."""
    missing: list[str] = []
    cut: list[str] = []
    grown: list[str] = []
    stat, access, real, start = os.stat, os.access, root.real, f"{folder}/"
    for path, size in files:
        place = real(start + path)
        try:
            if size < 0 and access(place, os.F_OK):  # takes half as long
                continue
            seen = stat(place).st_size
        except (OSError, ValueError):
            missing.append(path)
            continue
        if seen != size and size >= 0 and not (seen > size and path.endswith(_EXTENDED)):
            (cut if seen < size else grown).append(path)
    return (tuple(missing), tuple(cut), tuple(grown)) if missing or cut or grown else ()
