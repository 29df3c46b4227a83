"""The founding failure, as lists and as a snapshot: found, explained, cured, and quiet once it is cured."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from envdoctor.app.check import check
from envdoctor.app.options import At, Options
from envdoctor.model import Status

if TYPE_CHECKING:
    from envdoctor.model import Report

FOUNDING = Path(__file__).parents[1] / "fixtures" / "founding"
PUBLISHED = {"tensorflow-text": "==2.15.*", "tf-models-official": "==2.15.*"}
CURE = {**PUBLISHED, "setuptools": "<82"}


def quiet(_: str) -> None:
    """Hear of progress and say nothing."""


def judge(target: Path, subject: str | None = "tf-text-bert", *given: str) -> Report:
    return check(Options(subject=subject, at=At(str(target), given)), quiet)


def errors(report: Report) -> list[str]:
    return [finding.code for finding in report.findings if finding.status is Status.ERROR]


def changed(name: str, folder: Path, **pins: str | None) -> Path:
    """Give a copy of a list with versions replaced or, for None, taken out."""
    wanted = {key.replace("_", "-"): value for key, value in pins.items()}
    lines = (FOUNDING / name).read_text().splitlines()
    kept = [line for line in lines if line.partition("==")[0] not in wanted]
    path = folder / "freeze.txt"
    path.write_text("\n".join([*kept, *(f"{key}=={value}" for key, value in wanted.items() if value)]) + "\n")
    return path


@pytest.mark.parametrize("target", ["freeze.txt", "snapshot.json"])
def test_both_culprits_are_found_and_one_fix_ends_them(target: str) -> None:
    given = ["python=3.11"] if target.endswith(".txt") else []
    report = judge(FOUNDING / target, "tf-text-bert", *given)
    assert report.exit_code == 1
    assert errors(report) == ["TF001", "TF014"]
    assert report.cure is not None
    assert report.cure.fix.pins == CURE
    assert report.cure.fix.resolved is None
    assert "--online" in report.cure.fix.note
    assert report.cure.cures == ("TF001", "TF014")


def test_on_python_3_12_without_the_index_it_is_the_first_alternative_unsolved() -> None:
    report = judge(FOUNDING / "freeze.txt", "tf-text-bert", "python=3.12")
    assert report.cure is not None
    assert report.cure.fix.pins == CURE
    assert report.cure.fix.resolved is None


def test_the_published_pins_alone_still_fail_and_setuptools_is_named(tmp_path: Path) -> None:
    report = judge(changed("cured.txt", tmp_path, setuptools="84.2.1"), "tf-text-bert", "python=3.11")
    assert report.exit_code == 1
    assert errors(report) == ["TF014"]
    assert report.findings[0].culprit == ("setuptools",)


def test_without_setuptools_a_list_gives_a_warning_and_a_complete_record_an_error(tmp_path: Path) -> None:
    path = changed("cured.txt", tmp_path, setuptools=None, pip=None, wheel=None)
    report = judge(path, "tf-text-bert", "python=3.11")
    (finding,) = (f for f in report.findings if f.code == "TF014")
    assert finding.status is Status.WARNING
    assert "does not say" in finding.cause
    assert errors(judge(path, "tf-text-bert", "python=3.12")) == ["TF014"]


def test_the_full_set_is_quiet() -> None:
    report = judge(FOUNDING / "cured.txt", "tf-text-bert", "python=3.11")
    assert report.exit_code == 0
    assert errors(report) == []
    assert report.cure is None


def test_the_legacy_way_with_its_variable_is_quiet(tmp_path: Path) -> None:
    path = changed("freeze.txt", tmp_path, setuptools="81.0.0")
    report = judge(path, "tf-text-bert", "python=3.11", "env.TF_USE_LEGACY_KERAS=1")
    assert errors(report) == []
    assert report.exit_code == 0
    assert errors(judge(path, "tf-text-bert", "python=3.11")) == ["TF001"]


@pytest.mark.parametrize("subject", [None, "asks"])
def test_where_nobody_says_that_the_layer_is_used_it_is_a_warning(subject: str | None, tmp_path: Path) -> None:
    recipe = tmp_path / "asks.yml"
    recipe.write_text("recipe: 1\nname: asks\npackages: {tensorflow-hub: '*'}\n")
    report = judge(FOUNDING / "freeze.txt", str(recipe) if subject else None, "python=3.11")
    status = {finding.code: finding.status for finding in report.findings}
    assert status["TF001"] is Status.WARNING
    assert status["TF014"] is Status.ERROR
    assert report.exit_code == 1


def test_the_founding_conda_file_names_keras_without_its_tensorflow(tmp_path: Path) -> None:
    path = tmp_path / "freeze.txt"
    others = "pip setuptools scikit-learn pandas matplotlib jupyter".split()
    common = "\n".join(f"{name}==1.0" for name in others)
    for beside in ("tensorflow==2.2.0\n", ""):
        path.write_text(f"{common}\nnumpy==1.24.4\nseaborn==0.13.2\nkeras==2.15.0\n{beside}")
        report = judge(path, "ml-training", "python=3.8")
        assert report.exit_code == 1
        assert report.cure is not None
        assert {"tensorflow": "==2.13.1", "keras": "==2.13.1"}.items() <= report.cure.fix.pins.items()
        ends_of_life = [f for f in report.findings if f.status is Status.INFO and "3.8" in f.cause]
        assert len(ends_of_life) == 1


def test_a_second_look_gives_the_same_report() -> None:
    first, second = (judge(FOUNDING / "snapshot.json") for _ in range(2))
    assert dataclasses.asdict(first) == dataclasses.asdict(second)
