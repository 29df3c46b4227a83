"""`-o FORMAT=FILE` writes whole files or none, whatever the disk, the folder or a signal does."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

ROOT = Path(__file__).parents[2]
FOUNDING = ROOT / "fixtures" / "founding"
CODE = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from envdoctor.cli import main; main()"
CHECK = ("check", str(ROOT / "recipes" / "tf-text-bert.yml"), "--target", str(FOUNDING / "snapshot.json"))
FORMATS = ("text", "json", "sarif", "junit", "github", "gitlab", "markdown")


def started(*words: str, **how: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CODE, *words],
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | how,
    )


def ran(*words: str, **how: Any) -> tuple[int, str, str]:
    with started(*words, **how) as process:
        out, err = process.communicate(timeout=60)
        return process.returncode, out or "", err or ""


def test_one_run_writes_every_format_and_prints_its_own(tmp_path: Path) -> None:
    words = [word for form in FORMATS for word in ("-o", f"{form}={tmp_path}/out/{form}")]
    status, out, err = ran(*CHECK, *words)
    assert (status, err) == (1, "")
    assert out.startswith("target: snapshot")
    written = {path.name: path.read_text() for path in (tmp_path / "out").iterdir()}
    assert sorted(written) == sorted(FORMATS)
    assert written["text"] == out
    assert json.loads(written["json"])["exit_code"] == 1
    assert json.loads(written["sarif"])["runs"][0]["results"]
    assert etree.fromstring(written["junit"].encode()).get("failures") == "2"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("sarif", "is not FORMAT=FILE"),
        ("sarif=", "is not FORMAT=FILE"),
        ("sarif=-", "is not FORMAT=FILE"),
        ("pdf=report.pdf", "is not FORMAT=FILE (formats: text, json, sarif, junit, github, gitlab, markdown)"),
    ],
)
def test_a_wrong_output_is_two_before_anything_is_looked_at(given: str, said: str) -> None:
    status, out, err = ran("check", "--target", "/no/such", "-o", given)
    assert (status, out) == (2, "")
    assert said in " ".join(err.split()).replace("│ ", "")


def test_if_one_file_cannot_be_written_none_is(tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    kept.write_text("before")
    (tmp_path / "file").write_text("no folder")
    status, out, err = ran(*CHECK, "-o", f"json={kept}", "-o", f"sarif={tmp_path}/file/x.sarif")
    assert (status, out) == (2, "")
    assert err == f"error: {tmp_path}/file/x.sarif: cannot be written: file exists\n"
    assert kept.read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "kept.json"]


def test_a_folder_a_pipe_and_a_link_are_what_they_are(tmp_path: Path) -> None:
    status, _, err = ran(*CHECK, "-o", f"json={tmp_path}")
    assert (status, err) == (2, f"error: {tmp_path}: cannot be written: is a directory\n")
    os.mkfifo(tmp_path / "pipe")  # nobody reads it
    status, _, err = ran(*CHECK, "-o", f"json={tmp_path}/pipe")
    assert (status, err) == (2, f"error: {tmp_path}/pipe: cannot be written: no such device or address\n")
    (tmp_path / "real.json").write_text("before")
    (tmp_path / "link.json").symlink_to("real.json")
    assert ran(*CHECK, "-o", f"json={tmp_path}/link.json")[0] == 1
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "real.json").read_text())["exit_code"] == 1
    status, out, _ = ran(*CHECK, "-q", "-o", "json=/dev/stdout")
    assert (status, out[0]) == (1, "{")
    assert Path("/dev/stdout").is_symlink()


def test_a_full_disk_leaves_the_old_file_and_says_so(tmp_path: Path) -> None:
    kept = tmp_path / "report.json"
    kept.write_text("before")

    def small() -> None:  # as if the disk were full after 4,000 bytes
        resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, 4_000))

    status, out, err = ran(*CHECK, "-o", f"json={kept}", preexec_fn=small)
    assert (status, out, err) == (2, "", f"error: {kept}: cannot be written: file too large\n")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["before"]
    status, _, err = ran(*CHECK, "-o", "json=/dev/full")
    assert (status, err) == (2, "error: /dev/full: cannot be written: no space left on device\n")


@pytest.mark.parametrize("words", [CHECK, (*CHECK, "--json"), ("explain", "TF001"), ("--version",)])
def test_a_full_disk_below_stdout_is_one_line(words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        status, _, err = ran(*words, stdout=full)
    assert (status, err) == (2, "error: stdout: cannot be written: no space left on device\n")


@pytest.mark.skipif(not Path("/sys/kernel").is_dir(), reason="a folder that root may not write is Linux's /sys")
def test_a_folder_that_may_only_be_read_is_one_line() -> None:
    status, out, err = ran(*CHECK, "-o", "json=/sys/kernel/x.json")
    assert (status, out) == (2, "")
    said = "permission denied|operation not permitted|read-only file system"
    assert re.fullmatch(rf"error: /sys/kernel/x\.json: cannot be written: ({said})\n", err)


@pytest.mark.parametrize("form", FORMATS)
def test_a_reader_that_goes_away_leaves_the_verdict_as_it_is(form: str) -> None:
    with started(*CHECK, "--format", form) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 1


def test_without_stdout_home_and_locale_the_status_is_right(tmp_path: Path) -> None:
    bare = {"PATH": os.environ["PATH"], "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    status, _, err = ran(*CHECK, "-o", f"markdown={tmp_path}/s.md", env=bare, preexec_fn=lambda: os.close(1))
    assert (status, err) == (1, "")
    assert "…" not in err
    assert (tmp_path / "s.md").read_text(encoding="utf-8").startswith("### envdoctor: 2 errors")


def test_killed_at_any_moment_no_half_file_is_left(tmp_path: Path) -> None:
    """Kill a writer of large files at fifty moments; each file is the old one or the new one, never between."""
    code = f"""
import os, signal, sys, time; sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from envdoctor.formats.files import write_all
places = [Path(sys.argv[1]) / name for name in "xyz"]
for moment in range(50):
    child = os.fork()
    while child == 0:
        for letter in "abcdefghij":
            write_all({{place: letter * 300_000 for place in places}})
    time.sleep(0.003 + 0.0007 * moment)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    for found in (place.read_text() for place in places if place.exists()):
        print(len(found), len(set(found)))
"""
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert set(done.stdout.splitlines()) == {"300000 1"}
    assert len(list(tmp_path.glob(".*"))) > 3  # it was writing when it was ended


def test_a_run_that_is_killed_leaves_the_old_report_or_the_new_one(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text('{"exit_code": "before"}')
    for moment in range(6):
        with started(*CHECK, "-o", f"json={report}") as process:
            time.sleep(0.12 * moment)
            process.kill()
        assert json.loads(report.read_text())["exit_code"] in ("before", 1)


@pytest.mark.real
def test_twenty_runs_at_once_do_not_disturb_one_another(tmp_path: Path) -> None:
    words = (*CHECK, "-q", "-o", f"json={tmp_path}/same.json", "-o", f"sarif={tmp_path}/same.sarif")
    with ThreadPoolExecutor(20) as pool:
        done = list(pool.map(lambda _: ran(*words), range(20)))
    assert {status for status, _, _ in done} == {1}
    assert {err for _, _, err in done} == {""}
    assert len({out for _, out, _ in done}) == 1
    assert json.loads((tmp_path / "same.json").read_text())["exit_code"] == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["same.json", "same.sarif"]
