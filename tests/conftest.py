"""What the slow tests share: one environment with torch for all that run in a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.real.smoking import with_torch

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def torch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the Python of an environment with torch."""
    return with_torch(tmp_path_factory.mktemp("torch") / "venv")
