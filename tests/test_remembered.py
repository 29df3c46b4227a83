"""What is remembered of site folders: good for as long as the stamps stand, and never a reason to fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.facts import remembered

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_broken_cache_is_read_past(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(remembered, "UNSETTLED_NS", 0)
    site = tmp_path / "site"
    about = site / "a-1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Name: a\n")

    def shelf(form: str = "fields") -> remembered.Shelf:
        return remembered.Shelf(str(site), form)

    stamps, known = shelf().stamped(about.name)
    assert known is None
    shelf().keep([about.name], {about.name: (stamps, ("a", "1"))})
    assert shelf().stamped(about.name)[1] == shelf().given(about.name) == ("a", "1")
    assert shelf("others").stamped(about.name)[1] is None
    (place,) = (tmp_path / "cache" / "envdoctor").glob("site-*")
    whole = place.read_bytes()
    for wrong in (b"", b"\xff\xff", whole[:-3]):
        place.write_bytes(wrong)
        assert shelf().stamped(about.name)[1] is None
    place.write_bytes(whole)
    (about / "METADATA").write_text("Name: a\nVersion: 2\n")
    assert shelf().stamped(about.name)[1] is None
    shelf().keep([], {})
    assert shelf().stamped(about.name)[0] != stamps
    assert place.read_bytes() != whole  # what is gone is forgotten
