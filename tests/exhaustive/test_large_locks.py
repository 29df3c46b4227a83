"""The large bundled recipes: locked for real, twice, with the same bytes, and free of errors for today's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.real.environments import envdoctor

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.exhaustive


@pytest.mark.parametrize("recipe", ["bentoml-service", "mla-serve", "mla-train", "ngpt-train"])
def test_a_large_recipe_is_locked_twice_with_the_same_bytes(tmp_path: Path, recipe: str) -> None:
    words = ["lock", recipe, "--to", str(tmp_path), "--fact", "python=3.11", "--exclude-newer", "2026-11-26", "--json"]
    first = envdoctor(*words)
    assert first.status == 0, first.stderr
    path = tmp_path / f"pylock.{recipe}.toml"
    before = path.read_bytes()
    assert envdoctor(*words).report["locks"][0]["same"]
    assert path.read_bytes() == before
