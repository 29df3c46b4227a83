"""Diagnose beyond the table: with `--online` the releases on the index say which of them have a missing name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from envdoctor.app import diagnose as app
from envdoctor.app.options import At
from tests import folders
from tests.link.indexes import served, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from envdoctor.model.diagnosis import Cause

NAME = """Traceback (most recent call last):
  File "/venv/lib/python3.11/site-packages/asker/core.py", line 1, in <module>
    from tenacity import gone
ImportError: cannot import name 'gone' from 'tenacity' (/venv/lib/python3.11/site-packages/tenacity/__init__.py)
"""
ATTRIBUTE = NAME.replace(
    "ImportError: cannot import name 'gone' from 'tenacity' (/venv/lib/python3.11/site-packages/tenacity/__init__.py)",
    "AttributeError: module 'tenacity' has no attribute 'gone'",
)
MODULE = "ModuleNotFoundError: No module named 'tenacity.old'\n"
ARGUMENT = "TypeError: SFTTrainer.__init__() got an unexpected keyword argument 'size'\n"


@pytest.fixture(autouse=True)
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what is cached for one test, and no word of an index from outside."""
    folders.own_cache(tmp_path / "cache", monkeypatch)
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_EXTRA_INDEX_URL", "PIP_INDEX_URL", "UV_EXCLUDE_NEWER"):
        monkeypatch.delenv(name, raising=False)


def published() -> dict[str, bytes]:
    """Give four releases of two packages: the name, the module and the argument are in the first two."""
    found: list[tuple[str, bytes]] = []
    for number in range(1, 5):
        old = number < 3
        module = {"tenacity/old.py": ""} if old else {}
        inside = {"tenacity/__init__.py": "gone = 1\n" if old else "kept = 1\n", **module}
        maker = f"class SFTTrainer:\n    def __init__(self, {'size' if old else 'length'}): ...\n"
        found += [wheel("tenacity", f"{number}.0", inside), wheel("trl", f"{number}.0", {"trl/__init__.py": maker})]
    return dict(found)


def first(log: str, folder: Path, monkeypatch: pytest.MonkeyPatch, installed: str = "") -> Cause:
    """Give the first cause of a log that is judged with an index at hand, and with a list of what is installed."""
    (folder / "job.log").write_text(log)
    (folder / "freeze.txt").write_text(installed)
    at = At(named=str(folder / "freeze.txt")) if installed else None
    asked: list[str] = []
    with served(published()) as index:
        monkeypatch.setenv("UV_INDEX_URL", index.address)
        told = app.diagnosed(app.Asked((str(folder / "job.log"),), at, online=True), asked.append)
    assert asked
    return told.causes[0]


@pytest.mark.parametrize("log", [NAME, ATTRIBUTE, MODULE, ARGUMENT])
def test_the_releases_that_have_what_is_missing_are_pinned(
    log: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cause = first(log, tmp_path, monkeypatch)
    package = "trl" if log == ARGUMENT else "tenacity"
    assert dict(cause.fixes[0].pins) == {package: "<3.0"}
    assert f"it is in {package} <3.0" in cause.cause
    assert f"'{package}<3.0'" in cause.fixes[0].command


def test_what_is_installed_is_asked_for_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cause = first(NAME, tmp_path, monkeypatch, "tenacity==4.0\nasker==1.0\n")
    assert dict(cause.fixes[0].pins) == {"tenacity": "<3.0"}


def test_without_the_index_it_is_said_what_would_decide(tmp_path: Path) -> None:
    (tmp_path / "job.log").write_text(NAME)
    told = app.diagnosed(app.Asked((str(tmp_path / "job.log"),)), pytest.fail)
    assert any("--online" in one and "tenacity.gone" in one for one in told.decide)
