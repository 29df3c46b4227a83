"""What does a lock do where the index, the disk or the recipe fail? It says so in a line, and leaves the old lock."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from envdoctor.app import lock as app
from envdoctor.errors import CannotLook, EnvdoctorError, UserError
from envdoctor.facts import At

if TYPE_CHECKING:
    from pathlib import Path

    from tests.locks.index import Index
    from tests.locks.kitchen import Kitchen


@pytest.mark.parametrize("behaviour", ["none", "gone", "slow", "broken"])
def test_without_an_answer_of_the_index_nothing_is_written(
    kitchen: Kitchen, index: Index, monkeypatch: pytest.MonkeyPatch, behaviour: str
) -> None:
    kitchen.lock()
    before = kitchen.path.read_bytes()
    if behaviour == "none":
        monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple/")
    index.status = {"gone": 503, "broken": 500}.get(behaviour, 200)
    index.delay = 4.0 if behaviour == "slow" else 0.0
    kitchen.write(more='  parts: "*"\n')
    with pytest.raises(CannotLook) as told:
        kitchen.lock()
    assert told.value.exit_code == 3
    assert "the index cannot be asked" in told.value.problem
    assert "\n" not in told.value.problem
    assert kitchen.path.read_bytes() == before
    assert sorted(os.listdir(kitchen.folder)) == ["matrix", "own.yml", "pylock.own.toml"]


def test_a_file_that_the_index_has_not_is_told(kitchen: Kitchen, index: Index) -> None:
    index.files.clear()
    with pytest.raises(CannotLook, match="404"):
        kitchen.lock()
    assert not kitchen.path.exists()


def test_a_file_whose_hash_is_not_the_locked_one_is_told_and_the_lock_stays(kitchen: Kitchen, index: Index) -> None:
    kitchen.lock()
    before = kitchen.path.read_bytes()
    index.said["engine"]["engine-2.0-py3-none-any.whl"]["hashes"]["sha256"] = "0" * 64
    for anew in ((), ("*",)):
        with pytest.raises(CannotLook, match=r"`engine-2\.0-py3-none-any\.whl` has another hash now") as told:
            kitchen.lock(anew=anew)
        assert told.value.place == str(kitchen.path)
    assert kitchen.path.read_bytes() == before


def test_a_full_disk_is_told_and_leaves_the_old_lock(kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch) -> None:
    kitchen.lock(before="2026-01-01")
    before = kitchen.path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(CannotLook, match="no space left on device"):
        kitchen.lock(anew=("*",))
    assert kitchen.path.read_bytes() == before
    assert len(os.listdir(kitchen.folder)) == 3


def test_what_an_ended_process_left_is_removed_and_a_link_stays_one(kitchen: Kitchen, tmp_path: Path) -> None:
    (kitchen.folder / ".pylock.own.toml.123").write_text("half")
    kitchen.path.symlink_to(tmp_path / "shared.toml")
    kitchen.lock()
    assert not (kitchen.folder / ".pylock.own.toml.123").exists()
    assert kitchen.path.is_symlink()
    assert (tmp_path / "shared.toml").read_text().startswith("# Made by")


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("lock: {platforms: [linux-65]}\n", "`linux-65` is no platform"),
        ("lock: {exclude-newer: soon}\n", "`soon` is no day"),
        ("lock: {torch-variant: gpu}\n", "`gpu` is no variant"),
        ("lock: {indices: []}\n", "unknown key `indices`"),
    ],
)
def test_a_mistake_in_what_a_recipe_says_of_its_lock_is_told_with_its_place(
    kitchen: Kitchen, more: str, says: str
) -> None:
    kitchen.write(more=more)
    with pytest.raises(UserError, match=says) as told:
        kitchen.lock()
    assert told.value.place.startswith(f"{kitchen.recipe}:6:")


def test_what_is_no_package_of_an_index_is_left_out_and_not_missed(kitchen: Kitchen) -> None:
    (kitchen.folder / "r.txt").write_text("model\n-e .\nown @ https://files.example/own-1.0-py3-none-any.whl\n")
    said: list[str] = []
    (written,) = app.lock(
        app.Asked(str(kitchen.folder / "r.txt"), at=At(sys.executable), before="2026-11-20"), said.append
    )
    assert written.packages == 2
    assert "`own` is left out: no index of Python packages has it" in said


def test_a_lock_is_not_locked_again(kitchen: Kitchen) -> None:
    kitchen.lock()
    before = kitchen.path.read_bytes()
    with pytest.raises(UserError, match="is a lock already"):
        app.lock(app.Asked(str(kitchen.path)), kitchen.said.append)
    assert kitchen.path.read_bytes() == before


def test_a_python_that_the_recipe_does_not_allow_is_refused(kitchen: Kitchen) -> None:
    with pytest.raises(EnvdoctorError, match=r"it would be Python 3\.9") as told:
        kitchen.lock("python=3.9")
    assert told.value.exit_code == 2
