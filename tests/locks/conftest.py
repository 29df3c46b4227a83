"""An index for each test, and nothing else to be asked: no setting, no cache and no index of whoever runs the tests."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from envdoctor import matrix
from tests.locks.bench import Bench
from tests.locks.index import Index, served
from tests.locks.kitchen import Kitchen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    """Give an empty index that uv asks for everything."""
    for name in [name for name in os.environ if name.startswith(("UV_", "VIRTUAL_ENV", "CONDA_"))]:
        monkeypatch.delenv(name)
    with served(Index()) as one:
        monkeypatch.setenv("UV_DEFAULT_INDEX", one.url)
        monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv-cache"))
        monkeypatch.setenv("UV_NO_CONFIG", "1")
        monkeypatch.setenv("UV_HTTP_TIMEOUT", "3")
        monkeypatch.setenv("UV_HTTP_RETRIES", "0")
        yield one


@pytest.fixture
def kitchen(tmp_path: Path, index: Index, monkeypatch: pytest.MonkeyPatch) -> Kitchen:
    """Give a kitchen, and an index with a model that needs an engine; of the matrix only what a test says is known."""
    (tmp_path / "nothing-known").mkdir()
    monkeypatch.setattr(matrix, "BUNDLED", tmp_path / "nothing-known")
    index.add("model", "1.0", "engine>=1", day="2025-01-01")
    for version, day in (("1.0", "2025-01-01"), ("1.5", "2025-06-01"), ("2.0", "2026-02-01")):
        index.add("engine", version, day=day)
    for version, day in (("2.0", "2025-01-01"), ("3.0", "2026-02-01")):
        index.add("parts", version, day=day)
    (tmp_path / "own").mkdir()
    return Kitchen(tmp_path / "own")


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Give a bench; of the matrix only conda's names are known, and what a test adds."""
    names = (matrix.BUNDLED / "conda-names.yml").read_text()
    (tmp_path / "known").mkdir()
    (tmp_path / "known" / "conda-names.yml").write_text(names)
    monkeypatch.setattr(matrix, "BUNDLED", tmp_path / "known")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Bench(tmp_path)
