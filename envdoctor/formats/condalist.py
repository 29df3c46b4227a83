"""What does `conda list --json` say is there?

One object a package: name, version, build and channel; what pip installed stands in the channel `pypi`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from envdoctor import cells
from envdoctor.errors import UserError
from envdoctor.formats import documents
from envdoctor.model import Listed, Place, normalised

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 20_000
_PIPS = ("pypi", "<pip>", "<develop>")
_HINT = "`conda list --json` prints one"


class CondaList(NamedTuple):
    """The packages of a conda environment, and for which platforms they are (`noarch` left out)."""

    entries: tuple[Listed, ...]
    platforms: tuple[str, ...]


def looks_like(text: str) -> bool:
    """Say whether a text is a list in JSON, as no list of requirements is."""
    return text.lstrip()[:1] == "["


def parse(text: str, file: str) -> CondaList:
    """Give what a list says is installed; raise UserError with the place."""
    found = documents.parse(text, file)
    if not isinstance(found, list) or len(found) > MOST:
        raise UserError("not a list of packages", place=Place(file), hint=_HINT)
    rows = [_row(number, one, file) for number, one in enumerate(found, start=1)]
    platforms = dict.fromkeys(
        one["platform"] for one in rows if one.get("platform") not in (None, "", "noarch", "pypi")
    )
    return CondaList(tuple(_entries(rows, file)), tuple(platforms))


def _row(number: int, one: Any, file: str) -> dict[str, str]:
    if not isinstance(one, dict):
        raise UserError(f"entry {number} is no package", place=Place(file), hint=_HINT)
    for key in ("name", "version"):
        if not isinstance(one.get(key), str) or not one[key].strip() or len(one[key]) > 200:
            raise UserError(f"entry {number} has no `{key}`", place=Place(file), hint=_HINT)
    return {key: value for key, value in one.items() if isinstance(value, str)}


def _entries(rows: list[dict[str, str]], file: str) -> Iterator[Listed]:
    for row in rows:
        from_conda = row.get("channel", "") not in _PIPS
        version = row["version"]
        yield Listed(
            name=row["name"].lower() if from_conda else normalised(row["name"]),
            specifier=f"{'==' if cells.version(version) else '==='}{version}",
            conda=from_conda,
            channel=row.get("channel", ""),
            build=row.get("build_string", "") if from_conda else "",
            place=Place(file),
        )
