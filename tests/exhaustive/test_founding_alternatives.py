"""Each TensorFlow from the first with Keras 3 on: the founding scenario fails, and the legacy way of TF001 trains it.

`python3 tests --exhaustive` writes what it saw to fixtures/results/founding-alternatives.json.
"""

from __future__ import annotations

import datetime
import json
from typing import TYPE_CHECKING

import pytest

from envdoctor import matrix
from tests.processes import run
from tests.real.environments import ROOT, made, python, surroundings, the_uv
from tests.real.test_founding import SCENARIO

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.exhaustive
PYTHON = python("3.11")
RESULTS = ROOT / "fixtures" / "results" / "founding-alternatives.json"
(TF001,) = (claim for claim in matrix.load().everything() if claim.code == "TF001")
LEGACY = {name: value for name, value in TF001.fixes[1].env.items() if value is not None}
MINORS = [f"2.{minor}" for minor in range(16, 22)]


def record(minor: str, seen: dict[str, object]) -> None:
    """Write what was seen of one TensorFlow beside what is known of the others."""
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    known[minor] = {"date": datetime.datetime.now(datetime.UTC).date().isoformat(), **seen}
    RESULTS.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n")


@pytest.mark.skipif(PYTHON is None, reason="needs Python 3.11")
@pytest.mark.parametrize("minor", MINORS)
def test_it_fails_under_keras_3_and_trains_the_legacy_way(minor: str, tmp_path: Path) -> None:
    assert PYTHON is not None
    same = [f"{name}=={minor}.*" for name in ("tensorflow", "tensorflow-text", "tf-keras")]
    target = made(tmp_path / "venv", *same, "tensorflow-hub", "setuptools<82", interpreter=PYTHON)
    plain = run([str(target), str(SCENARIO)], variables=surroundings())
    legacy = run([str(target), str(SCENARIO)], variables=surroundings(**LEGACY))
    listed = run([the_uv(), "pip", "freeze", "--python", str(target)]).stdout.splitlines()
    kept = [line for line in listed if line.startswith(("tensorflow", "keras", "tf-keras", "numpy", "setuptools"))]
    record(minor, {"installed": kept, "plain": plain.document, "legacy": legacy.document})
    assert "A KerasTensor is symbolic: " in plain.stderr
    assert legacy.document == {"trainable": 3, "moved": True, "loss_finite": True, "ok": True}
