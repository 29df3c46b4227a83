"""Compare the files of every distribution with its RECORD: what is missing, what has another size, what two own.

One look at each file, at its size alone; with `deep` its content is hashed too. Where several distributions of a
folder list the same file with different content, the disk says whose it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.facts import distributions
from envdoctor.model import Trace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from envdoctor.facts.distributions import Installed, Site
    from envdoctor.facts.gaps import Gaps
    from envdoctor.facts.inside import Root

SHOWN = 3
MOST_CODE = 65_536  # a file that only joins a namespace is far smaller
# folders that packages put beside their own by mistake; nobody imports them
_STRAY = frozenset("test tests testing doc docs example examples samples scripts benchmark benchmarks bin".split())
_JOINS_NAMESPACE = (b"extend_path", b"declare_namespace")


def traces(site: Site, root: Root, *, deep: bool = False) -> Iterator[Trace]:
    """Give what is wrong with the files of the distributions in one site folder."""
    recorded = [one for one in site.installed if one.record is not None]
    disputes = _Disputes(site, recorded, root)
    for one in recorded:
        gaps = _without(one.gaps, disputes.differing) if one.gaps else None
        if gaps and any(gaps) and not distributions.is_rewritten(site, one, root):
            yield from _told(site, one, gaps)
    yield from disputes.traces()
    if deep:
        from envdoctor.facts import hashes  # not at the start: it brings threads along

        yield from hashes.altered(site, recorded, disputes.differing, root)


def _without(gaps: Gaps, disputed: Mapping[str, object]) -> Gaps:
    """Leave out files that are there and that another distribution owns too: those are told as disputes."""
    if not disputed or not (gaps.cut or gaps.grown):
        return gaps
    cut, grown = (tuple(path for path in paths if path not in disputed) for paths in (gaps.cut, gaps.grown))
    return gaps._replace(cut=cut, grown=grown)


def _told(site: Site, one: Installed, gaps: Gaps) -> Iterator[Trace]:
    assert one.record is not None
    for what, paths in (("missing", gaps.missing), ("cut", gaps.cut), ("grown", gaps.grown)):
        needed = [path for path in paths if _is_needed(path)]
        if paths:
            start = "" if needed else "idle "
            shown = _nearest(site, needed or paths)
            yield Trace(f"{start}file {what}", one.dist.name, shown, len(paths), len(one.record.files))


def _nearest(site: Site, paths: Iterable[str]) -> tuple[str, ...]:
    chosen = sorted(paths, key=lambda path: (path.count("/"), path))[:SHOWN]
    return tuple(f"{site.location}/{path}" for path in chosen)


_IDLE = tuple(".pyi .pyx .pxd .c .h .hpp .cpp .cc .cu .cuh .md .rst .txt .a .lib .html .ipynb .f90 .cmake".split())


def _is_needed(path: str) -> bool:
    """Say whether a program may need a file: neither a test nor a text nor a source of compiled code."""
    folders = path.split("/")[:-1]
    return not path.endswith(_IDLE) and not any(part in ("tests", "test", "testing", "docs") for part in folders)


class _Disputes:
    """Files that several distributions of one folder own with different content."""

    def __init__(self, site: Site, recorded: Iterable[Installed], root: Root) -> None:
        self._site, self._root = site, root
        self._owners = _shared(recorded)
        self.differing = self._different()
        self.paths = {path: stated for path, stated in self.differing.items() if not self._joins(path)}

    def _different(self) -> dict[str, dict[str, tuple[str, str]]]:
        """Give each path that owners state differently, with the hash and size that every one states."""
        if not self._owners:
            return {}
        from envdoctor.facts import hashes

        said: dict[str, dict[str, tuple[str, str]]] = {path: {} for path in self._owners}
        for one in {one.entry: one for owners in self._owners.values() for one in owners}.values():
            for path, digest, size in hashes.rows(self._site, one, self._root):
                if path in said:
                    said[path][one.dist.name] = digest, size
        return {path: stated for path, stated in said.items() if len(set(stated.values())) > 1}

    def _joins(self, path: str) -> bool:
        """Say whether a file is the `__init__.py` that several packages use to share a namespace."""
        if not path.endswith("/__init__.py") or path.count("/") > 2:
            return False
        try:
            blob = distributions.read_file(self._root.real(f"{self._site.folder}/{path}"), most=MOST_CODE)
        except OSError:
            return False
        return not blob.strip() or any(word in blob for word in _JOINS_NAMESPACE)

    def traces(self) -> Iterator[Trace]:
        """Give one trace for each set of owners: who wins how many of the disputed files."""
        if not self.paths:
            return
        from envdoctor.facts import hashes

        groups: dict[tuple[str, ...], list[str]] = {}
        for path, stated in self.paths.items():
            groups.setdefault(tuple(sorted(stated)), []).append(path)
        for owners, paths in groups.items():
            wins = dict.fromkeys(owners, 0)
            for path in paths:
                seen = hashes.stated(self._root.real(f"{self._site.folder}/{path}"))
                for owner, (digest, _) in self.paths[path].items():
                    wins[owner] += digest == seen
            best = sorted(owners, key=lambda owner: -wins[owner])
            shown = tuple(f"{self._site.location}/{path}" for path in sorted(paths)[:SHOWN])
            told = ", ".join(f"{owner} {wins[owner]}" for owner in best)
            yield Trace("file disputed", best[0], shown, wins[best[0]], len(paths), said=told, others=tuple(best[1:]))


def _shared(recorded: Iterable[Installed]) -> dict[str, list[Installed]]:
    """Give the code that several distributions list, by path; most share no folder at all, and are not compared."""
    seen: set[str] = set()
    by_top: dict[str, list[Installed]] = {}
    for one in recorded:
        for top in one.record.tops if one.record else ():
            if top in seen:
                by_top[top] = []
            seen.add(top)
    for one in recorded if by_top else ():
        for top in one.record.tops if one.record else ():
            if top in by_top:
                by_top[top].append(one)
    several = [_same(top, owners) for top, owners in by_top.items() if top not in _STRAY]
    return {path: owners for shared in several for path, owners in shared.items()}


def _same(top: str, several: Iterable[Installed]) -> dict[str, list[Installed]]:
    owners: dict[str, list[Installed]] = {}
    for one in several:
        assert one.record is not None
        for path, _ in one.record.files:
            if path.endswith((".py", ".so", ".pyd")) and path.partition("/")[0] == top:
                owners.setdefault(path, []).append(one)
    return {path: group for path, group in owners.items() if len({one.dist.name for one in group}) > 1}
