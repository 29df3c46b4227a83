"""`--baseline`: what an earlier report holds does not fail again; what is new does, and nothing is hidden."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from envdoctor.app import filters
from envdoctor.app.check import check
from envdoctor.app.options import At, Filters, Options
from envdoctor.errors import UserError
from envdoctor.model import Held, Status
from envdoctor.report import json as as_json
from tests.gate.reports import finding, many

ROOT = Path(__file__).parents[2]
FOUNDING = ROOT / "fixtures" / "founding"
RECIPE = str(ROOT / "recipes" / "tf-text-bert.yml")


def judged(target: str, baseline: str = "", *, strict: bool = False, subject: str | None = RECIPE) -> Any:
    options = Options(subject, At(str(FOUNDING / target), ("python=3.11",) if target.endswith("txt") else ()))
    chosen = options._replace(filters=Filters(baseline=baseline, strict=strict))
    return check(chosen, lambda _: None)


def kept(tmp_path: Path, document: Any) -> str:
    (tmp_path / "base.json").write_text(document if isinstance(document, str) else json.dumps(document))
    return str(tmp_path / "base.json")


def test_what_the_baseline_holds_is_suppressed_and_stays_visible(tmp_path: Path) -> None:
    before = judged("snapshot.json")
    after = judged("snapshot.json", kept(tmp_path, as_json.render(before)))
    assert (before.exit_code, after.exit_code) == (1, 0)
    assert len(after.findings) == len(before.findings)
    assert {f.suppressed for f in after.findings} == {f"in the baseline {tmp_path}/base.json"}
    assert after.cure is None  # there is nothing left to cure
    assert json.loads(as_json.render(after))["summary"]["suppressed"] == len(after.findings)


def test_what_is_new_fails(tmp_path: Path) -> None:
    document = as_json.document(judged("snapshot.json"))
    document["findings"] = [one for one in document["findings"] if one["code"] != "TF014"]
    after = judged("snapshot.json", kept(tmp_path, document))
    assert after.exit_code == 1
    assert [f.code for f in after.findings if not f.suppressed] == ["TF014"]
    assert set(after.cure.fix.pins) == {"setuptools"}


@pytest.mark.parametrize(
    ("field", "value"), [("code", "TF999"), ("culprit", ["numpy"]), ("place", {"file": "other.yml", "line": 8})]
)
def test_equal_is_code_culprit_and_file(tmp_path: Path, field: str, value: Any) -> None:
    document = as_json.document(judged("snapshot.json"))
    (one,) = (one for one in document["findings"] if one["code"] == "TF001")
    one["title"], one["place"]["line"], one["evidence"] = "other words", 99, []  # these do not count
    assert judged("snapshot.json", kept(tmp_path, document)).exit_code == 0
    one[field] = value
    assert [f.code for f in judged("snapshot.json", kept(tmp_path, document)).findings if not f.suppressed] == ["TF001"]


def test_a_file_is_the_same_from_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    document = as_json.document(judged("snapshot.json", subject="recipes/tf-text-bert.yml"))
    assert judged("snapshot.json", kept(tmp_path, document), subject=RECIPE).exit_code == 0


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ({"schema": "envdoctor.facts/1"}, "not a report: its schema is not `envdoctor.report/1`"),
        ({"schema": "envdoctor.report/1"}, "`findings` must be a list"),
        ({"schema": "envdoctor.report/1", "findings": [1]}, "finding 1 is not one of a report"),
        ({"schema": "envdoctor.report/1", "findings": [{"culprit": 1}]}, "finding 1 is not one of a report"),
    ],
)
def test_what_is_no_report_is_refused_with_its_place(tmp_path: Path, document: Any, said: str) -> None:
    baseline = kept(tmp_path, document)
    with pytest.raises(UserError) as told:
        judged("snapshot.json", baseline)
    assert said in told.value.problem
    assert told.value.place.startswith(baseline)


def test_an_all_unknown_run_is_never_green_however_much_is_suppressed() -> None:
    unknown = many(2, Status.UNKNOWN)
    ignored = unknown.__class__(
        unknown.recipe, unknown.target, "", tuple(finding("HOST000", Status.UNKNOWN, suppressed="x") for _ in range(2))
    )
    assert [filters.exit_code(report, Filters(fail_on="never")) for report in (unknown, ignored)] == [3, 3]
    judged_too = ignored.__class__(
        ignored.recipe, ignored.target, "", ignored.findings, held=(Held("REQ001", "all there"),)
    )
    assert filters.exit_code(judged_too, Filters()) == 0


def test_a_baseline_of_one_unseen_fact_does_not_hide_another() -> None:
    from envdoctor.app import baseline
    from envdoctor.model import Fact, State

    driver, glibc = (
        finding("HOST000", Status.UNKNOWN, evidence=(Fact(name, state=State.UNSEEN),)) for name in ("driver", "glibc")
    )
    assert baseline.key(driver) != baseline.key(glibc)
