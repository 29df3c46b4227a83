"""The report: JSON that fits its schema, text for eighty columns, nothing hostile on the terminal."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest

from envdoctor import report
from envdoctor.app.check import check
from envdoctor.app.options import At, Options
from envdoctor.model import Cure, Fact, Finding, Fix, Held, Place, Recipe, Report, Source, State, Status, Target
from envdoctor.report import json as as_json
from envdoctor.report import layout, screen
from tests.examples import rendered

SCHEMA = json.loads((Path(report.__file__).parent / "schemas" / "report-1.json").read_text())
FOUNDING = Path(__file__).parents[1] / "fixtures" / "founding"
SUBJECTS = [("tf-text-bert", "freeze.txt"), (None, "snapshot.json"), ("ml-training", "cured.txt"), (None, "nothing")]


HELD = (Held("REQ001", "declared dependencies are there", 6), Held("TF003", "one minor release"))


def example() -> Report:
    """Give a report that has one of everything."""
    fix = Fix(pins={"keras": "<3", "tf-keras": "*"}, env={"LEGACY": "1", "OTHER": None}, note="first; then")
    keras = Fact("keras", "3.5", "/venv/keras-3.5.dist-info")
    findings = (
        Finding(
            "TF901", Status.ERROR, "version-pair", "keras 3 \x1b[31m", "because", ("keras",), (keras,), fixes=(fix,)
        ),
        Finding(
            "REQ002", Status.WARNING, "requirement", "keras is not declared", culprit=("keras",), evidence=(keras,)
        ),
        Finding("HOST000", Status.UNKNOWN, "other", "1 waits", evidence=(Fact("driver", state=State.UNSEEN),)),
        Finding("PY001", Status.INFO, "python-version", "old", source=Source("https://x", "2026-11-20", "documented")),
        Finding("FILE001", Status.ERROR, "mixed-install", "twice", suppressed="known", place=Place("r.yml", 3, 4)),
    )
    target = Target("interpreter", "~/venv/bin/python", "VIRTUAL_ENV")
    cure = Cure(Fix(pins={"keras": "<3"}, command="pip install 'keras<3'", resolved=True), ("TF901",), ())
    recipe = Recipe("r", "recipe", "r.yml")
    return Report(recipe, target, "", findings, HELD, exit_code=1, cure=cure, verify="envdoctor check")


def test_the_example_fits_the_schema() -> None:
    jsonschema.validate(json.loads(as_json.render(example())), SCHEMA)


@pytest.mark.parametrize(("subject", "target"), SUBJECTS)
def test_every_report_fits_the_schema(subject: str | None, target: str) -> None:
    given = () if target.endswith("json") else ("python=3.11",)
    found = check(Options(subject=subject, at=At(str(FOUNDING / target), given)), lambda _: None)
    document = json.loads(as_json.render(found))
    jsonschema.validate(document, SCHEMA)
    assert document["summary"]["error"] == sum(
        f["status"] == "error" and not f["suppressed"] for f in document["findings"]
    )


def test_text_fits_eighty_columns_and_counts_last() -> None:
    lines = rendered(example()).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0] == "target: interpreter ~/venv/bin/python (VIRTUAL_ENV)"
    assert lines[-1] == "1 error, 1 warning, 1 unknown, 1 info, 1 suppressed, 7 ok"


def test_no_control_character_reaches_the_terminal() -> None:
    assert "\x1b" not in rendered(example())
    assert layout.clean("a\x1b]0;x\x07\u202eb\ud800") == "a?]0;x??b?"


def test_colour_adds_nothing_but_colour() -> None:
    coloured = screen.coloured(layout.lines(example()))
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == rendered(example())


def test_a_consequence_is_folded_under_its_cause() -> None:
    assert "with it: warning REQ002" in rendered(example())
    assert rendered(example()).count("REQ002") == 1


def test_quiet_is_a_line_a_problem_and_verbose_tells_where_facts_were_read() -> None:
    assert "cause:" not in rendered(example(), layout.QUIET)
    assert "keras-3.5.dist-info" in rendered(example(), layout.VERBOSE)


def test_a_long_command_is_broken_so_that_a_shell_still_takes_it() -> None:
    lines = layout.pasted("pip install " + " ".join(f"'package-{n}<{n}'" for n in range(20)), 80)
    assert max(map(len, lines)) <= 80
    assert all(line.endswith(" \\") for line in lines[:-1])
    assert " ".join(line.rstrip("\\").strip() for line in lines).split() == [
        "pip",
        "install",
        *(f"'package-{n}<{n}'" for n in range(20)),
    ]
