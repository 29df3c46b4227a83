"""What the slow tests share: one environment with torch for all that run in a session."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.processes import run
from tests.real.environments import made, surroundings

if TYPE_CHECKING:
    from pathlib import Path

TORCH = "torch==2.13.0"


@pytest.fixture(scope="session")
def torch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the Python of an environment with torch: the wheel that pip takes here, put there by uv, which is faster."""
    words = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-deps", "--ignore-installed", "--quiet"]
    chosen = run([*words, "--report", "-", TORCH], variables=surroundings())
    assert chosen.status == 0, chosen.stderr
    (wheel,) = chosen.document["install"]
    return made(tmp_path_factory.mktemp("torch") / "venv", f"torch @ {wheel['download_info']['url']}", "numpy")
