"""Which findings does an earlier report hold, as `envdoctor check --json` wrote it?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from envdoctor.errors import UserError
from envdoctor.formats import documents, files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA = "envdoctor.report/1"
_HINT = "`envdoctor check -o json=FILE` writes one"

Known = tuple[str, tuple[str, ...], str]


def read(path: Path) -> frozenset[Known]:
    """Give of every finding of a report the code, whom it blames (or else speaks of) and the place's file.

    Raise UserError with the place if it is no report.
    """
    found = documents.parse(files.read_text(path), str(path))
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise UserError(f"not a report: its schema is not `{SCHEMA}`", place=str(path), hint=_HINT)
    return frozenset(_known(found.get("findings"), str(path)))


def _known(findings: Any, file: str) -> Iterator[Known]:
    if not isinstance(findings, list):
        raise UserError("`findings` must be a list", place=file, hint=_HINT)
    for number, one in enumerate(findings):
        place = one.get("place") if isinstance(one, dict) else None
        whom = (one.get("culprit") or one.get("packages")) if isinstance(one, dict) else None
        where = place.get("file") if isinstance(place, dict) else ""
        if not isinstance(one, dict) or not isinstance(whom, list) or not isinstance(where, str):
            raise UserError(f"finding {number + 1} is not one of a report", place=file, hint=_HINT)
        yield str(one.get("code")), tuple(str(name) for name in whom), where
