"""The conda side: channels that are made here, solved, locked, and read by conda-lock itself."""

from __future__ import annotations

import json
import re
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from envdoctor import matrix
from envdoctor.app import lock as app
from envdoctor.app import lock_check
from envdoctor.errors import CannotLook, Impossible, UserError
from envdoctor.facts import At
from tests.folders import wheel
from tests.locks.channel import Channel, served

if TYPE_CHECKING:
    from pathlib import Path

    from tests.locks.bench import Bench
    from tests.locks.index import Index

LIKE = """- rule: SYN001
  title: tensorflow 2.13 is not for this
  severity: error
  when: {tensorflow: "2.13"}
  needs: {tensorflow: "<2.13"}
  cause: it is not
  fixes: [{pins: {tensorflow: "<2.13"}, gives: {tensorflow: 2.2.0}}]
  source: a test
  checked: 2026-11-20
  evidence: executed
  bad: [{tensorflow: 2.13.1}]
  good: [{tensorflow: 2.2.0}]
"""
PIP_TOO = """- rule: SYN002
  title: keras is another release than tensorflow
  severity: error
  when: {tensorflow: "2.13"}
  needs: {keras: "2.13"}
  cause: it was made for another
  fixes: [{pins: {keras: "2.13"}, gives: {keras: 2.13.1}}]
  source: a test
  checked: 2026-11-20
  evidence: executed
  bad: [{tensorflow: 2.13.1, keras: 2.15.0}]
  good: [{tensorflow: 2.13.1, keras: 2.13.1}]
"""


def test_a_second_run_gives_the_same_bytes_and_keeps_versions_until_told_otherwise(bench: Bench) -> None:
    bench.ask("python=3.11", "numpy")
    bench.lock()
    first = bench.path.read_bytes()
    assert bench.lock().same
    assert bench.path.read_bytes() == first
    bench.channel.add(
        "numpy", "1.25.0", "python >=3.11,<3.12.0a0", "python_abi 3.11.* *_cp311", build="cp311_0", day=1300
    )
    bench.channel.write()
    assert bench.lock().same
    moved = bench.lock(anew=("numpy",), before="2026-11-20", dry=True).moved
    assert [(change.name, change.was, change.becomes) for change in moved] == [("numpy", "1.24.3", "1.25.0")]
    bench.lock(anew=("*",))
    assert bench.builds()["numpy"] == "1.25.0 cp311_0"
    bench.ask("python=3.11", "numpy<1.25")
    assert [change.why for change in bench.lock(dry=True).moved] == ["the recipe asks for numpy<1.25"]


def test_a_declared_driver_decides_for_the_build_and_nothing_is_made_up(bench: Bench) -> None:
    bench.ask("python=3.11", "tensorflow")
    bench.lock("driver=550.54.15")
    assert bench.builds()["tensorflow"] == "2.13.1 cuda_cp311_0"
    assert "cudatoolkit" in bench.builds()
    assert '"__cuda": "12.4"' in bench.read().custom["envdoctor-machines"].replace("\n", " ")
    bench.path.unlink()
    bench.lock("driver=470.42.01")  # runs CUDA 11.4, and the build wants 11.8
    assert bench.builds()["tensorflow"] == "2.13.1 cpu_cp311_0"


def test_what_cannot_be_had_is_told_as_a_chain(bench: Bench) -> None:
    bench.ask("python=3.11", "tensorflow=2.13.1=cuda*")
    with pytest.raises(Impossible) as told:
        bench.lock()
    assert "tensorflow 2.13.1 needs; __cuda, which this computer has not" in told.value.problem
    bench.ask("no-such-package")
    with pytest.raises(Impossible, match="no-such-package"):
        bench.lock()
    assert not bench.path.exists()


def test_the_matrix_bounds_what_conda_takes(bench: Bench) -> None:
    (matrix.BUNDLED / "own.yml").write_text(LIKE)
    bench.ask("python=3.11", "tensorflow")
    (ruling,) = bench.lock().rulings
    assert (ruling.code, ruling.bounds) == ("SYN001", ("tensorflow<2.13",))
    assert bench.builds()["tensorflow"] == "2.2.0 cpu_cp311_0"


def test_the_pip_part_is_solved_against_condas_python_and_packages(bench: Bench, index: Index) -> None:
    (matrix.BUNDLED / "own.yml").write_text(PIP_TOO)
    for version in ("2.13.1", "2.15.0"):
        index.add("keras", version, python=">=3.8")
    for version in ("1.24.3", "2.0.0"):
        index.add("numpy", version)
    index.add("seaborn", "0.13.2", "numpy>=1.20", "keras", "pandas", python=">=3.8")
    index.add("seaborn", "0.14.0", "numpy>=2", python=">=3.8")
    bench.ask("python=3.8", "tensorflow", "numpy", "pandas", pip=("keras", "seaborn"))
    bench.lock()
    builds = bench.builds()
    assert builds["python"] == "3.8.18 0_cpython"
    assert {name: builds[name] for name in ("keras", "seaborn", "numpy")} == {
        "keras": "2.13.1",
        "seaborn": "0.13.2",
        "numpy": "1.24.3 cp38_0",
    }
    assert "pip" in builds
    by_pip = [package for package in bench.read().packages if package.manager == "pip"]
    assert all(package.hashes["sha256"] and package.url.startswith("http://127.0.0.1") for package in by_pip)
    bench.ask("python=3.8", "numpy", pip=("seaborn>=0.14",))
    with pytest.raises(Impossible, match=r"the pip part: conda gives numpy 1\.24\.3, but "):
        bench.lock()
    bench.ask("python=3.8", pip=("-e .",))
    with pytest.raises(UserError, match="cannot be locked"):
        bench.lock()


