"""The founding failure for real: it fails as told, and what envdoctor prints cures it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.processes import Done, run
from tests.real.environments import ROOT, envdoctor, install, made, python, surroundings, the_uv
from tests.real.smoking import smoke

pytestmark = pytest.mark.real
FOUNDING = ROOT / "fixtures" / "founding"
SCENARIO = Path(__file__).with_name("kerastensor.py")
PYTHON = python("3.11")
needs_python = pytest.mark.skipif(PYTHON is None, reason="TensorFlow 2.15 has wheels up to Python 3.11")


def scenario(target: Path) -> Done:
    return run([str(target), str(SCENARIO)], variables=surroundings())


@needs_python
def test_the_failure_is_as_told_and_the_printed_command_ends_it(tmp_path: Path) -> None:
    assert PYTHON is not None
    options = ("--no-deps", "--requirement", str(FOUNDING / "freeze.txt"))
    target = made(tmp_path / "founding", interpreter=PYTHON, options=options)
    judged = envdoctor("check", "tf-text-bert", "--online", "--json", "--target", str(target))
    assert judged.status == 1
    assert judged.codes("error") == ["TF001", "TF014"]
    fix = judged.report["fix"]
    assert fix["pins"] == {"tensorflow-text": "==2.15.*", "tf-models-official": "==2.15.*", "setuptools": "<82"}
    assert (fix["resolved"], fix["cures"], fix["leaves"]) == (True, ["TF001", "TF014"], [])

    assert "No module named 'pkg_resources'" in scenario(target).stderr
    assert "TF014" in smoke(target, "tf-text").problem
    install(target, "setuptools<82")
    assert "TF001" in smoke(target, "tf-text").problem
    unfixed = scenario(target)
    assert unfixed.status == 1
    assert "A KerasTensor is symbolic: " in unfixed.stderr

    path = f"{Path(the_uv()).parent}:{os.environ['PATH']}"
    pasted = run(["sh", "-ec", fix["command"]], variables=surroundings(PATH=path))
    assert pasted.status == 0, pasted.stderr
    assert envdoctor("check", "tf-text-bert", "--target", str(target)).status == 0
    cured = scenario(target)
    assert cured.status == 0, cured.stderr
    assert '"moved": true' in cured.stdout
    tried = smoke(target, "tf-text")
    assert (tried.trouble(), tried.status, tried.report["summary"]["ok"]) == ("", 0, 1)


@needs_python
def test_an_environment_with_exactly_the_printed_pins_trains(tmp_path: Path) -> None:
    assert PYTHON is not None
    words = ["check", "tf-text-bert", "--online", "--json", "--target", str(FOUNDING / "snapshot.json")]
    pins = envdoctor(*words).report["fix"]["pins"]
    target = made(tmp_path / "cured", *(f"{name}{cell}" for name, cell in pins.items()), interpreter=PYTHON)
    trained = scenario(target)
    assert trained.status == 0, trained.stderr
    assert '"moved": true' in trained.stdout
    judged = envdoctor("check", "tf-text-bert", "--json", "--target", str(target))
    assert (judged.status, judged.codes("error")) == (0, [])


def test_on_python_3_12_the_next_alternative_is_given_and_why() -> None:
    words = ["--target", str(FOUNDING / "freeze.txt"), "--fact", "python=3.12"]
    fix = envdoctor("check", "tf-text-bert", "--online", "--json", *words).report["fix"]
    assert fix["resolved"] is True
    assert fix["env"] == {"TF_USE_LEGACY_KERAS": "1"}
    assert fix["pins"].keys() == {"tf-keras", "setuptools"}
    assert "cp312" in fix["note"]
    assert "tensorflow-text" in fix["note"]


def test_the_founding_conda_file_is_cured_by_the_executed_pins(tmp_path: Path) -> None:
    (tmp_path / "freeze.txt").write_text(
        "pip==25.0\nkeras==2.15.0\ntensorflow==2.2.0\nnumpy==1.24.4\npandas==2.0.3\nscikit-learn==1.3.2\n"
        "matplotlib==3.7.5\nseaborn==0.13.2\njupyter==1.1.1\n"
    )
    words = ["--target", str(tmp_path / "freeze.txt"), "--fact", "python=3.8"]
    fix = envdoctor("check", "ml-training", "--online", "--json", *words).report["fix"]
    assert fix["resolved"] is True
    assert {"tensorflow": "==2.13.1", "keras": "==2.13.1"}.items() <= fix["pins"].items()


def test_a_fix_that_nothing_can_install_is_marked_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "r.yml").write_text("recipe: 1\nname: r\npackages: {torch: '>=2.4,<2.5', numpy: '>=99'}\n")
    (tmp_path / "freeze.txt").write_text("numpy==2.0.0\n")
    words = ["--target", str(tmp_path / "freeze.txt"), "--fact", "python=3.12"]
    done = envdoctor("check", str(tmp_path / "r.yml"), "--online", "--json", *words)
    fix = done.report["fix"]
    assert (done.status, fix["resolved"], fix["cures"]) == (1, False, [])
    assert "numpy" in fix["note"]
