"""Where does the target's Python look for code, what put each folder there, and what hides what?

The first folder that holds a module wins. A module of the job's own folder, of PYTHONPATH, of the user site or of a
folder that a `.pth` line adds hides the installed one behind it, or one of the standard library.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from envdoctor.facts import distributions
from envdoctor.facts.paths import shown
from envdoctor.formats import metadata
from envdoctor.model import Folder, Trace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from envdoctor.facts.distributions import Site
    from envdoctor.facts.inside import Root
    from envdoctor.model import Distribution

JOB, USER, SITE, SYSTEM, LIBRARY = "the job's folder", "user site", "site", "system packages", "the standard library"
START = "start-up code"
MOST_NAMES = 20_000
MOST_PTH = 1_000_000
# Loaded before any folder is looked into, or of no use to a program.
_UNHIDABLE = frozenset(
    "abc codecs encodings genericpath io ntpath os posixpath site stat sitecustomize usercustomize zipimport runpy "
    "antigravity ensurepip idlelib lib2to3 pydoc_data test this turtledemo venv".split()
) | frozenset(sys.builtin_module_names)
_BEFORE_LIBRARY = (JOB, "PYTHONPATH")


def folders(answer: Mapping[str, Any], pythonpath: str, sites: Iterable[Site], root: Root) -> tuple[Folder, ...]:
    """Give the search path with what put each folder there."""
    listed = {path for path in pythonpath.split(os.pathsep) if path}
    by_pth = dict(_by_pth(sites, root))
    found = []
    for path in answer["path"]:
        origin = _origin(path, answer, listed) or by_pth.get(os.path.normpath(path), START)
        found.append(Folder(shown(root.below(path)), origin))
    return tuple(found)


def _origin(path: str, answer: Mapping[str, Any], listed: Iterable[str]) -> str:
    user = answer.get("user_site") or {}
    library = str(answer.get("library") or "")
    prefix, base = str(answer.get("prefix") or ""), str(answer.get("base_prefix") or "")
    if path in listed or os.path.normpath(path) in {os.path.abspath(one) for one in listed}:
        return "PYTHONPATH"
    if (library and (path == library or path.startswith(f"{library}/lib-dynload"))) or path.endswith(".zip"):
        return LIBRARY
    if path == user.get("path"):
        return USER
    if path.endswith(("site-packages", "dist-packages")):
        if prefix and path.startswith(f"{prefix}/"):
            return SITE
        if base and base != prefix:
            return SYSTEM
        return SITE
    return ""


def _by_pth(sites: Iterable[Site], root: Root) -> Iterator[tuple[str, str]]:
    for site in sites:
        for name in site.entries if site.folder.endswith(("site-packages", "dist-packages")) else ():
            if name.endswith(".pth"):
                yield from ((folder, name) for folder in path_lines(site.folder, name, root))


def path_lines(site: str, name: str, root: Root) -> Iterator[str]:
    """Give the folders that a `.pth` file adds; a line that starts with `import` is code, and is not looked at."""
    try:
        blob = distributions.read_file(root.real(f"{site}/{name}"), most=MOST_PTH)
    except OSError:
        return
    for line in blob.decode("utf-8", "replace").splitlines():
        written = line.rstrip()
        if written and "\0" not in written and not written.startswith(("#", "import ", "import\t")):
            yield os.path.normpath(root.placed(written) if written.startswith("/") else f"{site}/{written}")


class Front(NamedTuple):
    """A folder that may hide what lies behind it: the modules in it, and its distributions where it is a site."""

    folder: str
    location: str
    origin: str
    modules: frozenset[str]
    root: Root
    site: Site | None = None


def hidden(search: Sequence[Folder], sites: Sequence[Site], job: str, root: Root) -> Iterator[Trace]:
    """Give what one folder of the search path hides of those behind it."""
    by_location = {site.location: site for site in sites}
    fronts = [_front(folder, by_location.get(folder.path), root) for folder in search if folder.origin != LIBRARY]
    if job and shown(job) not in by_location:
        fronts.insert(0, Front(job, shown(job), JOB, _modules(_names(job)), root))
    for number, front in enumerate(fronts):
        if front.origin in _BEFORE_LIBRARY:
            yield from _hides_standard(front)
        if front.origin not in (SITE, SYSTEM) and front.modules:
            yield from _hides(front, [one for one in fronts[number + 1 :] if one.location != front.location])


def _front(folder: Folder, site: Site | None, root: Root) -> Front:
    place = site.folder if site is not None else root.placed(os.path.expanduser(folder.path))
    names = site.entries if site is not None else _names(place)
    return Front(place, folder.path, folder.origin, _modules(names), root, site)


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)[:MOST_NAMES]
    except OSError:
        return []


def _modules(names: Iterable[str]) -> frozenset[str]:
    """Give what the entries of a folder can be imported as; a bare folder may turn out to be no package."""
    ends = (".py", ".so", ".pyd", ".pyc")
    return frozenset(name.partition(".")[0] for name in names if "." not in name or name.endswith(ends))


def _winner(front: Front, module: str) -> str:
    """Give the path of a module in a folder, or nothing: a folder without `__init__` hides nothing."""
    for name in (f"{module}/__init__.py", f"{module}.py"):
        if os.path.isfile(front.root.real(f"{front.folder}/{name}")):
            return f"{front.location}/{name}"
    compiled = next((n for n in _names(front.folder) if n.startswith(f"{module}.") and n.endswith((".so", ".pyd"))), "")
    return f"{front.location}/{compiled}" if compiled else ""


def _hides_standard(front: Front) -> Iterator[Trace]:
    for module in sorted(front.modules & sys.stdlib_module_names - _UNHIDABLE):
        if not module.startswith("_") and (path := _winner(front, module)):
            yield Trace("hides standard", module, (path,), via=front.origin)


def _hides(front: Front, behind: Sequence[Front]) -> Iterator[Trace]:
    told: set[str] = set()
    for other in behind:
        for module in sorted((front.modules & other.modules) - {"__pycache__", "bin"}):
            loser = _owner(other, module)
            if module in told or loser is None or loser.name in told or not (path := _winner(front, module)):
                continue
            winner = _owner(front, module)
            told |= {module, loser.name}
            version = winner.version if winner is not None else ""
            places = (path, f"{other.location}/{module}")
            yield Trace("hides", loser.name, places, via=front.origin, said=version, others=(loser.version, module))


def _owner(front: Front, module: str) -> Distribution | None:
    """Give the distribution that a module of a site folder belongs to, or None if nobody owns it."""
    if front.site is None:
        return None
    starts = (f"{module}/", f"{module}.")
    for one in front.site.installed:
        if one.record is None:
            if one.dist.name == metadata.canonical(module):
                return one.dist
        elif any(path.startswith(starts) for path, _ in one.record.files):
            return one.dist
    return None
