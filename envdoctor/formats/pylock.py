"""What does a pylock.toml (PEP 751) name, and from where?

`packaging` reads it and knows the standard. What it cannot tell is added here: the line of a mistake, and what a lock
must not hold, however well formed: file names that lead out of its folder, tags that multiply without end, one package
twice for the same machine. Nothing that it names is opened.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from envdoctor.errors import UserError
from envdoctor.formats import files, tomlpos
from envdoctor.model import Listed, Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from packaging.pylock import Package, Pylock

LARGEST = 50_000_000
MOST_PACKAGES = 20_000
MOST_FILES = 2_000  # of one package: numpy's latest release has 71
MOST_DOTS = 40  # a wheel's tags are multiplied: `py2.py3-none-any` is two

_NEW = "envdoctor reads it with packaging 26.1 or later: `pip install -U packaging`"
_REMAKE = "make it again: a lock is not written by hand"
_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*[\"']?packages[\"']?[ \t]*\]\]", re.MULTILINE)
_INDEX = re.compile(r"packages\[(\d+)\]")


class Lock(NamedTuple):
    """A pylock.toml: for which Python and environments it is, its packages, what tools say in it, and all as written.

    `digest` is that of the packages. `document` is empty where only the rest was remembered.
    """

    file: str
    python: str
    environments: tuple[str, ...]
    entries: tuple[Listed, ...]
    tool: Mapping[str, Any]
    digest: str
    document: Mapping[str, Any]


def is_name(name: str) -> bool:
    """Say whether a file is called as the standard calls these: `pylock.toml`, `pylock.NAME.toml`."""
    return name == "pylock.toml" or (name.startswith("pylock.") and name.endswith(".toml") and name.count(".") == 2)


def read(path: Path) -> Lock:
    """Give what a pylock.toml holds; raise UserError with the place."""
    return parse(files.read_text(path, limit=LARGEST), str(path))


def parse(text: str, file: str) -> Lock:
    """Give what the text of a pylock.toml holds; raise UserError with the place."""
    document = tomlpos.read(text, file, hint=_REMAKE)
    packages = document.get("packages")
    places = _places(text, file, packages)
    if isinstance(packages, list):
        _refuse(packages, places)
    whole = _pylock(document, places, file)
    entries = tuple(_listed(package, place) for package, place in zip(whole.packages, places, strict=True))
    _refuse_twins(entries)
    python = str(whole.requires_python or "")
    environments = tuple(str(marker) for marker in whole.environments or ())
    return Lock(file, python, environments, entries, whole.tool or {}, digest(document["packages"]), document)


def digest(packages: Iterable[Mapping[str, Any]]) -> str:
    """Give a digest of packages as they are meant, whatever the layout of the text."""
    plain = json.dumps(list(packages), sort_keys=True, default=str)
    return f"sha256:{hashlib.sha256(plain.encode()).hexdigest()}"


def _places(text: str, file: str, packages: object) -> list[Place]:
    """Give the place of each package; where the headers cannot be told from other text, that of the file."""
    count = len(packages) if isinstance(packages, list) else 0
    starts = [found.start() for found in _HEADER.finditer(text)]
    if len(starts) != count:
        return [Place(file)] * count
    places, line, last = [], 1, 0
    for start in starts:
        line += text.count("\n", last, start)
        last = start
        places.append(Place(file, line))
    return places


def _refuse(packages: Sequence[object], places: Sequence[Place]) -> None:
    """Refuse what no lock needs, before anything is made of it."""
    if len(packages) > MOST_PACKAGES:
        raise UserError(f"names more than {MOST_PACKAGES:,} packages", place=places[MOST_PACKAGES], hint=_REMAKE)
    for package, place in zip(packages, places, strict=True):
        for count, item in enumerate(_files(package)):
            if count >= MOST_FILES:
                raise UserError(f"a package has more than {MOST_FILES:,} files", place=place, hint=_REMAKE)
            for key in ("name", "path", "url"):
                if isinstance(item.get(key), str):
                    _refuse_file(key, item[key], place)


def _files(package: object) -> Iterator[Mapping[str, Any]]:
    if not isinstance(package, Mapping):
        return
    wheels = package.get("wheels")
    for item in [package.get("sdist"), package.get("archive"), *(wheels if isinstance(wheels, list) else ())]:
        if isinstance(item, Mapping):
            yield item


def _refuse_file(key: str, value: str, place: Place) -> None:
    parts = re.split(r"[/\\]", value)
    shown = value[:80]
    if any(ord(letter) < 32 for letter in value):
        raise UserError(f"`{key}` holds a control character", place=place, hint=_REMAKE)
    if key == "name" and (len(parts) > 1 or value in (".", "..")):
        raise UserError(f"`{shown}` is a path, not the name of a file", place=place, hint=_REMAKE)
    if key == "path" and (".." in parts or value.startswith(("/", "\\", "~")) or value[1:2] == ":"):
        hint = "files of a lock lie in its folder, or at a URL"
        raise UserError(f"`{shown}` leads out of the lock's folder", place=place, hint=hint)
    if parts[-1].count(".") > MOST_DOTS:
        raise UserError(f"`{shown}…` has too many tags", place=place, hint=_REMAKE)


def _pylock(document: Mapping[str, Any], places: Sequence[Place], file: str) -> Pylock:
    try:
        from packaging import pylock
    except ImportError:
        raise UserError("this Python's packaging cannot read a pylock.toml", place=Place(file), hint=_NEW) from None
    try:
        return pylock.Pylock.from_dict(document)
    except pylock.PylockUnsupportedVersionError:
        hint = "envdoctor reads version 1; a newer envdoctor may read it"
        version = str(document.get("lock-version"))[:40]
        raise UserError(f"lock-version `{version}` is not known", place=Place(file), hint=hint) from None
    except pylock.PylockValidationError as error:
        at = _INDEX.match(error.context or "")
        number = int(at[1]) if at else len(places)
        place: Place | str = places[number] if number < len(places) else Place(file)
        where = _INDEX.sub("", error.context or "", count=1).lstrip(".")
        said = f"`{where}`: {error.message}" if where else error.message
        raise UserError(f"not a lock of PEP 751: {said[:300]}", place=place, hint=_REMAKE) from None
    except (RecursionError, ValueError, TypeError, AttributeError) as error:  # a marker nested too deeply, for one
        raise UserError(f"not a lock of PEP 751: {str(error)[:200]}", place=Place(file), hint=_REMAKE) from None


def _refuse_twins(entries: Sequence[Listed]) -> None:
    """Refuse a package that stands twice for one machine, as far as the markers tell."""
    seen: dict[str, dict[str, Place | None]] = {}
    for entry in entries:
        others = seen.setdefault(entry.name, {})
        if entry.marker in others or (others and ("" in others or not entry.marker)):
            hint = f"also at {next(iter(others.values()))}"
            raise UserError(f"`{entry.name}` stands here twice", place=entry.place or "", hint=hint)
        others[entry.marker] = entry.place


def _listed(package: Package, place: Place) -> Listed:
    url = ""
    for source in (package.vcs, package.archive, package.directory):
        if source is not None:
            url = getattr(source, "url", None) or source.path or ""
    return Listed(
        name=package.name,
        specifier=f"=={package.version}" if package.version else "",
        marker=str(package.marker or ""),
        url=url,
        editable=bool(package.directory and package.directory.editable),
        place=place,
    )
