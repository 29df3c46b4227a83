"""Take what an environment asks of conda and of pip as conda-lock does, and give the hash that it would give.

conda-lock asks for another solve if its `content_hash` is not that of the inputs, so ours has to be the same.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from packaging.requirements import InvalidRequirement, Requirement

from envdoctor.errors import UserError
from envdoctor.formats import conda_environment
from envdoctor.markers import Markers
from envdoctor.model import normalised

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from envdoctor.model import Facts, Place

_SUBDIRS = re.compile(r"/(noarch|(linux|osx|win)-\w+)$")
_MADE_OF = {"pkgs/main", "pkgs/r", "pkgs/free", "pkgs/pro", "pkgs/msys2"}
_EPOCH = 1577854800000  # conda-lock's: every virtual package is of the first day of 2020


class Written(NamedTuple):
    """A dependency as it is written, and where."""

    text: str
    place: Place


def dependencies(conda: Iterable[Written], pip: Sequence[Written], facts: Facts) -> list[dict[str, Any]]:
    """Give every dependency of a platform as conda-lock keeps it; where pip is asked for something, pip too."""
    markers = Markers(facts)
    found = [_of_conda(one) for one in conda]
    found += [row for one in pip if (row := _of_pip(one, markers)) is not None]
    found += [_row("pip", "conda", "*")] if pip else []
    unique = {(row["manager"], row["name"]): row for row in found}
    return sorted(unique.values(), key=lambda row: (row["manager"], row["name"]))


def _of_conda(written: Written) -> dict[str, Any]:
    spec = conda_environment.spec(written.text, written.place)
    row = _row(spec.name.lower(), "conda", _version(spec.version, spec.build))
    return {**row, "build": spec.build or None, "conda_channel": _channel(spec.channel)}


def _row(name: str, manager: str, version: str) -> dict[str, Any]:
    none = {"build": None, "conda_channel": None, "hash": None}
    return {"name": name, "manager": manager, "category": "main", "extras": [], "version": version, **none}


def _version(version: str, build: str) -> str:
    """Give a version as conda's MatchSpec has it: `=1.2` is `1.2.*`, `==1.2` is `1.2`, unless a build follows."""
    if not version or "," in version or "|" in version:
        return version
    if version.startswith("==") and not build:
        return version[2:]
    if re.match(r"=[^=]", version):
        version = version[1:]
        return version if version.endswith(".*") or version == "*" else f"{version.removesuffix('*')}.*"
    return f"{version[:-1]}.*" if re.fullmatch(r"\w[\w.]*\w\*|\d\*", version) else version


def _channel(channel: str) -> str | None:
    plain = _SUBDIRS.sub("", channel)
    plain = plain.removeprefix("https://conda.anaconda.org/").removeprefix("https://repo.anaconda.com/")
    return "defaults" if plain in _MADE_OF else plain or None


def requirement(written: Written) -> Requirement:
    """Give a line of the `pip:` part; raise UserError for one that names no package of an index."""
    try:
        found = Requirement(written.text)
    except InvalidRequirement:
        found = None
    if found is None or found.url:
        hint = "a lock needs the hash of a file: only `name`, `name==1.2` … can be locked below `pip:`"
        raise UserError(f"`{written.text[:80]}` cannot be locked", place=written.place, hint=hint)
    return found


def _of_pip(written: Written, markers: Markers) -> dict[str, Any] | None:
    found = requirement(written)
    marker = written.text.rsplit(";", 1)[1].strip() if ";" in written.text else ""
    if marker and not markers.may_hold(marker):
        return None
    version = ",".join(sorted(str(clause) for clause in found.specifier)).replace("===", "==")
    row = {**_row(normalised(found.name), "pip", version or "*"), "extras": sorted(found.extras)}
    return {**row, "markers": marker} if marker else row


def content_hash(
    channels: Sequence[str], rows: Sequence[Mapping[str, Any]], virtual: Mapping[str, tuple[str, str]], platform: str
) -> str:
    """Give conda-lock's hash of the inputs for a platform; `virtual` are version and build of virtual packages."""
    packages = dict(_virtual(name, *value, platform) for name, value in virtual.items())
    document = {
        "channels": [json.dumps({"url": c, "used_env_vars": []}, separators=(",", ":")) for c in channels],
        "specs": list(rows),
        "virtual_package_hash": {
            "noarch": {"info": {"subdir": "noarch"}, "packages": {}},
            platform: {"info": {"subdir": platform}, "packages": packages},
        },
    }
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def _virtual(name: str, version: str, build: str, platform: str) -> tuple[str, dict[str, Any]]:
    whole = f"{build}_0" if build else "0"
    entry = {
        "name": name,
        "version": version,
        "build_string": build,
        "build_number": 0,
        "noarch": "",
        "depends": [],
        "timestamp": _EPOCH,
        "package_type": "virtual_system",
        "build": whole,
        "subdir": platform,
    }
    return f"{name}-{version}-{whole}.tar.bz2", entry
