"""The founding conda file, locked: its pip part is solved for real, and what the lock holds runs on a Python 3.8.

No channel of conda can be counted on here, so its part comes from one that the tests make, with the releases that the
founding file got, and for the run the same releases from PyPI stand in for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from envdoctor.formats import condalock
from tests.locks.channel import Channel, furnished
from tests.processes import run
from tests.real.environments import ROOT, envdoctor, install, made, python, surroundings

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.real
PYTHON = python("3.8")
TRAINS = """
import keras, numpy, seaborn, tensorflow
model = keras.Sequential([keras.layers.Dense(4, activation="relu", input_shape=(3,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
inputs = numpy.random.default_rng(0).normal(size=(64, 3)).astype("float32")
losses = model.fit(inputs, inputs.sum(1), epochs=5, verbose=0).history["loss"]
assert losses[-1] < losses[0], losses
print("trained", keras.__version__, tensorflow.__version__)
"""


@pytest.mark.skipif(PYTHON is None, reason="needs a Python 3.8")
@pytest.mark.xdist_group("tensorflow")
def test_the_founding_file_is_locked_to_a_keras_that_belongs_to_its_tensorflow_and_trains(tmp_path: Path) -> None:
    assert PYTHON is not None
    url = furnished(Channel(tmp_path / "channel")).write()
    founding = (ROOT / "recipes" / "ml-training.yml").read_text()
    recipe = tmp_path / "ml-training.yml"
    recipe.write_text(founding.replace("  - defaults\n  - conda-forge\n", f"  - {url}\n"))
    done = envdoctor("lock", str(recipe), "--exclude-newer", "2026-11-26", "--json")
    assert done.status == 0, done.stderr
    assert "KERAS001" in {ruling["code"] for ruling in done.report["locks"][0]["rulings"]}
    lock = condalock.read(tmp_path / "ml-training.conda-lock.yml")
    held = {package.name: package for package in lock.packages}
    assert (held["tensorflow"].version, held["keras"].version) == ("2.13.1", "2.13.1")

    stand_ins = ("tensorflow", "numpy", "pandas", "scikit-learn", "matplotlib")
    target = made(tmp_path / "venv", *(f"{name}=={held[name].version}" for name in stand_ins), interpreter=PYTHON)
    by_pip = [package for package in lock.packages if package.manager == "pip"]
    lines = [f"{p.name} @ {p.url} --hash=sha256:{p.hashes['sha256']}" for p in by_pip]
    (tmp_path / "pip.txt").write_text("\n".join(lines) + "\n")
    install(target, options=("--no-deps", "--require-hashes", "--requirement", str(tmp_path / "pip.txt")))
    trained = run([str(target), "-c", TRAINS], variables=surroundings(CUDA_VISIBLE_DEVICES=""))
    assert trained.status == 0, trained.stderr[-2000:]
    assert "trained 2.13.1 2.13.1" in trained.stdout
