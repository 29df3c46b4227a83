"""What the tests of the link check share: a small environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.folders import own_cache, prefix

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the site folder of an environment, a cache of its own, and stand in an empty folder."""
    own_cache(tmp_path / "cache", monkeypatch)
    (tmp_path / "job").mkdir()
    monkeypatch.chdir(tmp_path / "job")
    return prefix(tmp_path / "env")
