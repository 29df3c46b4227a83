"""Files against their RECORD, and what is left over: each fault is made, found, mended, and then not found."""

from __future__ import annotations

import json
import os
import shutil
import time
from typing import TYPE_CHECKING

import pytest

from envdoctor.facts import distributions, remembered
from tests.folders import MINOR, TAG, codes, found, look, prefix, wheel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CODE = "def answer():\n    return 42\n"
ALPHA = {"alpha/__init__.py": CODE, "alpha/core.py": CODE * 20, "alpha/tests/one.py": CODE}


@pytest.fixture
def venv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an environment with one sound distribution, and stand in an empty folder beside it."""
    (tmp_path / "job").mkdir()
    monkeypatch.chdir(tmp_path / "job")
    for name in ("PYTHONPATH", "LD_LIBRARY_PATH", "LD_PRELOAD", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONNOUSERSITE", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    site = prefix(tmp_path / "venv")
    wheel(site, "alpha", ALPHA)
    wheel(site, "beta", {"beta.py": CODE})
    return tmp_path / "venv"


def site_of(venv: Path) -> Path:
    return venv / "lib" / f"python{MINOR}" / "site-packages"


def again(venv: Path) -> None:
    """Install alpha again."""
    wheel(site_of(venv), "alpha", ALPHA)


def gone(site: Path) -> None:
    (site / "alpha/core.py").unlink()


def slim(site: Path) -> None:
    (site / "alpha/tests/one.py").unlink()


def hollow(site: Path) -> None:
    shutil.rmtree(site / "alpha")


def cut(site: Path) -> None:
    (site / "alpha/core.py").write_text(CODE)


def grown(site: Path) -> None:
    (site / "alpha/core.py").write_text(CODE * 30)


def half(site: Path) -> None:
    (site / "alpha-1.0.dist-info/RECORD").unlink()


FAULTS: list[tuple[str, Callable[[Path], None], str, str]] = [
    ("a file that is gone", gone, "FILE005", "error: alpha: 1 of 3 files is missing"),
    ("a file that is cut", cut, "FILE005", "error: alpha: 1 of 3 files is shorter than recorded"),
    ("a file that grew", grown, "FILE006", "warning: alpha: 1 of 3 files is longer than recorded"),
    ("a test that is gone", slim, "FILE006", "warning: alpha: 1 of 3 files"),
    ("all files gone", hollow, "FILE005", "error: alpha: none of its files is there"),
    ("no RECORD", half, "FILE011", "warning: alpha has no RECORD of its files"),
]


@pytest.mark.parametrize(("_", "breaks", "code", "title"), FAULTS, ids=[fault[0] for fault in FAULTS])
def test_a_fault_is_found_and_gone_after_the_repair(
    venv: Path, _: str, breaks: Callable[[Path], None], code: str, title: str
) -> None:
    assert codes(venv) == {}
    breaks(site_of(venv))
    (finding,) = found(venv)
    assert finding.code == code
    assert f"{finding.status}: {finding.title}".startswith(title)
    assert finding.culprit == ("alpha",)
    assert finding.fixes[0].reinstall == ("alpha",)
    again(venv)
    assert codes(venv) == {}


def test_content_of_the_same_size_is_seen_with_deep_alone(venv: Path) -> None:
    core = site_of(venv) / "alpha/core.py"
    core.write_text(core.read_text().replace("42", "43"))
    assert codes(venv) == {}
    assert codes(venv, deep=True) == {"FILE006": "warning: alpha: 1 of 3 files has not the content that was installed"}
    again(venv)
    assert codes(venv, deep=True) == {}


def test_rows_that_nobody_can_be_held_to_are_no_fault(venv: Path) -> None:
    about = site_of(venv) / "alpha-1.0.dist-info"
    with (about / "RECORD").open("a") as rows:
        rows.write("alpha/__pycache__/core.cpython-311.pyc,,\n../../../bin/gone,sha256=x,1\n../../../share/x,,9\n")
        rows.write("alpha-1.0.dist-info/METADATA,sha256=x,1\n/etc/passwd,sha256=x,1\nalpha/../../../x.py,,1\n")
    assert codes(venv, deep=True) == {}


def test_certificates_that_a_site_added_are_no_fault(venv: Path) -> None:
    wheel(site_of(venv), "certifi", {"certifi/cacert.pem": "one\n", "certifi/__init__.py": ""})
    (site_of(venv) / "certifi/cacert.pem").write_text("one\nours\n")
    assert codes(venv, deep=True) == {}
    (site_of(venv) / "certifi/cacert.pem").write_text("")
    assert list(codes(venv)) == ["FILE005"]


def test_what_a_systems_package_manager_rewrote_is_no_fault(venv: Path, tmp_path: Path) -> None:
    base = tmp_path / "base" / "lib" / "python3" / "dist-packages"
    prefix(tmp_path / "base")
    wheel(base, "distro", {"distro/core.py": CODE})
    (base / "distro/core.py").write_text("x")
    (venv / "pyvenv.cfg").write_text(
        f"home = {tmp_path}/base/bin\nversion = {MINOR}.1\ninclude-system-site-packages = true\n"
    )
    assert "distro" in {dist.name for dist in look(venv).distributions}
    assert codes(venv, deep=True) == {}


def test_what_conda_rewrote_is_no_fault(venv: Path) -> None:
    (site_of(venv) / "alpha-1.0.dist-info/INSTALLER").write_text("conda\n")
    (site_of(venv) / "alpha/core.py").write_text("x")
    assert codes(venv, deep=True) == {}


def test_two_that_own_a_file_say_who_wins_and_one_alike_is_no_fault(venv: Path) -> None:
    site = site_of(venv)
    wheel(site, "cv", {"cv/__init__.py": "", "cv/a.py": "a", "cv/b.py": "b", "tests/conftest.py": "1"})
    wheel(site, "cv-headless", {"cv/__init__.py": "", "cv/a.py": "a2", "cv/b.py": "b2", "tests/conftest.py": "2"})
    (finding,) = found(venv)
    assert finding.title == "cv-headless and cv own 2 files with different content"
    assert (finding.status, finding.cause.partition(";")[0]) == ("warning", "all are cv-headless's")
    (site / "cv/a.py").write_text("a")
    (finding,) = found(venv)
    assert (finding.code, finding.status) == ("FILE007", "error")
    shutil.rmtree(site / "cv_headless-1.0.dist-info")
    (site / "cv/b.py").write_text("b")
    assert codes(venv) == {}


def test_packages_that_share_a_namespace_do_no_harm_to_each_other(venv: Path) -> None:
    join = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"
    wheel(site_of(venv), "zope-one", {"zope/__init__.py": join, "zope/one.py": "1"})
    wheel(site_of(venv), "zope-two", {"zope/__init__.py": f"# two\n{join}", "zope/two.py": "2"})
    assert codes(venv) == {}


@pytest.mark.parametrize(
    ("file", "fits"),
    [
        (f"_x.{TAG}.so", True),
        ("_x.abi3.so", True),
        ("_x.so", True),
        ("_x.cpython-39-x86_64-linux-gnu.so", False),
        (f"_x.{TAG.replace('x86_64', 'aarch64')}.so", False),
        ("_x.cp311-win_amd64.pyd", False),
        (f"_x.{TAG.replace('x86_64-linux-gnu', 'darwin')}.so", False),
    ],
)
def test_extension_modules_of_another_python_or_system_are_found(venv: Path, file: str, fits: bool) -> None:
    site = site_of(venv)
    wheel(site, "fast", {f"fast/{file}": "", "fast/__init__.py": ""})
    assert ("FILE008" not in codes(venv)) == fits


def test_an_extension_module_with_a_python_twin_proves_nothing(venv: Path) -> None:
    site = site_of(venv)
    files = {"fast/md.cpython-39-x86_64-linux-gnu.so": "", "fast/md.py": ""}
    wheel(site, "fast", files)
    assert codes(venv) == {}


def test_leftovers_are_told_and_gone_when_they_are_removed(venv: Path) -> None:
    site = site_of(venv)
    (site / "~lpha").mkdir()
    (site / "gamma" / "__pycache__").mkdir(parents=True)
    (site / "gamma" / "__pycache__" / "x.pyc").touch()
    (site / "delta").mkdir()
    (site / "delta" / "notes.txt").touch()
    (site / "alpha.libs").mkdir()
    assert codes(venv) == {
        "FILE004": "warning: `~lpha` is left over from an interrupted installation",
        "FILE012": "warning: `gamma` is a folder without any code, and imports all the same",
    }
    for name in ("~lpha", "gamma"):
        shutil.rmtree(site / name)
    assert codes(venv) == {}


@pytest.mark.parametrize("form", ["path line", "finder", "direct_url.json"])
def test_an_editable_install_whose_folder_is_gone_is_found(venv: Path, tmp_path: Path, form: str) -> None:
    site, source = site_of(venv), tmp_path / "src"
    source.mkdir()
    files = {
        "path line": {"__editable__.mine-0.1.pth": f"{source}\n"},
        "finder": {"__editable___mine_0_1_finder.py": f"MAPPING: dict[str, str] = {{'mine': '{source}/mine'}}\n"},
        "direct_url.json": {
            "mine.pth": f"{source}\n",
            "mine-0.1.dist-info/direct_url.json": json.dumps(
                {"url": f"file://{source}", "dir_info": {"editable": True}}
            ),
        },
    }[form]
    (source / "mine").mkdir()
    wheel(site, "mine", files, "0.1")
    assert codes(venv) == {}
    source.rename(tmp_path / "moved")
    assert list(codes(venv)) == ["FILE009"]
    (tmp_path / "moved").rename(source)
    assert codes(venv) == {}


def script(venv: Path, first: str) -> None:
    site = site_of(venv)
    wheel(site, "tool", {"tool.py": "", "../../../bin/tool": f"{first}\nimport tool\n"})


@pytest.mark.parametrize(
    ("first", "code"),
    [
        ("#!/old/place/bin/python", "FILE010"),
        ("#!/bin/sh\n'''exec' /old/place/bin/python3 \"$0\" \"$@\"\n' '''", "FILE010"),
        ("#!{venv}/bin/python", ""),
        ("#!/usr/bin/env python3", ""),
        ("#!/bin/sh", ""),
    ],
)
def test_a_script_whose_interpreter_is_gone_is_found(venv: Path, first: str, code: str) -> None:
    script(venv, first.format(venv=venv))
    assert list(codes(venv)) == ([code] if code else [])


def test_a_script_of_another_environment_is_told(venv: Path, tmp_path: Path) -> None:
    prefix(tmp_path / "other")
    script(venv, f"#!{tmp_path}/other/bin/python")
    assert list(codes(venv)) == ["FILE013"]


def test_what_is_remembered_is_forgotten_when_a_file_changes(venv: Path) -> None:
    past = time.time_ns() - 10**11
    for path in site_of(venv).rglob("*"):
        os.utime(path, ns=(past, past))
    metadata = site_of(venv) / "beta-1.0.dist-info/METADATA"
    assert codes(venv) == {}
    time.sleep(remembered.UNSETTLED_NS / 1e9 + 0.1)
    assert codes(venv) == {}
    metadata.write_text(metadata.read_text().replace("\n\n", "\nRequires-Dist: gone\n\n"))
    assert list(codes(venv)) == ["REQ001"]
    (site_of(venv) / "alpha/core.py").unlink()
    assert list(codes(venv)) == ["FILE005", "REQ001"]


def test_fifty_thousand_files_and_a_sparse_giant_take_bounded_time(venv: Path) -> None:
    site = site_of(venv)
    rows = [f"huge/f{number}.py,sha256=x,0" for number in range(50_000)]
    about = wheel(site, "huge", {"huge/weights.bin": ""})
    (about / "RECORD").write_text("\n".join([*rows, "huge/weights.bin,sha256=x,0"]))
    with (site / "huge/weights.bin").open("wb") as file:
        file.truncate(100 * 2**30)
    begun = time.process_time()
    (finding,) = found(venv, deep=True)
    assert "50000 of 50001 files are missing" in finding.title
    assert len(finding.evidence) < 10
    assert time.process_time() - begun < 10


def test_a_record_that_is_a_pipe_or_no_table_is_survived(venv: Path) -> None:
    place = site_of(venv) / "beta-1.0.dist-info/RECORD"
    place.write_bytes(b'a,"\0\n')
    assert list(codes(venv)) == ["FILE011"]
    place.unlink()
    os.mkfifo(place)
    assert distributions.scan([str(site_of(venv))]).distributions
