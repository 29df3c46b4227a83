"""Keep what trials showed under the fingerprint of the target: it holds for those contents, and for no others."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from envdoctor.errors import UserError
from envdoctor.formats import files
from envdoctor.model import Finding, Status

if TYPE_CHECKING:
    from collections.abc import Iterable

SCHEMA = "envdoctor.verified/1"
CODE = "SMOKE000"
_FINGERPRINT = re.compile(r"sha256:([0-9a-f]{64})")


def folder() -> Path:
    """Give the folder of the records."""
    base = os.environ.get("XDG_STATE_HOME") or ""
    return Path(base if base.startswith("/") else os.path.expanduser("~/.local/state")) / "envdoctor" / "smoke"


def keep(fingerprint: str, day: str, held: Iterable[str], failed: Iterable[str]) -> bool:
    """Keep which trials held and which failed on a day, over what was kept of the same; say whether it could."""
    path = _path(fingerprint)
    if path is None:
        return False
    trials = _read(path) | dict.fromkeys(held, (day, True)) | dict.fromkeys(failed, (day, False))
    rows = {trial: {"on": on, "held": good} for trial, (on, good) in sorted(trials.items())}
    document = {"schema": SCHEMA, "fingerprint": fingerprint, "trials": rows}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_whole(path, json.dumps(document, indent=1) + "\n")
    except (OSError, UserError):
        return False
    return True


def cited(fingerprint: str) -> Finding | None:
    """Give what is known of a fingerprint as a finding, or nothing."""
    path = _path(fingerprint)
    trials = _read(path) if path is not None else {}
    if not trials:
        return None
    held = [trial for trial, (_, good) in trials.items() if good]
    failed = [trial for trial, (_, good) in trials.items() if not good]
    days = sorted({on for on, _ in trials.values()})
    parts = [f"held: {', '.join(held)}"] if held else []
    parts += [f"failed: {', '.join(failed)}"] if failed else []
    status = Status.WARNING if failed else Status.INFO
    cause = f"{'; '.join(parts)} (on this very fingerprint; `envdoctor smoke` tries again)"
    return Finding(CODE, status, "other", f"tried by `smoke` on {' and '.join(days)}", cause)


def _path(fingerprint: str) -> Path | None:
    found = _FINGERPRINT.fullmatch(fingerprint)
    return folder() / f"{found[1]}.json" if found else None


def _read(path: Path) -> dict[str, tuple[str, bool]]:
    try:
        document = json.loads(files.read_text(path))
        if document["schema"] != SCHEMA:
            return {}
        return {str(trial): (str(row["on"]), row["held"] is True) for trial, row in document["trials"].items()}
    except (UserError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}
