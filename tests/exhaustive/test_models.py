"""The reference models are what the papers say, every planted mistake is noticed, and broken environments are named."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from envdoctor.smoke import judge, reading
from tests.processes import Done, run
from tests.real.environments import ROOT, envdoctor, surroundings

pytestmark = [pytest.mark.exhaustive, pytest.mark.xdist_group("torch")]
HERE, PACKAGE = Path(__file__).parent, ROOT / "envdoctor"
TORCH = "torch==2.13.0"


@pytest.fixture(scope="module")
def torch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the Python of an environment with torch: by pip, which takes the wheel for this machine's processors."""
    folder = tmp_path_factory.mktemp("torch") / "venv"
    assert run([sys.executable, "-m", "venv", str(folder)], variables=surroundings()).status == 0
    python = folder / "bin" / "python"
    installed = run([str(python), "-m", "pip", "install", "-q", TORCH, "numpy"], variables=surroundings())
    assert installed.status == 0, installed.stderr
    return python


def script(python: Path, name: str, folder: Path) -> dict[str, Any]:
    done: Done = run([str(python), str(HERE / name), str(folder)], variables=surroundings())
    assert done.status == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def smoke(python: Path, *names: str, **variables: str) -> tuple[int, str, dict[str, Any]]:
    """Give the status, the first problem in words, and the whole report."""
    state = str(python.parents[1] / "state")
    words = ["smoke", *names, "--json", "--target", str(python)]
    done = envdoctor(*words, folder=None, XDG_STATE_HOME=state, **variables)
    problems = [one for one in done.report["findings"] if one["status"] == "error"]
    return done.status, f"{problems[0]['title']}: {problems[0]['cause']}" if problems else "", done.report


def test_the_models_agree_with_the_equations_and_the_published_counts(torch: Path) -> None:
    figures = script(torch, "mathematics.py", PACKAGE / "models")
    near = [figures[name] for name in ("mla expanded", "mla recomputed", "mla absorbed", "ngpt", "slerp")]
    assert max(near) < 1e-12
    assert 900 < figures["lerp - slerp, ratio"] < 1100  # the two differ in the third order of the angle alone
    layer = figures["v2 parameters of a layer"], figures["v2-lite parameters of a layer"]
    # The rest of DeepSeek-V2 and V2-Lite by their published sizes: dense MLP, experts, routers, norms, vocabulary.
    v2 = 60 * (layer[0] + 2 * 5120) + 3 * 5120 * 12288 + 59 * (162 * 3 * 5120 * 1536 + 160 * 5120)
    lite = 27 * (layer[1] + 2 * 2048) + 3 * 2048 * 10944 + 26 * (66 * 3 * 2048 * 1408 + 64 * 2048)
    assert round((v2 + 2 * 102_400 * 5120) / 1e9) == 236
    assert round((lite + 2 * 102_400 * 2048) / 1e9, 1) == 15.7


def test_every_planted_mistake_is_noticed(torch: Path) -> None:
    outcome = script(torch, "mutants.py", PACKAGE)
    noticed = {}
    for mistake, came in outcome.items():
        wrong = [one for one in came["figures"] if not judge.holds(reading.figure(one))]
        noticed[mistake] = bool(wrong or came["error"])
    healthy = {mistake for mistake in noticed if mistake.startswith("nothing")}
    assert len(noticed) - len(healthy) >= 20
    assert [mistake for mistake, seen in noticed.items() if seen == (mistake in healthy)] == []


def test_the_core_passes_within_its_budget_and_check_cites_it(torch: Path) -> None:
    status, problem, report = smoke(torch)
    assert (status, problem) == (0, "")
    assert report["summary"]["ok"] >= 15
    state = str(torch.parents[1] / "state")
    cited = envdoctor("check", "--json", "--target", str(torch), XDG_STATE_HOME=state, folder=torch.parents[1]).report
    (record,) = [one for one in cited["findings"] if one["code"] == "SMOKE000"]
    assert "mla" in record["cause"]


def copied(python: Path, folder: Path) -> tuple[Path, Path]:
    """Copy an environment by links, and give its Python and its site-packages."""
    shutil.copytree(python.parents[1], folder, symlinks=True, copy_function=os.link)
    (site,) = (folder / "lib").glob("python3*/site-packages")
    return folder / "bin" / "python", site


def test_a_cut_library_is_named(torch: Path, tmp_path: Path) -> None:
    python, site = copied(torch, tmp_path / "venv")
    library = site / "torch" / "lib" / "libtorch_cpu.so"
    half = library.stat().st_size // 2
    library.unlink()
    with (torch.parents[1] / library.relative_to(tmp_path / "venv")).open("rb") as whole:
        library.write_bytes(whole.read(half))
    status, problem, _ = smoke(python, "mla")
    assert status == 1
    assert "libtorch_cpu.so has" in problem or "libtorch_cpu.so: file too short" in problem


@pytest.mark.parametrize(
    ("gone", "trials", "words"),
    [
        ("sympy", ["optimizer"], "No module named 'sympy'"),
        ("typing_extensions.py", ["mla"], "No module named 'typing_extensions'"),
        ("numpy", ["numpy"], "No module named 'numpy'"),
    ],
)
def test_a_missing_module_is_named(torch: Path, tmp_path: Path, gone: str, trials: list[str], words: str) -> None:
    python, site = copied(torch, tmp_path / "venv")
    shutil.rmtree(site / gone) if (site / gone).is_dir() else (site / gone).unlink()
    status, problem, _ = smoke(python, *trials)
    assert status == 1
    assert words in problem


def test_a_number_of_threads_that_is_none_is_named(torch: Path) -> None:
    status, problem, _ = smoke(torch, "threads", OMP_NUM_THREADS="all")
    assert status == 1
    assert "OMP_NUM_THREADS=all is a number: False (has to be True)" in problem


def test_a_missing_compiler_is_named(torch: Path, tmp_path: Path) -> None:
    cache = str(tmp_path / "inductor")
    status, problem, _ = smoke(torch, "compile", PATH="/nonexistent", TORCHINDUCTOR_CACHE_DIR=cache)
    assert status == 1
    assert "compiler" in problem.lower()


def test_a_flipped_byte_in_the_golden_weights_is_named(torch: Path, tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "envdoctor", ignore=shutil.ignore_patterns("__pycache__"))
    golden = tmp_path / "envdoctor" / "smoke" / "programs" / "golden.bin"
    content = bytearray(golden.read_bytes())
    content[5000] ^= 1
    golden.write_bytes(bytes(content))
    words = [str(golden.parent / "harness.py"), "--modules", "torch_attention", "--only", "golden"]
    document = run([str(torch), *words], variables=surroundings()).document
    figures = [reading.figure(one) for one in document["trials"][0]["figures"]]
    assert "sha256 of golden.bin" in [one.name for one in figures if not judge.holds(one)]


def test_without_torch_the_command_that_installs_it_is_told(tmp_path: Path) -> None:
    assert run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")]).status == 0
    status, problem, report = smoke(tmp_path / "venv" / "bin" / "python", "mla")
    assert (status, problem.split(":")[0]) == (1, "torch is not installed")
    assert "install" in report["findings"][0]["fixes"][0]["command"]
