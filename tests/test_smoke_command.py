"""`smoke` as a command: its results in every format, by code, kept and cited; what is asked for wrongly."""

from __future__ import annotations

import json
import os
import sys
import venv
from pathlib import Path

import pytest

from envdoctor.app import knowledge, smoke
from envdoctor.errors import UserError
from envdoctor.facts import At
from envdoctor.model import Status
from envdoctor.smoke import codes
from tests.processes import run

ROOT = Path(__file__).parents[1]


def test_a_result_goes_to_every_format_by_code_and_is_cited_as_long_as_the_target_is_the_same(tmp_path: Path) -> None:
    rows = [
        {"trial": "good", "status": "done", "figures": [{"name": "a", "got": 1, "equal": 1}]},
        {"trial": "bad", "status": "done", "figures": [{"name": "loss", "got": 0.2, "most": 0.1}]},
    ]
    printed = json.dumps({"schema": "envdoctor.smoke/1", "trials": rows})
    (tmp_path / "smoke.py").write_text(f"print({printed!r})")
    (tmp_path / "r.yml").write_text("recipe: 1\nname: r\nsmoke: [{run: smoke.py}]\n")
    variables = {"PATH": os.environ["PATH"], "XDG_STATE_HOME": str(tmp_path / "state"), "HOME": str(tmp_path)}
    started = [sys.executable, "-m", "envdoctor"]

    def told(*words: str) -> tuple[int, str]:
        done = run([*started, *words, "--target", sys.executable], variables=variables, folder=ROOT)
        return done.status, done.stdout

    recipe = str(tmp_path / "r.yml")
    for form in ("text", "json", "sarif", "junit", "github", "gitlab", "markdown"):
        status, text = told("smoke", recipe, "--format", form)
        assert (status, "SMOKE001" in text, "loss" in text) == (1, True, True), form
    assert told("smoke", recipe, "--ignore", "SMOKE001")[0] == 0
    assert told("smoke", recipe, "--select", "NOPE")[0] == 2
    assert "held: good; failed: bad" in told("check", "--select", "SMOKE")[1].replace("\n  ", " ")


def test_every_code_of_smoke_is_explained() -> None:
    assert codes.TITLES.keys() == codes.MEANING.keys()
    for code, title in codes.TITLES.items():
        assert knowledge.explain(code).text.startswith(title)


def test_a_group_that_is_none_is_told_with_the_nearest() -> None:
    with pytest.raises(UserError, match="is no group") as told:
        smoke.smoke(smoke.Asked(groups=("gp",)), print)
    assert told.value.hint == "did you mean `gpu`?"


def test_torch_is_missed_with_its_command_where_nothing_is_asked_for(tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", symlinks=True)
    asked = smoke.Asked(at=At(str(tmp_path / "venv" / "bin" / "python")))
    report = smoke.smoke(asked, print).report
    assert [(one.status, one.title) for one in report.findings] == [(Status.ERROR, "torch is not installed")]
    assert report.findings[0].fixes[0].command.endswith(" torch")
