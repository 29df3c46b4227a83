"""The large bundled recipes: locked twice with the same bytes, free of errors for today's rules, and installed.

`python3 tests --exhaustive` writes what it saw to fixtures/results/locks.json. What is larger than this machine should
have to hold is judged from its lock alone.
"""

from __future__ import annotations

import datetime
import json
import time
from typing import TYPE_CHECKING

import pytest

from tests.real.environments import ROOT, envdoctor
from tests.real.test_locks import DAY, agrees, installed, locked, needs_python, smoke

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.exhaustive
RESULTS = ROOT / "fixtures" / "results" / "locks.json"
MOST_BYTES = 500_000_000


def record(recipe: str, seen: dict[str, object]) -> None:
    """Write what was seen of one recipe beside what is known of the others."""
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    known[recipe] = {"date": datetime.datetime.now(datetime.UTC).date().isoformat(), **seen}
    RESULTS.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n")


@needs_python
@pytest.mark.parametrize("recipe", ["bentoml-service", "mla-serve", "mla-train", "ngpt-train"])
def test_a_large_recipe_is_locked_twice_with_the_same_bytes_and_holds(tmp_path: Path, recipe: str) -> None:
    began = time.monotonic()
    (lock,) = locked(tmp_path, recipe).report["locks"]
    took = time.monotonic() - began
    path = tmp_path / f"pylock.{recipe}.toml"
    before = path.read_bytes()
    assert locked(tmp_path, recipe).report["locks"][0]["same"]
    path.unlink()
    locked(tmp_path, recipe)
    assert path.read_bytes() == before
    judged = envdoctor("check", recipe, "--target", str(path), "--fact", "driver=580.65.06", "--json")
    assert judged.codes("error") == []
    fits = lock["size"] < MOST_BYTES
    if fits:
        target = installed(tmp_path, path)
        agrees(tmp_path, recipe, target)
        smoke(recipe, target)
    ruled_out = [f"{ruling['code']}: {', '.join(ruling['bounds'])}" for ruling in lock["rulings"]]
    seen = {"packages": lock["packages"], "megabytes": lock["size"] // 1_000_000, "ruled out": ruled_out}
    record(recipe, {"before": DAY[1], **seen, "seconds": round(took, 1), "installed and smoked": fits})
