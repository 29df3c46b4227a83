"""What is remembered of site folders: good for as long as the stamps stand, and never a reason to fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.facts import remembered

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_broken_cache_is_read_past(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    shelf = remembered.Shelf("/somewhere")
    shelf.put("a.dist-info", ("", "a"), (1, 1, 1))
    shelf.close()
    (place,) = (tmp_path / "cache" / "envdoctor").glob("site-*")
    assert remembered.Shelf("/somewhere").get("a.dist-info", (1, 1, 1)) == ("", "a")
    assert remembered.Shelf("/somewhere").get("a.dist-info", (2, 1, 1)) is None
    for wrong in (b"", b"\xff\xff", place.read_bytes()[:-3]):
        place.write_bytes(wrong)
        assert remembered.Shelf("/somewhere").get("a.dist-info", (1, 1, 1)) is None