def test_the_first_channel_that_has_a_package_is_the_one_it_comes_from(bench: Bench, tmp_path: Path) -> None:
    other = Channel(tmp_path / "other")
    other.add("numpy", "9.9.9", "python >=3.8")
    other.add("extra", "1.0", "numpy")
    bench.ask("python=3.11", "extra", channels=(bench.url, other.write(), "nodefaults"))
    bench.lock()
    assert bench.builds()["numpy"] == "1.24.3 cp311_0"
    assert bench.builds()["extra"] == "1.0 0"


def test_removed_and_broken_entries_are_not_taken(bench: Bench) -> None:
    own = ["python >=3.11,<3.12.0a0", "python_abi 3.11.* *_cp311"]
    bench.channel.add("numpy", "1.26.0", *own, build="cp311_0", removed=True, platforms=["linux-64"])
    bench.channel.add("strange", "1.0", broken={"md5": None, "sha256": None}, platforms=["linux-64"])
    bench.channel.write()
    bench.ask("python=3.11", "numpy")
    bench.lock()
    assert bench.builds()["numpy"] == "1.24.3 cp311_0"
    bench.ask("python=3.11", "strange")
    with pytest.raises(CannotLook, match=r"states no md5 of strange 1\.0"):
        bench.lock()


def test_a_channel_that_is_not_there_is_told_and_the_old_lock_stays(bench: Bench) -> None:
    bench.ask("python=3.11")
    bench.lock()
    before = bench.path.read_bytes()
    bench.ask("python=3.11", "numpy", channels=("http://user:secret@127.0.0.1:9/t/tk-123/none",))
    with pytest.raises(CannotLook) as told:
        bench.lock()
    assert "secret" not in told.value.problem
    assert "tk-123" not in told.value.problem
    assert bench.path.read_bytes() == before


def test_lock_check_tells_what_the_environment_has_not_or_too_much_or_in_another_build(bench: Bench) -> None:
    bench.ask("python=3.11", "numpy")
    bench.lock()
    prefix = bench.folder / "prefix"
    (prefix / "bin").mkdir(parents=True)
    (prefix / "bin" / "python").symlink_to(sys.executable)
    (prefix / "conda-meta").mkdir()
    for name in ("python-3.11.9-0_cpython", "numpy-1.24.3-cp311_9", "libc-floor-2.28-0"):
        (prefix / "conda-meta" / f"{name}.json").write_text("{}")
    subject = str(bench.folder / "environment.yml")
    report = lock_check.check(lock_check.Asked(subject, at=At(str(prefix))))
    found = {(finding.code, finding.culprit) for finding in report.findings if finding.code.startswith("LOCK")}
    assert found == {("LOCK004", ("python_abi",)), ("LOCK005", ("libc-floor",)), ("LOCK008", ("numpy",))}
    assert report.exit_code == 1
    with pytest.raises(UserError, match="a lock of conda is not sealed"):
        lock_check.seal(lock_check.Asked(subject, at=At(str(prefix))), bench.said.append)
    bench.ask("python=3.11", "numpy", "jupyter")
    again = lock_check.check(lock_check.Asked(subject, at=At(str(prefix))))
    assert "now asked for: jupyter" in {finding.cause for finding in again.findings}


def test_lock_check_tells_of_files_that_were_changed_behind_condas_back(bench: Bench) -> None:
    bench.ask("python=3.11", "numpy")
    bench.lock()
    prefix = bench.folder / "prefix"
    site = prefix / "lib" / "python3.11" / "site-packages"
    (prefix / "conda-meta").mkdir(parents=True)
    (prefix / "bin").mkdir()
    (prefix / "bin" / "python").symlink_to(sys.executable)
    (prefix / "conda-meta" / "python-3.11.9-0_cpython.json").write_text("{}")
    wheel(site, "plotter", {"plotter.py": "lines = 1\n"})

    def changed() -> set[tuple[str, ...]]:
        asked = lock_check.Asked(str(bench.folder / "environment.yml"), at=At(str(prefix), static=True))
        return {finding.culprit for finding in lock_check.check(asked).findings if finding.code == "LOCK007"}

    assert changed() == set()
    (site / "plotter.py").write_text("lines = 2, and more\n")
    assert changed() == {("plotter",)}


