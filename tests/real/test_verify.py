"""Claims tried for real: three small ones of the matrix hold, a wrong one is contradicted, Ctrl-C leaves nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.processes import run
from tests.real.environments import ROOT, surroundings
from tests.test_verify import MATRIX as WHOLE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.processes import Done

pytestmark = pytest.mark.real
CODE = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from envdoctor.cli import main; main()"
MATRIX = WHOLE.replace('    - env: {LEGACY: "1"}\n      gives: {jinja2: 2.11.3}\n', "").replace("3.9.18", "'>=3.8'")
SMALL = ("SRV013", "PYD001", "NP301")


def verify(folder: Path, *words: str) -> Done:
    command = [sys.executable, "-I", "-c", CODE, "rules", "verify", "--results", str(folder / "kept.json"), *words]
    return run(command, folder=folder, variables=surroundings())


def test_three_small_claims_of_the_matrix_hold_when_they_are_tried(tmp_path: Path) -> None:
    done = verify(tmp_path, *(word for code in SMALL for word in ("--only", code)))
    assert done.status == 0, done.stdout
    assert done.stdout.splitlines()[-1] == "3 claims tried: 3 executed, 0 contradicted"
    kept = json.loads((tmp_path / "kept.json").read_text())
    assert set(kept["claims"]) == set(SMALL)
    assert verify(tmp_path, "--only", SMALL[0]).stdout == "0 claims tried: 0 executed, 0 contradicted\n"


def test_a_wrong_claim_is_contradicted_and_a_right_one_beside_it_is_brought_up_to_date(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    untrue = MATRIX.replace("SITE00", "SITE01").replace("markupsafe: 2.0.1}", "markupsafe: 2.1.1}")
    (site / "m.yml").write_text(MATRIX + untrue)
    done = verify(tmp_path, "--matrix", str(site), "--only", "SITE", "--write")
    assert done.status == 1
    said = " ".join(done.stdout.split())
    assert "contradicted SITE011, good: fails: ImportError: cannot import name 'soft_unicode'" in said
    assert "contradicted SITE012, good" not in said  # what it says of 2.1.1 is so
    assert said.endswith("4 claims tried: 3 executed, 1 contradicted 3 entries brought up to date")
    after = (site / "m.yml").read_text().split("- rule: SITE011")
    assert "evidence: documented" not in after[0]
    assert "evidence: documented" in after[1]


def test_ctrl_c_ends_the_installers_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "m.yml").write_text(MATRIX)
    command = [sys.executable, "-I", "-c", CODE, "rules", "verify", "--matrix", str(tmp_path), "--only", "SITE"]
    variables = surroundings(TMPDIR=str(tmp_path))
    process = subprocess.Popen(command, cwd=tmp_path, env=variables, stderr=subprocess.PIPE, text=True)
    began = time.monotonic()
    while not list(tmp_path.glob("envdoctor-verify-*/SITE*")) and time.monotonic() - began < 60:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.strip().endswith("error: interrupted")
    assert list(tmp_path.glob("envdoctor-verify-*")) == []
    assert not [pid for pid in os.listdir("/proc") if pid.isdigit() and str(tmp_path) in _command(pid)]


def _command(pid: str) -> str:
    try:
        with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
