"""The command line as a person meets it: exit statuses, streams, errors in one line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOUNDING = ROOT / "fixtures" / "founding"


def envdoctor(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command line of this checkout in the Python of the tests."""
    known = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "CONDA_PREFIX")}
    command = [sys.executable, "-c", "from envdoctor.cli import main; main()", *words]
    env = {**known, "PYTHONPATH": str(ROOT), **variables}
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=env, timeout=60, check=False)


def test_a_finding_that_fails_is_one_and_the_report_is_on_stdout() -> None:
    done = envdoctor("check", "tf-text-bert", "--target", str(FOUNDING / "snapshot.json"))
    assert done.returncode == 1
    assert done.stdout.startswith("target: snapshot ")
    assert done.stderr == ""
    assert "\x1b" not in done.stdout


def test_json_is_json_and_nothing_else() -> None:
    done = envdoctor("check", "tf-text-bert", "--json", "--target", str(FOUNDING / "snapshot.json"))
    document = json.loads(done.stdout)
    assert document["exit_code"] == done.returncode == 1
    assert document["fix"]["cures"] == ["TF001", "TF014"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["check", "no-such-recipe"], "neither a file nor a bundled recipe"),
        (["check", "no/such.yml"], "there is no such file"),
        (["check", "--select", "NOPE"], "`--select NOPE` matches no code"),
        (["check", "--fact", "x"], "is not KEY=VALUE"),
        (["check", "--matrix", "no-such-folder"], "no such folder"),
        (["check", "--fail-on", "maybe"], "maybe"),
        (["explain", "no-such-thing"], "nothing is known of"),
        (["no-such-command"], "no-such-command"),
    ],
)
def test_wrong_usage_is_two_with_one_clear_error_and_nothing_on_stdout(words: list[str], said: str) -> None:
    done = envdoctor(*words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_recipe_is_told_as_place_problem_hint(tmp_path: Path) -> None:
    recipe = tmp_path / "bert.yml"
    recipe.write_text("recipe: 1\npackges: {}\n")
    done = envdoctor("check", str(recipe))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: {recipe}:2:1: unknown key `packges` in a recipe\n  hint: did you mean `packages`?\n"


@pytest.mark.parametrize("target", ["/no/such/python", str(ROOT), "/dev/null"])
def test_what_cannot_be_looked_at_is_three_and_the_report_says_why(target: str) -> None:
    done = envdoctor("check", "tf-text-bert", "--json", "--target", target)
    assert done.returncode == 3
    (finding,) = json.loads(done.stdout)["findings"]
    assert (finding["code"], finding["status"]) == ("HOST001", "unknown")


def test_a_wrong_recipe_is_told_before_a_missing_target() -> None:
    assert envdoctor("check", "no-such-recipe", "--target", "/no/such/python").returncode == 2


def test_an_empty_list_is_three(tmp_path: Path) -> None:
    (tmp_path / "freeze.txt").write_text("# nothing\n")
    done = envdoctor("check", "--target", str(tmp_path / "freeze.txt"))
    assert done.returncode == 3
    assert "lists nothing that is installed" in " ".join(done.stdout.split())


def test_when_every_judgement_is_unknown_it_is_three(tmp_path: Path) -> None:
    (tmp_path / "r.yml").write_text("recipe: 1\nname: r\nhost: {driver: '>=535'}\n")
    (tmp_path / "freeze.txt").write_text("nothing-known==1.0\n")
    target = ["--target", str(tmp_path / "freeze.txt"), "--fact", "python=3.12"]
    done = envdoctor("check", str(tmp_path / "r.yml"), *target)
    assert done.returncode == 3


def test_fail_on_and_strict_decide_what_fails() -> None:
    target = ["--target", str(FOUNDING / "freeze.txt"), "--fact", "python=3.11"]
    assert envdoctor("check", "tf-text-bert", *target, "--fail-on", "never").returncode == 0
    quiet = ["check", *target, "--ignore", "TF,SETUP"]
    assert envdoctor(*quiet).returncode == 0
    assert envdoctor(*quiet, "--strict").returncode == 1


def test_selected_codes_alone_are_judged_and_ignored_ones_stay_visible() -> None:
    target = ["--target", str(FOUNDING / "snapshot.json"), "--json"]
    selected = json.loads(envdoctor("check", "tf-text-bert", *target, "--select", "TF014").stdout)
    assert {finding["code"] for finding in selected["findings"]} == {"TF014"}
    ignored = json.loads(envdoctor("check", "tf-text-bert", *target, "--ignore", "TF001").stdout)
    assert [f["suppressed"] for f in ignored["findings"] if f["code"] == "TF001"] == ["--ignore TF001"]
    assert ignored["fix"]["cures"] == ["TF014"]


def test_a_recipe_ignores_with_a_reason_until_a_day(tmp_path: Path) -> None:
    text = (ROOT / "recipes" / "tf-text-bert.yml").read_text()
    for until, shown in (("2099-01-01", "the cluster waits, until 2099-01-01"), ("2020-01-01", None)):
        recipe = tmp_path / f"{until}.yml"
        recipe.write_text(f"{text}\nignore: [{{code: TF001, reason: the cluster waits, until: {until}}}]\n")
        done = envdoctor("check", str(recipe), "--json", "--target", str(FOUNDING / "snapshot.json"))
        (finding,) = (f for f in json.loads(done.stdout)["findings"] if f["code"] == "TF001")
        assert finding["suppressed"] == shown
        assert ("that day is past" in finding["cause"]) is (shown is None)


def test_colour_is_for_those_who_ask() -> None:
    words = ["check", "--target", str(FOUNDING / "snapshot.json")]
    assert "\x1b[" in envdoctor(*words, "--color", "always").stdout
    assert "\x1b[" not in envdoctor(*words, "--color", "never").stdout


def test_without_a_locale_that_has_the_letters_nothing_breaks(tmp_path: Path) -> None:
    (tmp_path / "freeze.txt").write_text("torch==2.4\n")
    recipe = tmp_path / "r.yml"
    recipe.write_text("recipe: 1\nname: r\nforbidden: {torch: größer – 中}\n", encoding="utf-8")
    words = ["check", str(recipe), "--target", str(tmp_path / "freeze.txt"), "--fact", "python=3.11"]
    done = envdoctor(*words, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", PYTHONIOENCODING="ascii")
    assert done.returncode == 1
    assert "gr??er" in done.stdout.replace("ö", "?").replace("ß", "?")


def test_a_reader_that_goes_away_ends_it_quietly() -> None:
    command = [sys.executable, "-c", "from envdoctor.cli import main; main()", "explain", "tensorflow"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()


def test_control_c_ends_it_with_a_line_and_leaves_no_process(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\necho $$ > {mark}\nexec sleep 60\n")
    python.chmod(0o755)
    command = [sys.executable, "-c", "from envdoctor.cli import main; main()", "check", "--target", str(python)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
    ) as process:
        while not (mark.exists() and mark.read_text().strip()):
            time.sleep(0.02)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert b"interrupted" in err
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)


def test_explain_tells_cause_source_date_and_what_was_refuted() -> None:
    done = envdoctor("explain", "TF001")
    assert done.returncode == 0
    for word in ("TF001", "cause:", "fix:", "not a fix:", "source: https://", "executed, checked 2026-"):
        assert word in done.stdout
    assert "Requires-Dist" in envdoctor("explain", "REQ001").stdout
    assert "TF014" in envdoctor("explain", "tensorflow-hub").stdout


def test_explain_tells_by_which_words_a_way_of_dying_is_known() -> None:
    done = envdoctor("explain", "log601").stdout
    for word in (
        "LOG601",
        "says: not the environment",
        "told by: CUDA out of memory",
        "source: https://",
        "checked 2026-",
    ):
        assert word in done
    assert "<owner>" in envdoctor("explain", "LOG201").stdout


def test_rules_counts_by_family_and_grade() -> None:
    lines = envdoctor("rules").stdout.splitlines()
    grades = ["executed", "documented", "reported", "derived"]
    assert lines[0].split() == ["family", "claims", "names", *grades, "oldest"]
    rows = [[int(number) for number in line.split()[1:-1]] for line in lines[1:]]
    assert all(row[0] + row[1] == sum(row[2:]) for row in rows)
    assert rows[-1] == [sum(column) for column in zip(*rows[:-1], strict=True)]
    assert max(map(len, lines)) <= 80


def test_lint_tells_each_mistake_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "site.yml").write_text("- rule: X1\n  title: t\n- rule: SITE001\n  tilte: t\n")
    done = envdoctor("rules", "lint", str(tmp_path))
    assert done.returncode == 1
    assert f"{tmp_path}/site.yml:1:3" in done.stdout
    assert f"{tmp_path}/site.yml:4:3: unknown key `tilte`" in done.stdout


def test_facts_gives_a_snapshot_that_check_takes(tmp_path: Path) -> None:
    done = envdoctor("facts", "--target", sys.executable)
    (tmp_path / "snapshot.json").write_text(done.stdout)
    live = json.loads(envdoctor("check", "--json", "--target", sys.executable).stdout)
    record = json.loads(envdoctor("check", "--json", "--target", str(tmp_path / "snapshot.json")).stdout)
    assert [f["code"] for f in record["findings"]] == [f["code"] for f in live["findings"]]


@pytest.mark.parametrize("name", ["~nobody-of-that-name/x", "x" * 5000, "no/such/place"])
def test_a_name_that_leads_nowhere_is_told_whatever_it_looks_like(name: str) -> None:
    assert envdoctor("check", "--target", name).returncode == 3
    assert envdoctor("check", name).returncode == 2


def test_what_waits_for_a_fact_is_selected_and_ignored_by_its_own_code(tmp_path: Path) -> None:
    (tmp_path / "r.yml").write_text("recipe: 1\nname: r\npackages: {numpy: '*'}\nhost: {driver: '>=535'}\n")
    (tmp_path / "freeze.txt").write_text("numpy==2.1.0\n")
    given = ("--target", str(tmp_path / "freeze.txt"), "--fact", "python=3.11", "--json")
    asked = ("check", str(tmp_path / "r.yml"), *given)
    alone = json.loads(envdoctor(*asked, "--select", "RECIPE005").stdout)
    assert (alone["exit_code"], [f["code"] for f in alone["findings"]]) == (3, ["HOST000"])
    ignored = json.loads(envdoctor(*asked, "--ignore", "RECIPE005,REQ", "--strict").stdout)
    assert ignored["exit_code"] == 0
    assert {f["suppressed"] for f in ignored["findings"]} == {"--ignore RECIPE005", "--ignore REQ"}


def test_quiet_still_says_why_nothing_could_be_judged() -> None:
    said = envdoctor("check", "-q", "--target", "no/such/place").stdout
    assert "there is no such target" in " ".join(said.split())


def test_a_list_with_markers_is_judged_as_far_as_they_can_be(tmp_path: Path) -> None:
    listed = tmp_path / "freeze.txt"
    lines = ("numpy==2.1.0 ; python_version >= '3.10'", "old==1 ; python_version < '3.8'", "win==1 ; os_name == 'nt'")
    listed.write_text("\n".join(lines))
    recipe = tmp_path / "r.yml"
    recipe.write_text("recipe: 1\nname: r\npackages: {numpy: '<2', old: '*', win: '*'}\n")
    words = ("--target", str(listed), "--fact", "python=3.11", "--select", "RECIPE", "--json")
    asked = envdoctor("check", str(recipe), *words)
    told = {(f["code"], f["title"]) for f in json.loads(asked.stdout)["findings"]}
    assert told == {
        ("RECIPE002", "numpy 2.1.0 is not <2"),
        ("RECIPE001", "old is not installed"),
        ("HOST000", "1 judgement waits for `win`"),
    }