def test_what_is_locked_is_judged_for_the_machine_that_is_named(bench: Bench, tmp_path: Path) -> None:
    (bench.folder / "own.yml").write_text(
        "recipe: 1\nname: own\npython: '>=3.11,<3.12'\npackages: {numpy: '>=1.20'}\nhost: {driver: '>=535'}\n"
        "machines: {new: {driver: 550.54.15}, old: {driver: 470.57.02}, mac: {os: darwin}}\n"
        f"lock: {{channels: ['{bench.url}']}}\n"
    )
    subject = str(bench.folder / "own.yml")
    app.lock(app.Asked(subject, machines=("new",), before="2026-11-20"), bench.said.append)
    (tmp_path / "none.txt").write_text("numpy==1.24.3\n")

    def errors(*machines: str) -> set[tuple[str, str | None]]:
        report = lock_check.check(lock_check.Asked(subject, at=At(str(tmp_path / "none.txt")), machines=machines))
        return {(one.code, one.machine) for one in report.findings if not one.code.startswith("LOCK")}

    assert errors() == errors("new")
    assert not any(code.startswith("RECIPE") for code, _ in errors("new"))
    assert any(code.startswith("RECIPE") and machine == "old" for code, machine in errors("old"))
    with pytest.raises(UserError, match="the lock is not for `mac`, osx-64"):
        errors("mac")


def test_a_package_whose_hash_is_not_the_locked_one_is_told_and_the_lock_stays(bench: Bench) -> None:
    bench.ask("python=3.11", "numpy")
    bench.lock()
    changed = re.sub(rb"sha256: \w{64}", b"sha256: " + b"f" * 64, bench.path.read_bytes(), count=1)
    bench.path.write_bytes(changed)
    with pytest.raises(CannotLook, match="has another hash now"):
        bench.lock(anew=("*",))
    assert bench.path.read_bytes() == changed


def test_a_broken_cache_of_a_channel_is_mended_or_told(bench: Bench) -> None:
    with served(bench.channel.folder) as url:
        bench.ask("python=3.11", "numpy", channels=(url,))
        bench.lock()
        first = bench.path.read_bytes()
        for path in (bench.folder / "cache" / "envdoctor" / "conda").rglob("*"):
            if path.is_file() and path.stat().st_size:
                path.write_bytes(b"\x00broken" * 3)
        with suppress(CannotLook):
            bench.lock(anew=("*",))
        assert bench.path.read_bytes() == first


def test_several_platforms_share_a_lock(bench: Bench) -> None:
    (bench.folder / "own.yml").write_text(
        "recipe: 1\nname: own\npython: '>=3.11,<3.12'\npackages: {numpy: '>=1.20', conda:jupyter: '*'}\n"
        f"machines: {{box: {{glibc: '2.31'}}, mac: {{os: darwin, arch: arm64}}}}\nlock: {{channels: ['{bench.url}']}}\n"
    )
    (written,) = app.lock(app.Asked(str(bench.folder / "own.yml"), before="2026-11-20"), bench.said.append)
    assert written.machines == ("box", "mac")
    lock = bench.read()
    assert lock.platforms == ("linux-64", "osx-arm64")
    assert {package.name for package in lock.of("osx-arm64")} == {package.name for package in lock.of("linux-64")}
    (row,) = [row for row in json.loads(lock.custom["envdoctor-machines"]) if row["platform"] == "osx-arm64"]
    assert row["virtual"] == {"__unix": "0", "__osx": "11.0", "__archspec": "1 arm64"}


def test_a_served_channel_is_asked_with_the_users_secrets_and_the_lock_has_none(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(bench.channel.folder, user="me", password="s3cret") as url:
        host = url.removeprefix("http://")
        bench.ask("python=3.11", "numpy", channels=(f"http://me:s3cret@{host}",))
        bench.lock()
        text = bench.path.read_text()
        assert "s3cret" not in text
        assert f"url: {url}/linux-64/numpy-1.24.3-cp311_0.conda" in text
        (bench.folder / "own.yml").write_text(
            f"recipe: 1\nname: own\npackages: {{numpy: '*'}}\nlock: {{channels: ['http://me:s3cret@{host}']}}\n"
        )
        app.lock(app.Asked(str(bench.folder / "own.yml"), before="2026-11-20", anew=("*",)), bench.said.append)
        assert "numpy" in bench.builds()
        assert "s3cret" not in bench.path.read_text()
        bench.ask("python=3.11", "numpy", channels=(url,))
        with pytest.raises(CannotLook, match="401"):
            bench.lock(anew=("*",))
        secrets = bench.folder / "secrets.json"
        secrets.write_text(json.dumps({"127.0.0.1": {"BasicHTTP": {"username": "me", "password": "s3cret"}}}))
        monkeypatch.setenv("RATTLER_AUTH_FILE", str(secrets))
        bench.lock(anew=("*",))
        assert bench.builds()["numpy"] == "1.24.3 cp311_0"


def test_a_channel_that_cannot_be_reached_any_more_is_solved_from_its_copy_and_that_is_said(bench: Bench) -> None:
    with served(bench.channel.folder) as url:
        bench.ask("python=3.11", "numpy", channels=(url,))
        bench.lock()
        first = bench.path.read_bytes()
    bench.lock()
    assert bench.path.read_bytes() == first
    assert any("solved from the copy" in one for one in bench.said)
