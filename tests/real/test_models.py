"""The reference models are what the papers say, every planted mistake is noticed, and broken environments are named."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from envdoctor.smoke import judge, reading
from tests.processes import Done, run
from tests.real.environments import ROOT, envdoctor, install, made, surroundings
from tests.real.smoking import copied, smoke

pytestmark = pytest.mark.real
HERE, PACKAGE = Path(__file__).parent, ROOT / "envdoctor"


def script(python: Path, name: str, folder: Path) -> dict[str, Any]:
    done: Done = run([str(python), str(HERE / name), str(folder)], variables=surroundings())
    assert done.status == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


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


def test_the_core_passes_within_its_memory_and_check_cites_it_until_something_changes(torch: Path) -> None:
    done = smoke(torch)
    assert done.trouble() == ""
    assert done.status == 0
    assert done.report["summary"]["ok"] >= 15

    def cited() -> list[str]:
        words = ["check", "--json", "--target", str(torch)]
        report = envdoctor(*words, XDG_STATE_HOME=str(torch.parents[1] / "state"), folder=torch.parents[1]).report
        return [one["cause"] for one in report["findings"] if one["code"] == "SMOKE000"]

    (record,) = cited()
    assert "mla" in record
    install(torch, "colorama")
    assert cited() == []


def test_processes_and_the_compiler_work(torch: Path) -> None:
    done = smoke(torch, "dataloader", "distributed", "compile")
    assert (done.trouble(), done.status, done.report["summary"]["ok"]) == ("", 0, 3)


def test_a_cut_library_is_named(torch: Path, tmp_path: Path) -> None:
    python, site = copied(torch, tmp_path / "venv")
    library = site / "torch" / "lib" / "libtorch_cpu.so"
    whole = library.read_bytes()
    library.unlink()
    library.write_bytes(whole[: len(whole) // 2])
    done = smoke(python, "mla")
    assert done.status == 1
    assert "libtorch_cpu.so has" in done.problem or "libtorch_cpu.so: file too short" in done.problem


def test_a_library_that_cannot_be_loaded_is_named(torch: Path, tmp_path: Path) -> None:
    python, site = copied(torch, tmp_path / "venv")
    (site / "torch" / "lib" / "libc10.so").unlink()
    done = smoke(python, "mla")
    assert done.status == 1
    assert "libc10.so: cannot open shared object file" in done.problem


@pytest.mark.parametrize(
    ("gone", "trial", "words"),
    [
        ("sympy", "optimizer", "No module named 'sympy'"),
        ("typing_extensions.py", "mla", "No module named 'typing_extensions'"),
        ("numpy", "numpy", "No module named 'numpy'"),
    ],
)
def test_a_missing_module_is_named(torch: Path, tmp_path: Path, gone: str, trial: str, words: str) -> None:
    python, site = copied(torch, tmp_path / "venv")
    shutil.rmtree(site / gone) if (site / gone).is_dir() else (site / gone).unlink()
    done = smoke(python, trial)
    assert done.status == 1
    assert words in done.problem


def test_a_number_of_threads_that_is_none_is_named(torch: Path) -> None:
    done = smoke(torch, "threads", OMP_NUM_THREADS="all")
    assert done.status == 1
    assert "OMP_NUM_THREADS=all is a number: False (has to be True)" in done.problem


def test_a_second_openmp_runtime_is_named(torch: Path, tmp_path: Path) -> None:
    other = made(tmp_path / "other", "intel-openmp")
    (runtime,) = other.parents[1].glob("lib/**/libiomp5.so")
    done = smoke(torch, "threads", LD_PRELOAD=str(runtime))
    assert done.status == 1
    assert "libgomp and libiomp5 (has to be libgomp)" in done.problem


def test_a_missing_compiler_is_named(torch: Path, tmp_path: Path) -> None:
    cache = str(tmp_path / "inductor")
    done = smoke(torch, "compile", PATH="/nonexistent", TORCHINDUCTOR_CACHE_DIR=cache)
    assert done.status == 1
    assert "compiler" in done.problem.lower()


def test_shared_memory_that_is_too_small_is_named(torch: Path) -> None:
    inside = ("unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o size=256k tmpfs /dev/shm && exec "$@"', "sh")
    if run([*inside, "true"]).status:
        pytest.skip("needs the right to mount")
    done = smoke(torch, "dataloader", inside=inside)
    assert done.status == 1
    assert "/dev/shm" in done.problem


def test_a_flipped_byte_in_the_golden_weights_is_named(torch: Path, tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "envdoctor", ignore=shutil.ignore_patterns("__pycache__"))
    golden = tmp_path / "envdoctor" / "smoke" / "programs" / "golden.bin"
    content = bytearray(golden.read_bytes())
    content[5000] ^= 1
    golden.write_bytes(bytes(content))
    done = smoke(torch, "golden", checkout=tmp_path)
    assert done.status == 1
    assert done.problem.startswith("golden: sha256 of golden.bin: ")


def test_without_torch_the_command_that_installs_it_is_told(tmp_path: Path) -> None:
    python = made(tmp_path / "venv")
    for asked in (["mla"], []):
        done = smoke(python, *asked)
        assert (done.status, done.problem.split(":")[0]) == (1, "torch is not installed")
        assert done.report["findings"][0]["fixes"][0]["command"].endswith(" torch")
