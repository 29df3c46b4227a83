"""Every claim that can be tried on this computer, tried: sets that work, sets that fail, fixes that cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from envdoctor.app import verify

KEPT = Path(__file__).parents[2] / "fixtures" / "results" / "claims.json"


@pytest.mark.exhaustive
def test_what_every_claim_says_comes_true(tmp_path: Path) -> None:
    wanted = verify.Wanted(minutes=480, disk=30, kept=tmp_path / "claims.json", work=tmp_path / "work")
    found = verify.verify(wanted, lambda *_: None)
    contradicted = {one.code: [o.told for o in one.outcomes if o.held is False] for one in found.results if one.refuted}
    assert contradicted == {}
    assert found.left == ()
    KEPT.write_bytes(wanted.kept.read_bytes())
