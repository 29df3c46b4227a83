"""The iris service and the classic stack in a real environment: fitted, drawn, executed, served and built."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.real.environments import made
from tests.real.smoking import smoke

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.real
PACKAGES = ("bentoml", "scikit-learn", "pandas", "jupyter", "matplotlib", "seaborn", "setuptools<82", "uv")
RUNNERS = """\
import bentoml
from bentoml.io import NumpyNdarray

runner = bentoml.sklearn.get("iris_clf:latest").to_runner()
svc = bentoml.Service("iris_classifier", runners=[runner])
"""
CLASS = """\
import bentoml


@bentoml.service
class Doubled:
    @bentoml.api
    def double(self, number: float) -> float:
        return 2 * number
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the Python of an environment that serves."""
    return made(tmp_path_factory.mktemp("serving") / "venv", *PACKAGES)


def serve(folder: Path, source: str, served: str) -> str:
    """Write a service beside a recipe that names it, and give the recipe."""
    (folder / "service.py").write_text(source)
    (folder / "r.yml").write_text(f"recipe: 1\nname: r\nsmoke: [{{serve: '{served}'}}]\n")
    return str(folder / "r.yml")


def test_the_iris_is_served_and_built_and_the_classic_stack_works(stack: Path) -> None:
    done = smoke(stack, "bentoml", "bento", "fit", "plot", "notebook")
    assert (done.trouble(), done.status, done.report["summary"]["ok"]) == ("", 0, 5)


def test_a_service_of_the_other_api_is_told_before_it_is_started(stack: Path, tmp_path: Path) -> None:
    done = smoke(stack, serve(tmp_path, RUNNERS, "service.py:svc"))
    assert done.status == 1
    assert "bentoml.Service" in done.problem
    assert done.report["findings"][0]["code"] == "BENTO001"


def test_a_service_of_ones_own_starts(stack: Path, tmp_path: Path) -> None:
    done = smoke(stack, serve(tmp_path, CLASS, "service:Doubled"))
    assert (done.trouble(), done.status, done.report["summary"]["ok"]) == ("", 0, 1)
