"""Locks of the bundled recipes, made for real: they are solved, installed, judged, and what they hold runs."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest
from packaging.pylock import Pylock

from tests.processes import run
from tests.real.environments import ROOT, Judged, envdoctor, made, python, surroundings, the_uv

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.real
PYTHON = python("3.11")
DAY = ("--exclude-newer", "2026-11-26")
needs_python = pytest.mark.skipif(PYTHON is None, reason="TensorFlow 2.15 has wheels up to Python 3.11")


def locked(folder: Path, recipe: str, *words: str) -> Judged:
    done = envdoctor("lock", recipe, "--to", str(folder), "--fact", "python=3.11", *DAY, "--json", *words)
    assert done.status == 0, done.stderr
    return done


def versions(path: Path) -> dict[str, str]:
    lock = Pylock.from_dict(tomllib.loads(path.read_text()))
    return {str(package.name): str(package.version) for package in lock.packages}


def installed(folder: Path, lock: Path) -> Path:
    assert PYTHON is not None
    target = made(folder / "venv", interpreter=PYTHON)
    done = run([the_uv(), "pip", "sync", "--quiet", "--python", str(target), str(lock)], variables=surroundings())
    assert done.status == 0, done.stderr
    return target


def agrees(folder: Path, recipe: str, target: Path) -> None:
    """Want target, lock and recipe to agree, and the target to pass its check."""
    lock_check = envdoctor("lock", "check", recipe, "--to", str(folder), "--target", str(target), "--json")
    assert lock_check.status == 0, lock_check.report
    assert envdoctor("check", recipe, "--target", str(target), "--json").codes("error") == []


def smoke(recipe: str, target: Path) -> None:
    done = envdoctor("smoke", recipe, "--target", str(target), "--json")
    assert done.status == 0, done.report or done.stderr


@needs_python
@pytest.mark.xdist_group("tensorflow")
def test_the_founding_stack_is_locked_below_keras_3_installs_and_runs(tmp_path: Path) -> None:
    (lock,) = locked(tmp_path, "tf-text-bert").report["locks"]
    assert {ruling["code"] for ruling in lock["rulings"]} == {"TF001", "TF014"}
    held = versions(tmp_path / "pylock.tf-text-bert.toml")
    assert held["tensorflow-text"].startswith("2.15.")
    assert int(held["setuptools"].split(".")[0]) < 82
    assert held["keras"].startswith("2.")
    target = installed(tmp_path, tmp_path / "pylock.tf-text-bert.toml")
    agrees(tmp_path, "tf-text-bert", target)
    smoke("tf-text-bert", target)


@needs_python
def test_the_old_service_is_locked_below_the_release_that_dropped_its_api_and_answers(tmp_path: Path) -> None:
    locked(tmp_path, "bentoml-runner")
    held = versions(tmp_path / "pylock.bentoml-runner.toml")
    assert tuple(map(int, held["bentoml"].split("."))) < (1, 4, 16)
    target = installed(tmp_path, tmp_path / "pylock.bentoml-runner.toml")
    agrees(tmp_path, "bentoml-runner", target)
    smoke("bentoml-runner", target)


def test_a_training_recipe_is_locked_for_a_gpu_a_cpu_and_a_mac_in_one_run(tmp_path: Path) -> None:
    recipe = tmp_path / "mla-train.yml"
    recipe.write_text(
        (ROOT / "recipes" / "mla-train.yml").read_text()
        + "machines:\n  h100: {driver: 580.82.07, gpu.compute: '9.0', gpu.count: 8, glibc: '2.31'}\n"
        + "  box: {gpu.count: 0, glibc: '2.35'}\n  mac: {os: darwin, arch: arm64, os.version: '14.0'}\n"
        + "lock: {torch-variant: pypi}\n"
    )
    words = ["lock", str(recipe), "--target", PYTHON or sys.executable, *DAY, "--json"]
    (lock,) = envdoctor(*words).report["locks"]
    assert lock["machines"] == ["h100", "box", "mac"]
    whole = Pylock.from_dict(tomllib.loads((tmp_path / "pylock.mla-train.toml").read_text()))
    (torch,) = [package for package in whole.packages if package.name == "torch"]
    tags = {wheel.filename.rpartition("-")[2].removesuffix(".whl") for wheel in torch.wheels or ()}
    assert any("x86_64" in tag for tag in tags)
    assert any("arm64" in tag for tag in tags)
    alone = {str(package.marker) for package in whole.packages if package.name == "triton"}
    assert all("linux" in marker for marker in alone)
    assert len(list(whole.select())) > 10
    first = (tmp_path / "pylock.mla-train.toml").read_bytes()
    envdoctor(*words)
    assert (tmp_path / "pylock.mla-train.toml").read_bytes() == first


def test_pip_and_uv_install_files_with_the_same_numbers(tmp_path: Path) -> None:
    recipe = tmp_path / "small.yml"
    recipe.write_text("recipe: 1\nname: small\npackages: {typer: '*', pyyaml: '*', rich: '>=13'}\n")
    by_uv = made(tmp_path / "uv")
    words = [str(recipe), "--target", str(by_uv)]
    assert envdoctor("lock", *words, *DAY).status == 0
    lock = tmp_path / "pylock.small.toml"
    assert run([the_uv(), "pip", "sync", "-q", "--python", str(by_uv), str(lock)]).status == 0
    assert envdoctor("lock", "seal", *words).status == 0
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "pip"], check=True, timeout=300)
    by_pip = tmp_path / "pip" / "bin" / "python"
    pins = [f"{name}=={version}" for name, version in versions(lock).items()]
    done = run([str(by_pip), "-m", "pip", "install", "-q", "--no-deps", *pins])
    assert done.status == 0, done.stderr
    for target in (by_uv, by_pip):
        assert envdoctor("lock", "check", str(recipe), "--target", str(target), "--deep").status == 0
