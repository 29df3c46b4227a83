"""Which releases have a name, asked of the real index: known boundaries come out, without running anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from envdoctor.app import releases
from tests import folders

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.real

# (package, name) → the ranges that have it; later releases cannot give a removed name back to these
KNOWN = {
    ("jinja2", "jinja2.escape"): "<3.1.0",
    ("huggingface-hub", "huggingface_hub.cached_download"): "<0.26.0",
    ("scipy", "scipy.misc.comb"): ">=0.12.0,<1.3.0",
}


@pytest.mark.parametrize("asked", KNOWN)
def test_the_boundary_of_a_removed_name_is_found(
    asked: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders.own_cache(tmp_path / "cache", monkeypatch)
    found = releases.name_history(*asked)
    assert found.ranges == (KNOWN[asked],)
    assert found.read < len(found.answers)
