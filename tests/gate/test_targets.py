"""What conda says is there: `conda list --json`, a conda-lock.yml, a pylock.toml, the records of a prefix."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from envdoctor import facts
from envdoctor.app.check import check
from envdoctor.app.options import At, Options
from envdoctor.errors import CannotLook, UserError
from envdoctor.model import State, Status
from tests.folders import MINOR, wheel
from tests.gate.locks import conda_list, conda_lock, pylock

if TYPE_CHECKING:
    from pathlib import Path

    from envdoctor.model import Facts

NAMES = {"pytorch": "torch", "numpy": "numpy", "pip": "pip"}
CONDA = (
    ("python", "3.11.9", "conda-forge"),
    ("pytorch", "2.4.0", "conda-forge"),
    ("ncurses", "6.5", "conda-forge"),
    ("numpy", "1.26.4", "conda-forge"),
    ("numpy", "2.1.0", "pypi"),
    ("rich", "13.9.0", "pypi"),
)


def seen(path: Path, text: str, *given: str) -> Facts:
    path.write_text(text)
    return facts.Look(At(str(path), given)).facts(conda_names=lambda: NAMES)


def versions(found: Facts) -> dict[str, str]:
    return {name: dist.version for name, dist in found.by_name.items()}


@pytest.mark.parametrize("name", ["listed.json", "listed.txt"])
def test_what_conda_lists_is_a_target(tmp_path: Path, name: str) -> None:
    found = seen(tmp_path / name, conda_list(*CONDA))
    assert found.target.kind == "list"
    assert versions(found) == {"torch": "2.4.0", "numpy": "2.1.0", "rich": "13.9.0"}  # pip's numpy counts
    assert [dist.version for dist in found.distributions if dist.name == "numpy"] == ["2.1.0", "1.26.4"]
    assert {key: found.get(key).value for key in ("python", "os", "arch")} == {
        "python": "3.11.9",
        "os": "linux",
        "arch": "x86_64",
    }
    assert found.get("conda:ncurses").value == "6.5"
    assert found.get("setuptools").state is State.ABSENT  # conda leaves nothing out


def test_a_conda_lock_is_a_target_and_of_several_platforms_one_has_to_be_named(tmp_path: Path) -> None:
    rows = [(name, version, "pip" if channel == "pypi" else "conda") for name, version, channel in CONDA]
    found = seen(tmp_path / "a.conda-lock.yml", conda_lock(*rows))
    assert versions(found) == {"torch": "2.4.0", "numpy": "2.1.0", "rich": "13.9.0"}
    several = conda_lock(*rows, platforms=("linux-64", "osx-arm64"))
    with pytest.raises(UserError, match="is for several platforms: linux-64, osx-arm64"):
        seen(tmp_path / "conda-lock.yml", several)
    found = seen(tmp_path / "conda-lock.yml", several, "os=darwin", "arch=arm64")
    assert found.get("python").value == "3.11.9"
    assert versions(found)["torch"] == "2.4.0"


def test_a_pylock_is_a_target(tmp_path: Path) -> None:
    text = pylock(("torch", "2.4.0", ""), ("pywin32", "308", "sys_platform == 'win32'"))
    found = seen(tmp_path / "pylock.toml", text, "os=linux", "python=3.11")
    assert versions(found) == {"torch": "2.4.0"}
    assert found.get("setuptools").state is State.ABSENT
    assert "pywin32" not in found.missing
    assert "pywin32" in seen(tmp_path / "pylock.toml", text, "python=3.11").missing


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1]", "entry 1 is no package"),
        ('[{"name": "x"}]', "entry 1 has no `version`"),
        ('[{"name": "x", "version": 1}]', "entry 1 has no `version`"),
        ("[", "not JSON"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_a_list_that_is_none_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        seen(tmp_path / "listed.json", text)
    with pytest.raises(CannotLook):
        seen(tmp_path / "listed.json", "[]")


def record(prefix: Path, name: str, version: str, build: str, *files: str) -> None:
    (prefix / "conda-meta").mkdir(exist_ok=True)
    document = {"name": name, "version": version, "build": build, "files": files}
    (prefix / "conda-meta" / f"{name}-{version}-{build}.json").write_text(json.dumps(document))


@pytest.fixture
def prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a prefix with records of conda: one package that pip replaced, one that it removed, one that is whole."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = tmp_path / "env"
    subprocess.run([sys.executable, "-I", "-m", "venv", "--without-pip", str(made)], check=True, timeout=120)
    folder = f"lib/python{MINOR}/site-packages"
    for name, version in (("numpy", "2.1.0"), ("idna", "3.10")):
        wheel(made / folder, name, {f"{name}/__init__.py": ""}, version)
    record(made, "python", sys.version.split()[0], "h1_0_cpython")
    record(made, "numpy", "1.26.4", "py311h1_0", f"{folder}/numpy-1.26.4.dist-info/METADATA")
    record(made, "idna", "3.10", "pyhd8ed1ab_0", f"{folder}/idna-3.10.dist-info/METADATA")
    record(made, "requests", "2.32.0", "pyhd8ed1ab_0", f"{folder}/requests-2.32.0.dist-info/METADATA")
    record(made, "ncurses", "6.5", "h59595ed_0", "lib/libncurses.so.6")
    return made


def test_a_conda_prefix_tells_what_pip_did_behind_condas_back(prefix: Path) -> None:
    found = check(Options(at=At(str(prefix))), lambda _: None).findings
    assert {one.title for one in found if one.code == "FILE014"} == {
        "conda records numpy 1.26.4, but 2.1.0 is there",
        "conda records requests 2.32.0, but it is gone",
    }
    assert {one.status for one in found if one.code == "FILE014"} == {Status.WARNING}


def test_a_name_that_only_conda_knows_is_judged_by_condas_records(prefix: Path, tmp_path: Path) -> None:
    wanted = tmp_path / "r.yml"
    wanted.write_text('recipe: 1\nname: r\npackages: {conda:ncurses: ">=6", conda:openssl: "3", conda:python: "3"}\n')
    found = check(Options(str(wanted), At(str(prefix))), lambda _: None).findings
    told = {one.title: one.status for one in found if one.code.startswith("RECIPE")}
    assert told == {"openssl is not installed": Status.ERROR}
    without = check(Options(str(wanted), At(sys.executable)), lambda _: None).findings
    assert "1 judgement waits for `ncurses`" in {one.title for one in without}  # nothing of conda is seen there
