"""Files that were broken for real are mended by the command that the report prints, and then nothing is found."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from tests.processes import run
from tests.real.environments import envdoctor, install, made, surroundings, the_uv

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.real


def told(python: Path, folder: Path, **variables: str) -> list[tuple[str, str]]:
    """Give code and culprit of the errors and warnings."""
    report = envdoctor("check", "--json", "--target", str(python), folder=folder, **variables).report
    return [(f["code"], f["culprit"][0]) for f in report["findings"] if f["status"] in ("error", "warning")]


def mended(python: Path, folder: Path) -> None:
    """Run the command that the first fix of the first error prints."""
    report = envdoctor("check", "--json", "--target", str(python), folder=folder).report
    (command,) = report["findings"][0]["fixes"][0]["command"].splitlines()
    words = [the_uv() if word == "uv" else word for word in shlex.split(command)]
    done = run(words, variables=surroundings())
    assert done.status == 0, done.stderr


def test_what_is_broken_is_mended_by_what_is_printed(tmp_path: Path) -> None:
    python = made(tmp_path / "venv", "idna", "certifi", "regex", "colorama", "wheel")
    (site,) = (tmp_path / "venv/lib").glob("python3*/site-packages")
    (tmp_path / "job").mkdir()
    assert told(python, tmp_path / "job") == []

    (site / "idna/core.py").unlink()
    assert told(python, tmp_path / "job") == [("FILE005", "idna")]
    mended(python, tmp_path / "job")
    assert told(python, tmp_path / "job") == []

    (compiled,) = site.glob("regex/_regex.*.so")
    compiled.write_bytes(compiled.read_bytes()[:1000])
    (site / "certifi/cacert.pem").write_text("")
    assert set(told(python, tmp_path / "job")) == {("FILE005", "regex"), ("FILE005", "certifi")}
    mended(python, tmp_path / "job")
    mended(python, tmp_path / "job")
    assert told(python, tmp_path / "job") == []

    bin_ = tmp_path / "venv/bin/wheel"
    bin_.write_text("#!/old/place/bin/python\n" + bin_.read_text().partition("\n")[2])
    assert told(python, tmp_path / "job") == [("FILE010", "venv")]
    mended(python, tmp_path / "job")
    assert told(python, tmp_path / "job") == []


def test_a_wheel_of_another_python_and_a_shadow_are_named_and_end_with_their_cause(tmp_path: Path) -> None:
    python = made(tmp_path / "venv", "colorama")
    (site,) = (tmp_path / "venv/lib").glob("python3*/site-packages")
    (tmp_path / "job").mkdir()
    options = ("--target", str(site), "--python-version", "3.9", "--only-binary", ":all:")
    install(python, "regex==2024.5.15", options=options)
    assert ("FILE008", "regex") in told(python, tmp_path / "job")
    mended(python, tmp_path / "job")
    assert told(python, tmp_path / "job") == []

    install(python, "colorama<0.4.6", options=("--target", str(tmp_path / "vendor")))
    assert told(python, tmp_path / "job", PYTHONPATH=str(tmp_path / "vendor")) == [("PATH002", "env.PYTHONPATH")]
    assert told(python, tmp_path / "job") == []
