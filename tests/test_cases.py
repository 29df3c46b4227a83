"""Golden cases: a folder with a subject and a snapshot, and the whole report that they give.

`WRITE_CASES=1 python3 tests tests/test_cases.py` writes the reports anew; read the difference before it is committed.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from envdoctor.app.check import check
from envdoctor.app.options import At, Options
from tests.examples import rendered

CASES = Path(__file__).parents[1] / "fixtures" / "cases"


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda path: str(path.name))
def test_a_case_gives_its_report(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case)
    subject = next((name for name in ("recipe.yml", "environment.yml") if Path(name).exists()), None)
    report = check(Options(subject, At("facts.json")), lambda _: None)
    shown = f"{rendered(report)}exit status {report.exit_code}\n"
    if os.environ.get("WRITE_CASES"):
        (case / "report.txt").write_text(shown, encoding="utf-8")
    assert shown == (case / "report.txt").read_text(encoding="utf-8")
