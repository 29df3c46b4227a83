"""Which distribution does a file belong to?"""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

from envdoctor.formats import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from envdoctor.facts.distributions import Installed, Site

PYTHON = "python"


class Owners:
    """The owners of the files below the site folders of a target, and of its standard library."""

    def __init__(self, sites: Sequence[Site], library: Sequence[str]) -> None:
        self.sites = [site.folder for site in sites]
        self._library = tuple(f"{folder}/" for folder in library)
        self._sites = sorted(sites, key=lambda site: -len(site.folder))
        self._tops: dict[str, dict[str, list[Installed]]] = {site.folder: _by_top(site) for site in sites}
        self._files: dict[str, frozenset[str]] = {}

    def of(self, path: str) -> str:
        """Give the name of the owner of a file, `python` for the standard library, or nothing."""
        found = self.record(path)
        if found is not None:
            return found[1].dist.name
        if path.startswith(self._library) and "/site-packages/" not in path:
            return PYTHON
        return ""

    def record(self, path: str) -> tuple[str, Installed] | None:
        """Give the site folder of a file and the distribution that lists it."""
        for site in self._sites:
            if path.startswith(f"{site.folder}/"):
                inner = path[len(site.folder) + 1 :]
                several = self._tops[site.folder].get(inner.partition("/")[0], [])
                if len(several) == 1:
                    return site.folder, several[0]
                return next(((site.folder, one) for one in several if self._lists(site.folder, one, inner)), None)
        return None

    def _lists(self, folder: str, one: Installed, path: str) -> bool:
        key = f"{folder}/{one.entry}"
        if key not in self._files:
            self._files[key] = frozenset(file for file, _ in one.record.files) if one.record else frozenset()
        return path in self._files[key] or any(file.startswith(f"{path}/") for file in self._files[key])

    def tops(self, name: str) -> list[str]:
        """Give the top modules that a distribution brings, as far as its record says."""
        found = [one for site in self._sites for one in site.installed if one.dist.name == name]
        return [os.path.basename(top) for one in found[:1] for top in (one.record.tops if one.record else ())]

    def places(self, name: str, path: str) -> list[str]:
        """Give where a file of a distribution lies, if it lists it."""
        return [place for place in self._all(name) if place.endswith(f"/{path}")][:1]

    def compiled(self, name: str) -> list[str]:
        """Give the compiled files of a distribution."""
        return [place for place in self._all(name) if place.endswith(".so") or ".so." in place.rpartition("/")[2]]

    @cached_property
    def libraries(self) -> frozenset[str]:
        """Give the names of all compiled files that any distribution lists."""
        listed = (one.record.files for site in self._sites for one in site.installed if one.record)
        return frozenset(os.path.basename(path) for files in listed for path, _ in files if ".so" in path)

    def _all(self, name: str) -> list[str]:
        found = [(site, one) for site in self._sites for one in site.installed if one.dist.name == name and one.record]
        return [f"{site.folder}/{path}" for site, one in found[:1] if one.record for path, _ in one.record.files]

    def entry(self, name: str) -> str:
        """Give the metadata folder of a distribution, or nothing."""
        return next(
            (f"{site.folder}/{one.entry}" for site in self._sites for one in site.installed if one.dist.name == name),
            "",
        )


def _by_top(site: Site) -> dict[str, list[Installed]]:
    found: dict[str, list[Installed]] = {}
    for one, top in _tops(site):
        found.setdefault(top, []).append(one)
    return found


def _tops(site: Site) -> Iterator[tuple[Installed, str]]:
    for one in site.installed:
        if one.record is not None:
            yield from ((one, top) for top in one.record.tops)
        else:
            names = {one.dist.name, one.dist.name.replace("-", "_")}
            yield from (
                (one, entry) for entry in site.entries if metadata.canonical(entry.removesuffix(".py")) in names
            )
