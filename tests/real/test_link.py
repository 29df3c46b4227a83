"""Three packages whose import works: the link check finds nothing wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.real.environments import made
from tests.real.linking import linked

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("link")]
MODULES = {"sklearn": "scikit-learn", "pandas": "pandas", "fastapi": "fastapi"}


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the Python of an environment with the packages."""
    return made(tmp_path_factory.mktemp("link") / "venv", *MODULES.values(), options=("--only-binary", ":all:"))


@pytest.mark.parametrize("module", MODULES)
def test_what_imports_has_no_gap(module: str, python: Path, tmp_path: Path) -> None:
    found = linked(python, module, tmp_path)
    assert found.imports, found.said
    assert found.problems == []
    assert found.seen["answered"] >= 70
