"""The bundled recipes: the set that each of them was solved to is in order, and its broken neighbours are found.

`fixtures/recipes/NAME.txt` is what an installer chose on 2026-11-23 for the Python named here.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from envdoctor import recipe
from envdoctor.app.check import check
from envdoctor.app.options import At, Options
from envdoctor.model import Status

if TYPE_CHECKING:
    from envdoctor.model import Finding, Report

FIXTURES = Path(__file__).parents[1] / "fixtures"
SETS = {
    "bentoml-runner": ("recipes/bentoml-runner.txt", "3.11"),
    "bentoml-service": ("recipes/bentoml-service.txt", "3.12"),
    "ml-training": ("recipes/ml-training.txt", "3.8"),
    "mla-serve": ("recipes/mla-serve.txt", "3.12"),
    "mla-train": ("recipes/mla-train.txt", "3.12"),
    "ngpt-train": ("recipes/ngpt-train.txt", "3.12"),
    "tf-text-bert": ("founding/cured.txt", "3.11"),
}


def judged(name: str, listed: Path) -> Report:
    given = (f"python={SETS[name][1]}", "os=linux")
    return check(Options(subject=name, at=At(str(listed), given)), lambda _: None)


def told(report: Report, status: Status) -> list[Finding]:
    return [finding for finding in report.findings if finding.status is status]


def test_every_bundled_recipe_has_its_set() -> None:
    assert set(SETS) == set(recipe.bundled())


@pytest.mark.parametrize("name", SETS)
def test_the_set_of_a_bundled_recipe_is_in_order(name: str) -> None:
    report = judged(name, FIXTURES / SETS[name][0])
    assert [finding.title for finding in told(report, Status.ERROR)] == []
    assert len(told(report, Status.WARNING)) <= 1
    assert report.ok > 5


@pytest.mark.parametrize(
    ("name", "pins", "code"),
    [
        ("bentoml-runner", {"bentoml": "1.4.39"}, "BENTO001"),
        ("bentoml-runner", {"setuptools": "84.0.0"}, "SETUP001"),
        ("bentoml-runner", {"scikit-learn": ""}, "RECIPE001"),
        ("bentoml-service", {"bentoml": "1.2.20"}, "PYD006"),
        ("bentoml-service", {"pydantic-core": "2.20.0"}, "PYD001"),
        ("bentoml-service", {"pandas": ""}, "RECIPE001"),
        ("mla-serve", {"torch": "2.6.0"}, "VLLM002"),
        ("mla-serve", {"torch": "2.6.0"}, "TORCH010"),
        ("mla-serve", {"torch": "2.15.0"}, "VLLM002"),
        ("mla-serve", {"transformers": "4.40.0"}, "HF001"),
        ("mla-serve", {"vllm": ""}, "RECIPE001"),
        ("mla-train", {"torch": "2.2.0", "numpy": "2.1.0"}, "TORCH014"),
        ("mla-train", {"torch": "2.3.1"}, "RECIPE002"),
        ("mla-train", {"flash-attn": "2.5.0"}, "RECIPE002"),
        ("mla-train", {"numpy": ""}, "RECIPE001"),
        ("ngpt-train", {"torch": "2.1.0"}, "TORCH014"),
        ("ngpt-train", {"torch": "2.3.1"}, "RECIPE002"),
        ("ngpt-train", {"numpy": ""}, "RECIPE001"),
        ("ml-training", {"keras": "2.15.0"}, "KERAS001"),
        ("ml-training", {"tensorflow": ""}, "KERAS002"),
        ("ml-training", {"numpy": "2.1.0"}, "TF012"),
        ("ml-training", {"numpy": "2.1.0"}, "NP101"),
        ("tf-text-bert", {"keras": "3.5.0"}, "TF001"),
        ("tf-text-bert", {"tensorflow-text": "2.16.1"}, "TF003"),
        ("tf-text-bert", {"setuptools": "84.2.1"}, "TF014"),
        ("tf-text-bert", {"numpy": "2.1.0"}, "TF012"),
        ("tf-text-bert", {"tensorflow-hub": "0.12.0"}, "RECIPE002"),
        ("tf-text-bert", {"tensorflow-hub": ""}, "RECIPE001"),
    ],
)
def test_a_broken_neighbour_of_it_is_found(name: str, pins: dict[str, str], code: str, tmp_path: Path) -> None:
    assert code in {finding.code for finding in told(judged(name, neighbour(name, pins, tmp_path)), Status.ERROR)}


@pytest.mark.parametrize("name", ["mla-train", "ngpt-train"])
def test_beyond_the_newest_release_that_is_known_the_answer_is_unknown(name: str, tmp_path: Path) -> None:
    report = judged(name, neighbour(name, {"torch": "2.99.0"}, tmp_path))
    assert "TORCH042" in {finding.code for finding in told(report, Status.UNKNOWN)}


def neighbour(name: str, pins: dict[str, str], folder: Path) -> Path:
    """Write the set of a recipe with some packages in another version, or without them."""
    lines = (FIXTURES / SETS[name][0]).read_text().splitlines()
    kept = [line for line in lines if line.partition("==")[0] not in pins]
    changed = [f"{package}=={version}" for package, version in pins.items() if version]
    listed = folder / "freeze.txt"
    listed.write_text("\n".join([*kept, *changed]) + "\n")
    return listed
