"""Large packages in real environments: where `import X` works the link check finds nothing; real bad pairs are found.

`python3 tests --exhaustive` makes one environment after the other and writes what it saw to
fixtures/results/link-packages.json.
"""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from tests.bench_link import measured_run
from tests.real.environments import command, install, made, surroundings
from tests.real.linking import keep, linked, versions
from tests.real.smoking import with_torch

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.exhaustive,
    pytest.mark.skipif(sys.platform != "linux", reason="the environments are Linux's"),
]
# What is installed together, and the modules whose import is compared.
TOGETHER = {
    "torch": (
        "torch numpy transformers diffusers datasets lightning",
        "torch numpy transformers diffusers datasets lightning",
    ),
    "tensorflow": ("tensorflow", "tensorflow"),
    "jax": (
        "jax pandas scikit-learn scipy matplotlib opencv-python-headless",
        "jax pandas sklearn scipy scipy.stats matplotlib.pyplot cv2",
    ),
    "serving": ("jupyter ray bentoml gradio fastapi", "notebook jupyterlab ipykernel ray bentoml gradio fastapi"),
    "web": (
        "sqlalchemy celery django pyspark spacy wandb mlflow",
        "sqlalchemy celery django pyspark spacy wandb mlflow",
    ),
}
BINARY = ("--only-binary", ":all:", "--no-binary", "pyspark")  # which publishes no wheel
MEMORY_MB = 500


def test_a_release_built_for_another_tensorflow_is_found(tmp_path: Path) -> None:
    python = made(tmp_path / "venv", "tensorflow==2.15.1", "setuptools<82", options=BINARY)
    install(python, "tensorflow-text==2.16.1", options=("--no-deps", *BINARY))
    found = linked(python, "tensorflow_text", tmp_path)
    keep({"tensorflow_text 2.16.1 on tensorflow 2.15.1": found._asdict()})
    assert not found.imports
    assert "undefined symbol" in found.said
    (problem,) = found.problems
    assert problem.startswith("LINK012 tensorflow-text was built for another tensorflow")
    assert found.said.rpartition(": undefined")[0].rpartition("/")[2] in problem  # the very file that Python names


@pytest.mark.parametrize("group", TOGETHER)
def test_where_the_import_works_the_link_check_finds_nothing(group: str, tmp_path: Path) -> None:
    packages, modules = (words.split() for words in TOGETHER[group])
    python = with_torch(tmp_path / "venv") if group == "torch" else made(tmp_path / "venv")
    install(python, *packages, options=BINARY)
    found_by = {module: linked(python, module, tmp_path) for module in modules}
    about = {"group": group, "versions": versions(python, packages)}
    keep({module: {**about, **found._asdict()} for module, found in found_by.items()})
    shutil.rmtree(tmp_path / "venv")
    # One that works and is found fault with, or one that fails and is not: both are wrong.
    assert [name for name, row in found_by.items() if row.imports == bool(row.problems)] == [], found_by


def test_tensorflow_beside_torch_is_linked_in_little_memory(tmp_path: Path) -> None:
    python = with_torch(tmp_path / "venv")
    install(python, "tensorflow", options=BINARY)
    recipe = tmp_path / "recipe.yml"
    recipe.write_text("recipe: 1\nname: link\npackages: {tensorflow: '*', torch: '*'}\n")
    words = ("check", str(recipe), "--deep", "--select", "LINK", "--target", str(python), "--json")
    cost = measured_run(command(*words), {**surroundings(), "XDG_CACHE_HOME": str(tmp_path / "cache")})
    keep({"tensorflow and torch, read anew": {**cost._asdict(), "out": ""}})
    assert cost.memory_mb <= MEMORY_MB
    assert [one for one in json.loads(cost.out)["findings"] if one["status"] in ("error", "warning")] == []
