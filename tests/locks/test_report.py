"""What a lock tells: lines for a person, JSON after its schema for a program."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema

from envdoctor.report import layout, lock
from tests.locks.kitchen import RULE

if TYPE_CHECKING:
    from tests.locks.kitchen import Kitchen

SCHEMA = Path(lock.__file__).parent / "schemas" / "locks-1.json"


def test_what_was_ruled_out_and_what_moved_is_told_in_both_forms(kitchen: Kitchen) -> None:
    kitchen.lock()
    kitchen.write(matrix=RULE)
    written = kitchen.lock(dry=True)
    document = json.loads(lock.render(written))
    jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    assert document["locks"][0]["moved"][0]["why"] == "SYN001: engine 2 cannot run a model of the old kind"
    text = layout.plain(lock.lines(written, 200))
    assert "own.toml: 2 packages for Python 3.11, 2 kB to download, up to 2026-11-20T00:00:00Z: not written" in text
    assert "ruled out SYN001: engine 2 cannot run a model of the old kind" in text
    assert "engine  2.0 → 1.5  (SYN001: engine 2 cannot run a model of the old kind)" in text
