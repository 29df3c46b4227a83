"""Keep what trials showed as JSON (`envdoctor.verification/1`): written after every claim, so that a run can go on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from envdoctor.errors import UserError
from envdoctor.formats import files
from envdoctor.model.verification import Outcome, Role, Verification

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SCHEMA = "envdoctor.verification/1"


def read(path: Path) -> dict[str, Verification]:
    """Give the results kept in a file, none if there is no such file; raise UserError if it is something else."""
    if not path.exists():
        return {}
    try:
        document = json.loads(files.read_text(path))
        if document.get("schema") != SCHEMA:
            raise ValueError(SCHEMA)
        return {code: _verification(code, row) for code, row in document["claims"].items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        hint = "name another file with `--results`"
        raise UserError("holds no results of `rules verify`", place=str(path), hint=hint) from None


def _verification(code: str, row: Mapping[str, Any]) -> Verification:
    return Verification(code, row["checked"], row["platform"], [_outcome(outcome) for outcome in row["outcomes"]])


def _outcome(row: Mapping[str, Any]) -> Outcome:
    return Outcome(**{**row, "role": Role(row["role"])})


def write(path: Path, results: Mapping[str, Verification]) -> None:
    """Write the results of all claims, whole or not at all."""
    claims = {
        code: {
            "checked": result.checked,
            "platform": result.platform,
            "outcomes": [_row(outcome) for outcome in result.outcomes],
        }
        for code, result in sorted(results.items())
    }
    files.write_whole(path, json.dumps({"schema": SCHEMA, "claims": claims}, indent=1, ensure_ascii=False) + "\n")


def _row(outcome: Outcome) -> dict[str, Any]:
    return {**outcome._asdict(), "versions": dict(sorted(outcome.versions.items()))}
