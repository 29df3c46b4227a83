"""Look at the disk for all that may bend a target: its files, what is left over, what hides what."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from envdoctor.facts import condameta, files, remains, search, surroundings
from envdoctor.facts.inside import Root

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from envdoctor.facts.distributions import Site
    from envdoctor.model import Folder, Trace


class Seen(NamedTuple):
    """What a look at the disk gave."""

    search: tuple[Folder, ...]
    traces: tuple[Trace, ...]


def look(answer: Mapping[str, Any], sites: Sequence[Site], *, root: Root | None = None, deep: bool = False) -> Seen:
    """Give the search path and the traces; in the root of an image the variables of this process say nothing."""
    inside = root or Root()
    variables = {} if inside.folder else dict(os.environ)
    path = search.folders(answer, variables.get("PYTHONPATH", ""), sites, inside)
    return Seen(path, tuple(_traces(answer, sites, path, variables, inside, deep)))


def _traces(
    answer: Mapping[str, Any],
    sites: Sequence[Site],
    path: Sequence[Folder],
    variables: Mapping[str, str],
    root: Root,
    deep: bool,
) -> Iterator[Trace]:
    prefix, base = str(answer.get("prefix") or ""), str(answer.get("base_prefix") or answer.get("prefix") or "")
    home = remains.Home(prefix, base)
    for site in sites:
        yield from files.traces(site, root, deep=deep)
        yield from remains.traces(site, home, root)
    yield from condameta.traces(prefix, sites, root)
    job = "" if root.folder or variables.get("PYTHONSAFEPATH") else os.getcwd()
    yield from search.hidden(path, sites, job, root)
    if root.folder:
        yield from surroundings.openmp(sites)
    else:
        yield from surroundings.traces(variables, sites, prefix)
