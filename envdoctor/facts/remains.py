"""See what installations that were interrupted, moved or half removed leave behind.

Folders that pip renamed and never removed, metadata without a RECORD, package folders with nothing but caches in them,
editable installs whose folder is gone, and scripts whose interpreter is gone.
"""

from __future__ import annotations

import json
import os
import re
import urllib.parse
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.facts import distributions
from envdoctor.facts.paths import shown
from envdoctor.model import Trace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from envdoctor.facts.distributions import Installed, Site
    from envdoctor.facts.inside import Root

SHOWN = 3
MOST_SCRIPTS = 2000
MOST_ENTRIES = 500
_WRITES_RECORD = ("pip", "uv")
_MAPPING = re.compile(r"^MAPPING(?:\s*:[^=]*)?\s*=\s*\{([^}]*)\}", re.MULTILINE)
_QUOTED = re.compile(r"""['"]([^'"]+)['"]\s*:\s*['"]([^'"]+)['"]""")
_LONG_LINE = re.compile(r"^'''exec' (\"[^\"]+\"|\S+) ")


class Home(NamedTuple):
    """Where the target's Python lives: the folders whose interpreters are its own."""

    prefix: str
    base_prefix: str


def traces(site: Site, home: Home, root: Root) -> Iterator[Trace]:
    """Give what is left over in one site folder."""
    for name in site.entries:
        if name[0] == "~" and len(name) > 1:
            yield Trace("leftover", name, (f"{site.location}/{name}",))
    yield from _hollow(site, root)
    scripts: dict[tuple[str, str], list[tuple[str, Installed]]] = {}
    for one in site.installed:
        if one.record is None:
            yield from _unrecorded(site, one, root)
            continue
        if one.record.linked:
            yield from _editable(site, one, root)
        for path in one.record.scripts[:MOST_SCRIPTS] if one.record.scripts else ():
            place = os.path.normpath(f"{site.folder}/{path}")
            if wrong := _interpreter(place, home, root):
                scripts.setdefault(wrong, []).append((shown(root.below(place)), one))
    yield from _scripts(scripts)


def _unrecorded(site: Site, one: Installed, root: Root) -> Iterator[Trace]:
    if one.entry.endswith(".dist-info") and not one.dist.fault:
        installer = distributions.installer(f"{site.folder}/{one.entry}", root)
        if installer in _WRITES_RECORD:
            yield Trace("no record", one.dist.name, (one.dist.folder,), said=installer)


def _hollow(site: Site, root: Root) -> Iterator[Trace]:
    """Give the folders that import as empty packages: nobody owns them, and they hold nothing but caches."""
    if not site.installed:
        return
    owned = {top for one in site.installed if one.record for top in one.record.tops}
    ownerless = (name for name in site.entries if "." not in name and name not in owned and "-" not in name)
    for name in ownerless:
        if name.startswith(("_", "~")):
            continue
        place = root.real(f"{site.folder}/{name}")
        if os.path.isdir(place) and _is_hollow(place, [MOST_ENTRIES]):
            yield Trace("hollow", name, (f"{site.location}/{name}",))


def _is_hollow(folder: str, left: list[int]) -> bool:
    """Say whether a folder holds no file but caches, as far as a bounded look tells."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                left[0] -= 1
                if left[0] < 0 or not entry.is_dir(follow_symlinks=False):
                    return False
                if entry.name != "__pycache__" and not _is_hollow(entry.path, left):
                    return False
    except OSError:
        return False
    return True


def _editable(site: Site, one: Installed, root: Root) -> Iterator[Trace]:
    """Give a distribution whose code lies in a folder that is no longer there."""
    for place in dict.fromkeys(_pointed(site, one, root)):
        if not os.path.exists(root.placed(place)):
            yield Trace("folder gone", one.dist.name, (shown(place),), said=one.dist.version)
            return


def _pointed(site: Site, one: Installed, root: Root) -> Iterator[str]:
    """Give the folders that an editable install says its code is in."""
    direct = _json(root.real(f"{site.folder}/{one.entry}/direct_url.json"))
    about, url = direct.get("dir_info"), str(direct.get("url", ""))
    if isinstance(about, dict) and about.get("editable") is True and url.startswith("file:///"):
        yield urllib.parse.unquote(url.removeprefix("file://")).replace("\0", "")
    assert one.record is not None
    for path, _ in one.record.files:
        if path.startswith("__editable__") and "/" not in path:
            text = _text(root.real(f"{site.folder}/{path}"))
            yield from _lines(text) if path.endswith(".pth") else _mapped(text)


def _lines(text: str) -> Iterator[str]:
    return (line.strip() for line in text.splitlines() if line.startswith("/"))


def _mapped(text: str) -> Iterator[str]:
    """Give the folders in the MAPPING of a finder that setuptools wrote, without running it."""
    found = _MAPPING.search(text)
    return (place for _, place in _QUOTED.findall(found[1])) if found else iter(())


def _json(path: str) -> Mapping[str, object]:
    try:
        found = json.loads(distributions.read_file(path))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(path: str) -> str:
    try:
        return distributions.read_file(path).decode("utf-8", "replace")
    except OSError:
        return ""


def _interpreter(script: str, home: Home, root: Root) -> tuple[str, str] | None:
    """Give the interpreter that a script names and what is wrong with it: it is gone, or another environment's."""
    named = _named(_text(root.real(script))[:1024], root)
    if not named:
        return None
    if not os.path.exists(root.placed(named)):
        return "script gone", named
    own = {os.path.realpath(root.real(f"{folder}/bin")) for folder in home}
    return None if os.path.realpath(os.path.dirname(root.placed(named))) in own else ("script elsewhere", named)


def _named(head: str, root: Root) -> str:
    """Give the path of the Python that a script's first lines start, or nothing."""
    first, _, rest = head.partition("\n")
    words = first[2:].strip().strip('"') if first.startswith("#!") else ""
    if words == "/bin/sh" and (found := _LONG_LINE.match(rest)):
        words = found[1].strip('"')
    named = words if os.path.exists(root.placed(words)) else words.partition(" ")[0]
    return named if named.startswith("/") and "python" in named.rpartition("/")[2] and "\0" not in named else ""


def _scripts(wrong: Mapping[tuple[str, str], list[tuple[str, Installed]]]) -> Iterator[Trace]:
    for (what, interpreter), scripts in wrong.items():
        owners = tuple(dict.fromkeys(one.dist.name for _, one in scripts))
        places = tuple(path for path, _ in scripts[:SHOWN])
        yield Trace(what, owners[0], places, len(scripts), said=shown(interpreter), others=owners[1:6])
