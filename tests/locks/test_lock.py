"""`envdoctor lock`: what is asked for, solved under what is known, written whole, and the same tomorrow."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from envdoctor.errors import CannotLook, Impossible, UserError
from envdoctor.report import layout
from envdoctor.report import lock as report
from tests.locks.kitchen import MISSING, NEEDS, RULE, Kitchen

if TYPE_CHECKING:
    from pathlib import Path

    from tests.locks.index import Index


def test_a_lock_has_every_file_with_its_hash_and_says_how_it_was_made(kitchen: Kitchen) -> None:
    (written,) = kitchen.lock()
    assert (written.path, written.packages, written.new, written.same) == (str(kitchen.path), 2, True, False)
    lock = kitchen.read()
    assert kitchen.versions() == {"engine": "2.0", "model": "1.0"}
    assert str(lock.requires_python) == "<3.12,>=3.11"
    assert [str(marker) for marker in lock.environments or ()] == [
        'sys_platform == "linux" and platform_machine == "x86_64"'
    ]
    assert all(wheel.hashes["sha256"] and wheel.size for package in lock.packages for wheel in package.wheels or ())
    assert kitchen.own()["exclude-newer"].isoformat() == "2026-11-20T00:00:00+00:00"
    assert kitchen.own()["asked"] == ["model"]
    head = kitchen.path.read_text().splitlines()[:2]
    assert "`envdoctor lock own.yml`" in head[0]
    assert "`envdoctor lock check own.yml`" in head[1]


def test_a_second_run_gives_the_same_bytes_and_so_does_a_fresh_one_elsewhere(
    kitchen: Kitchen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kitchen.write(matrix=RULE)
    kitchen.lock()
    first = kitchen.path.read_bytes()
    (again,) = kitchen.lock()
    assert again.same
    assert kitchen.path.read_bytes() == first
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "another-cache"))
    monkeypatch.setenv("UV_PRERELEASE", "allow")
    monkeypatch.chdir(kitchen.folder)
    kitchen.lock(to=tmp_path / "elsewhere")
    assert (tmp_path / "elsewhere" / "pylock.own.toml").read_bytes() == first


def test_what_the_matrix_rules_out_is_solved_around_and_listed_with_its_code(kitchen: Kitchen) -> None:
    kitchen.write(matrix=RULE)
    kitchen.lock()
    assert kitchen.versions() == {"engine": "1.5", "model": "1.0"}
    (row,) = kitchen.own()["ruled-out"]
    assert (row["code"], row["bounds"]) == ("SYN001", ["engine<2"])
    assert row["seen"] == "engine 2.0, model 1.0"


def test_only_what_is_missing_is_asked_for_beyond_the_recipe(kitchen: Kitchen) -> None:
    kitchen.write(matrix=RULE + MISSING)
    kitchen.lock()
    assert kitchen.versions() == {"engine": "1.5", "model": "1.0", "parts": "2.0"}
    assert {row["code"] for row in kitchen.own()["ruled-out"]} == {"SYN001", "SYN002"}


def test_what_a_cache_knew_before_decides_over_nothing(kitchen: Kitchen, index: Index) -> None:
    kitchen.write(matrix=RULE + MISSING)
    kitchen.lock()
    kitchen.path.unlink()
    index.add("parts", "2.5", day="2025-03-01")
    kitchen.lock()
    assert kitchen.versions()["parts"] == "2.5"


def test_what_this_run_has_read_is_not_asked_again(kitchen: Kitchen, index: Index) -> None:
    kitchen.lock(before="2026-01-01")
    kitchen.path.unlink()
    index.asked.clear()
    kitchen.write(matrix=RULE)
    kitchen.lock()
    assert kitchen.versions()["engine"] == "1.5"
    assert index.asked.count("/simple/engine/") == 1


def test_no_code_of_a_package_is_run_to_learn_of_it(kitchen: Kitchen, index: Index, tmp_path: Path) -> None:
    index.add("odd", "1.0")
    index.add_source("odd", "2.0", f"open({str(tmp_path / 'was-run')!r}, 'w')\n")
    kitchen.write(more='  odd: "*"\n')
    for _ in range(2):  # without a cache, and with one
        kitchen.lock(anew=("*",))
        assert kitchen.versions()["odd"] == "1.0"
    assert not (tmp_path / "was-run").exists()
    kitchen.write(more='  odd: ">=2"\n')
    with pytest.raises(Impossible, match="setuptools"):  # which is what it would be built with
        kitchen.lock(built=("odd",))


def test_a_claim_whose_fix_is_a_variable_bounds_by_what_it_needs(kitchen: Kitchen) -> None:
    kitchen.write(matrix=NEEDS)
    kitchen.lock()
    assert kitchen.versions()["engine"] == "1.5"


def test_an_impossible_wish_ends_with_the_reasons_in_words_and_writes_nothing(kitchen: Kitchen, index: Index) -> None:
    kitchen.write(more='  engine: ">=2"\n', matrix=RULE)
    with pytest.raises(Impossible) as told:
        kitchen.lock()
    assert "SYN001: engine 2 cannot run a model of the old kind" in told.value.problem
    assert "engine<2" in told.value.problem
    assert told.value.exit_code == 1
    assert not kitchen.path.exists()
    kitchen.write(more='  nothing-like-it: "*"\n')
    with pytest.raises(Impossible, match="nothing-like-it was not found"):
        kitchen.lock()
    index.add("late", "1.0", python=">=3.12")
    kitchen.write(more='  late: "*"\n')
    with pytest.raises(Impossible, match=r"late.*Python>=3.12"):
        kitchen.lock()


def test_an_ignored_finding_rules_nothing_out(kitchen: Kitchen) -> None:
    kitchen.write(more="ignore: [{code: SYN001, reason: we know}]\n", matrix=RULE)
    kitchen.lock()
    assert kitchen.versions()["engine"] == "2.0"


def test_forbidden_packages_stay_out_and_optional_ones_are_bounded_if_they_come(kitchen: Kitchen, index: Index) -> None:
    index.add("model", "2.0", "bad-one", "engine")
    index.add("bad-one", "1.0")
    kitchen.write(more='optional: {engine: "<2", parts: "<3"}\nforbidden: {bad-one: it writes the same files}\n')
    kitchen.lock()
    assert kitchen.versions() == {"engine": "1.5", "model": "1.0"}


def test_the_day_decides_what_exists(kitchen: Kitchen) -> None:
    kitchen.lock(before="2026-01-01")
    assert kitchen.versions()["engine"] == "1.5"
    kitchen.write(more="lock: {exclude-newer: 2025-03-01}\n")
    kitchen.lock(before="", anew=("*",))
    assert kitchen.versions()["engine"] == "1.0"
    assert kitchen.own()["exclude-newer"].isoformat() == "2025-03-01T00:00:00+00:00"
    with pytest.raises(UserError, match="is no day"):
        kitchen.lock(before="tomorrow")


def test_a_lock_keeps_its_day_and_its_versions_until_it_is_told_otherwise(kitchen: Kitchen, index: Index) -> None:
    kitchen.lock(before="2026-01-01")
    index.add("parts", "3.5", day="2026-03-01")
    kitchen.write(more='  parts: "*"\n')
    (written,) = kitchen.lock(before="")
    assert kitchen.versions() == {"engine": "1.5", "model": "1.0", "parts": "2.0"}
    assert [tuple(change) for change in written.moved] == [("parts", "", "2.0", "the recipe asks for parts")]


def test_an_update_moves_what_is_named_and_an_upgrade_everything(kitchen: Kitchen) -> None:
    kitchen.write(more='  parts: "*"\n')
    kitchen.lock(before="2026-01-01")
    (dry,) = kitchen.lock(anew=("engine",), dry=True)
    assert [tuple(change) for change in dry.moved] == [("engine", "1.5", "2.0", "released 2026-02-01")]
    assert kitchen.versions() == {"engine": "1.5", "model": "1.0", "parts": "2.0"}
    kitchen.lock(anew=("engine",))
    assert kitchen.versions() == {"engine": "2.0", "model": "1.0", "parts": "2.0"}
    kitchen.lock(anew=("*",))
    assert kitchen.versions()["parts"] == "3.0"


def test_users_and_passwords_of_an_index_never_reach_the_lock(kitchen: Kitchen, index: Index) -> None:
    secret = index.url.replace("http://", "http://me:s3cret@")
    for name in ("engine", "model"):
        for about in index.said[name].values():
            about["url"] = secret.removesuffix("/simple/") + about["url"]
    kitchen.write(more=f"lock: {{indexes: ['{secret}']}}\n")
    kitchen.lock()
    assert "s3cret" not in kitchen.path.read_text()
    assert kitchen.own()["indexes"] == [index.url]


def test_what_is_not_locked_cannot_be_updated(kitchen: Kitchen) -> None:
    with pytest.raises(UserError, match="there is no lock to update"):
        kitchen.lock(anew=("engine",))
    kitchen.lock(before="2026-01-01")
    with pytest.raises(UserError, match="the lock has no such package") as told:
        kitchen.lock(anew=("engin",))
    assert told.value.hint == "did you mean `engine`?"
    kitchen.lock(anew=("Engine",))
    assert kitchen.versions()["engine"] == "2.0"


def test_a_c_library_that_uv_does_not_know_stands_for_the_next_older_one(kitchen: Kitchen, index: Index) -> None:
    index.add("engine", "2.5", tag="py3-none-manylinux_2_17_x86_64")
    index.add("engine", "2.6", tag="py3-none-manylinux_2_28_x86_64")
    spot = ("python=3.11", "os=linux", "arch=x86_64")
    kitchen.lock(*spot, "glibc=2.26")
    assert kitchen.versions()["engine"] == "2.5"
    kitchen.lock(*spot, "glibc=2.99", anew=("*",))
    assert kitchen.versions()["engine"] == "2.6"
    with pytest.raises(Impossible, match="uv solves for no computer as old as x86_64-manylinux_2_5"):
        kitchen.lock(*spot, "glibc=2.5")


def test_machines_that_a_marker_tells_apart_share_a_lock(kitchen: Kitchen, index: Index) -> None:
    index.add("model", "1.1", "engine ; sys_platform == 'linux'", "parts ; sys_platform == 'darwin'")
    kitchen.write(more="machines: {box: {glibc: '2.31'}, mac: {os: darwin, arch: arm64}}\n")
    (written,) = kitchen.lock_all()
    assert written.machines == ("box", "mac")
    markers = {str(package.name): str(package.marker or "") for package in kitchen.read().packages}
    assert markers["model"] == ""
    assert "linux" in markers["engine"]
    assert "darwin" in markers["parts"]


def test_machines_that_no_marker_tells_apart_get_a_lock_each_if_theirs_differ(kitchen: Kitchen, index: Index) -> None:
    index.add("engine", "2.5", tag="py3-none-manylinux_2_34_x86_64")
    kitchen.write(more="machines: {old: {glibc: '2.28'}, new: {glibc: '2.35'}}\n")
    assert sorted(os.path.basename(one.path) for one in kitchen.lock_all()) == [
        "pylock.own-new.toml",
        "pylock.own-old.toml",
    ]
    (alone,) = kitchen.lock_all("old")
    assert (os.path.basename(alone.path), alone.same) == ("pylock.own-old.toml", True)
    index.add("engine", "2.6")
    kitchen.lock_all(anew=("*",))
    assert sorted(path.name for path in kitchen.folder.glob("pylock*")) == ["pylock.own.toml"]
    assert sum("its machines are locked elsewhere now" in one for one in kitchen.said) == 2


def test_a_yanked_release_is_not_chosen(kitchen: Kitchen, index: Index) -> None:
    index.add("engine", "2.1", yanked="broken")
    (written,) = kitchen.lock()
    assert (kitchen.versions()["engine"], written.yanked) == ("2.0", ())
    kitchen.write(more='  engine: ">2"\n')
    before = kitchen.path.read_bytes()
    with pytest.raises(CannotLook, match=r"engine==2\.1 was yanked \(reason: broken\)") as told:
        kitchen.lock()
    assert (told.value.exit_code, kitchen.path.read_bytes()) == (3, before)


def test_a_yanked_release_that_is_pinned_or_locked_is_told(kitchen: Kitchen, index: Index) -> None:
    kitchen.lock()
    index.add("engine", "2.0", day="2026-02-01", yanked="it loses data")
    (written,) = kitchen.lock()
    assert (kitchen.versions()["engine"], written.yanked) == ("2.0", ("engine 2.0 (it loses data)",))
    assert "  withdrawn by their makers" in layout.plain(report.lines([written], 200))
    kitchen.lock(anew=("engine",))
    assert kitchen.versions()["engine"] == "1.5"
