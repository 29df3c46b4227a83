"""Smoke under torch, BentoML and TensorFlow of several years: healthy ones pass, and what is broken is named.

`python3 tests --exhaustive tests/exhaustive/test_smoke.py` writes what it saw to fixtures/results/smoke.json. Debian's
own torch is tried where it is installed: `apt install python3-torch`.
"""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest

from tests.processes import run
from tests.real.environments import ROOT, install, made, python
from tests.real.smoking import Smoked, copied, smoke

pytestmark = pytest.mark.exhaustive
RESULTS = ROOT / "fixtures" / "results" / "smoke.json"
DEBIAN = Path("/usr/bin/python3")
PYTHON = python("3.11")
has_debians_torch = DEBIAN.exists() and run([str(DEBIAN), "-c", "import torch"]).status == 0
needs_debian = pytest.mark.skipif(not has_debians_torch, reason="needs Debian's python3-torch")
needs_python = pytest.mark.skipif(PYTHON is None, reason="needs Python 3.11")


def record(what: str, done: Smoked) -> Smoked:
    """Write what was seen of one environment beside what is known of the others."""
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    seen = {"date": datetime.datetime.now(datetime.UTC).date().isoformat(), "summary": done.report["summary"]}
    known[what] = seen | ({"problem": done.problem[:400]} if done.problem else {})
    RESULTS.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n")
    return done


@needs_debian
def test_debians_torch_passes(tmp_path: Path) -> None:
    done = record("torch 1.13 of Debian", smoke(DEBIAN, "--group", "process", XDG_STATE_HOME=str(tmp_path)))
    assert (done.problem, done.status, done.report["summary"]["ok"]) == ("", 0, 17)


@needs_debian
def test_numpy_2_under_an_old_torch_is_named(tmp_path: Path) -> None:
    made = run([str(DEBIAN), "-m", "venv", "--without-pip", "--system-site-packages", str(tmp_path / "venv")])
    assert made.status == 0, made.stderr
    target = tmp_path / "venv" / "bin" / "python"
    install(target, "numpy>=2,<2.3")
    done = record("torch 1.13 of Debian, numpy 2", smoke(target, "numpy"))
    assert done.status == 1
    assert "NumPy 1.x cannot be run in" in done.problem or "Numpy is not available" in done.problem


@pytest.fixture(scope="module")
def between(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the Python of an environment with a torch of the middle, built for CUDA."""
    assert PYTHON is not None
    packages = ("torch==2.2.2", "numpy<2", "setuptools<81")
    return made(tmp_path_factory.mktemp("between") / "venv", *packages, interpreter=PYTHON)


@needs_python
def test_a_torch_in_between_passes(between: Path) -> None:
    done = record("torch 2.2.2", smoke(between, "--group", "process", "--group", "compile"))
    assert (done.problem, done.status, done.report["summary"]["ok"]) == ("", 0, 18)


@needs_python
def test_a_backend_that_cannot_be_loaded_is_named(between: Path, tmp_path: Path) -> None:
    target, site = copied(between, tmp_path / "venv")
    for library in (site / "nvidia" / "cublas" / "lib").iterdir():
        library.unlink()
    done = record("torch 2.2.2 without cuBLAS", smoke(target, "mla"))
    assert done.status == 1
    assert "libcublas" in done.problem


@needs_python
def test_numpy_2_under_a_torch_in_between_is_named(between: Path, tmp_path: Path) -> None:
    target, _ = copied(between, tmp_path / "venv")
    install(target, "numpy>=2")
    done = record("torch 2.2.2, numpy 2", smoke(target, "numpy"))
    assert done.status == 1
    assert "numpy" in done.problem.lower()


@needs_python
def test_the_last_bentoml_with_runners_serves_builds_and_refuses_no_runner(tmp_path: Path) -> None:
    assert PYTHON is not None
    packages = ("bentoml==1.4.15", "scikit-learn", "pandas", "setuptools<82")
    target = made(tmp_path / "venv", *packages, interpreter=PYTHON)
    done = record("bentoml 1.4.15", smoke(target, "bentoml", "bento"))
    assert (done.trouble(), done.status, done.report["summary"]["ok"]) == ("", 0, 2)


@needs_python
def test_a_protobuf_that_is_too_new_is_named(tmp_path: Path) -> None:
    assert PYTHON is not None
    packages = ("tensorflow==2.15.*", "tensorflow-text==2.15.*", "tensorflow-hub", "setuptools<82")
    target = made(tmp_path / "venv", *packages, interpreter=PYTHON)
    install(target, "protobuf>=7")
    done = record("tensorflow 2.15, protobuf 7", smoke(target, "tf-text"))
    assert done.status == 1
    assert "protobuf" in done.problem.lower()
