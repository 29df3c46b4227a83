"""What a stranger meets: a fresh checkout, an empty home folder, the first command of the README; and the wheel."""

from __future__ import annotations

import os
import re
import shlex
import sys
from typing import TYPE_CHECKING

import pytest

from envdoctor import __version__, bootstrap
from tests.checkouts import Checkout, fresh_copy
from tests.processes import run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.processes import Done

pytestmark = pytest.mark.real
FIRST_COMMAND = re.compile(r"^(?:\$ )?python3 envdoctor (check .*)$", re.MULTILINE)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Give a fresh copy that nothing was run in."""
    return fresh_copy(tmp_path_factory.mktemp("fresh"))


@pytest.fixture
def first_command(checkout: Checkout) -> list[str]:
    """Give the arguments of README's first command."""
    readme = checkout.root / "README.md"
    found = FIRST_COMMAND.search(readme.read_text(encoding="utf-8")) if readme.exists() else None
    if not found:
        pytest.skip("the README has no command yet")
    return shlex.split(found[1], comments=True)


def test_the_first_command_sets_up_once_and_tells_the_founding_story(
    checkout: Checkout, first_command: list[str]
) -> None:
    first = _start(checkout, first_command)
    assert first.status == 1, first.stderr
    assert re.fullmatch(r"envdoctor: setting up a private environment in .*\n", first.stderr)
    assert "tensorflow-text" in first.stdout
    second = _start(checkout, first_command)
    assert (second.status, second.stderr) == (1, "")
    assert second.stdout == first.stdout


def test_the_tests_set_up_their_own_environment(checkout: Checkout) -> None:
    done = run(
        [checkout.python, "tests", "tests/test_cells.py", "-q", "-n", "0"],
        variables=checkout.variables,
        folder=checkout.root,
    )
    assert done.status == 0, done.stdout + done.stderr
    assert (checkout.root / ".private" / "tests" / "bin" / "python").exists()
    assert re.search(r"\d+ passed", done.stdout.splitlines()[-1])


def test_the_wheel_runs_with_the_oldest_dependencies_it_allows(
    checkout: Checkout, first_command: list[str], tmp_path: Path
) -> None:
    python = str(tmp_path / "venv" / "bin" / "python")
    lowest = ["--resolution", "lowest-direct", "-r", "pyproject.toml"]
    for arguments in (
        ["build", "--wheel", "--out-dir", str(tmp_path)],
        ["venv", "--python", os.path.realpath(sys.executable), str(tmp_path / "venv")],
        ["pip", "install", "--python", python, *lowest],
    ):
        _uv(checkout, *arguments)
    _uv(checkout, "pip", "install", "--python", python, "--no-deps", *map(str, tmp_path.glob("*.whl")))
    command = str(tmp_path / "venv" / "bin" / "envdoctor")
    assert run([command, "--version"], variables=checkout.variables).stdout == f"envdoctor {__version__}\n"
    done = run([command, *first_command], variables=checkout.variables, folder=checkout.root)
    assert (done.status, done.stderr) == (1, "")
    assert "tensorflow-text" in done.stdout
    assert run([python, "-m", "envdoctor", *first_command], folder=checkout.root).status == 1


def _start(checkout: Checkout, arguments: list[str]) -> Done:
    return run([checkout.python, "envdoctor", *arguments], variables=checkout.variables, folder=checkout.root)


def _uv(checkout: Checkout, *arguments: str) -> None:
    variables = {**bootstrap.surroundings(), "UV_NO_PROGRESS": "1"}
    done = run([sys.executable, "-m", "uv", *arguments], variables=variables, folder=checkout.root)
    assert done.status == 0, done.stderr
