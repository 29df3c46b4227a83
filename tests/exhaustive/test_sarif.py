"""What GitHub takes: the SARIF report under Microsoft's validator with GitHub's rules, which come as 44 MB of npm."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
from typing import TYPE_CHECKING

import pytest

from tests.gate import stacks
from tests.processes import run
from tests.real.environments import envdoctor

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.exhaustive
VALIDATOR = "@microsoft/sarif-multitool-linux@5.7.0"
RESULT = stacks.ROOT / "fixtures" / "results" / "sarif-multitool.json"


@pytest.mark.skipif(not shutil.which("npm"), reason="the validator is had by npm")
def test_githubs_rules_find_no_error_and_no_new_warning(tmp_path: Path) -> None:
    assert run(["npm", "pack", "--silent", VALIDATOR], folder=tmp_path).status == 0
    (packed,) = tmp_path.glob("*.tgz")
    with tarfile.open(packed) as archive:
        archive.extractall(tmp_path, filter="data")
    program = tmp_path / "package" / "Sarif.Multitool"
    program.chmod(0o755)
    report = tmp_path / "envdoctor.sarif"
    envdoctor("check", str(stacks.RECIPE), "--target", str(stacks.FOUNDING / "snapshot.json"), "-o", f"sarif={report}")
    words = ["validate", str(report), "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning"]
    words += ["--output", str(tmp_path / "found.sarif")]
    variables = {**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
    assert run([str(program), *words], variables=variables).status == 0
    (judged,) = json.loads((tmp_path / "found.sarif").read_text())["runs"]
    found = sorted({f"{result.get('level', 'warning')} {result['ruleId']}" for result in judged["results"]})
    assert found == json.loads(RESULT.read_text())["found"]
