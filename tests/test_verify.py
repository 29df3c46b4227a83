"""Trying claims: what is tried, what comes of it, and how it is kept and written back."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from envdoctor import matrix, processes
from envdoctor.app import verify
from envdoctor.errors import UserError
from envdoctor.facts import host
from envdoctor.matrix import claims, entries
from envdoctor.model import Fact
from envdoctor.model.verification import Outcome, Role, Verification
from envdoctor.verify import ground, listed, results, rewrite
from envdoctor.verify.perform import LOOKUP, Knowledge, perform
from envdoctor.verify.trials import Trial, planned
from tests.processes import run

MATRIX = """# kept as it is
- rule: SITE001
  title: jinja2 2 and markupsafe 2.1
  when: {jinja2: "<3"}
  needs: {markupsafe: "<2.1"}
  cause: a name is gone
  fixes:
    - pins: {markupsafe: "<2.1"}
      gives: {jinja2: 2.11.3, markupsafe: 1.0}   # and so is this
    - {note: or do without}
    - env: {LEGACY: "1"}
      gives: {jinja2: 2.11.3}
  symptoms: ["cannot import name 'soft_unicode'"]
  probe: import jinja2
  source: s
  checked: 2026-11-20
  evidence: documented
  bad:
    - {jinja2: 2.11.3, markupsafe: 2.1.5, setuptools: absent, env.OLD: unset, python: 3.9.18}
    - {jinja2: 2.11.3, driver: 535.54}
  good: [{jinja2: 2.11.3, markupsafe: 2.0.1}, {jinja2: 2.11.3+local}]
- names: SITE002
  title: names of a module
  package: markupsafe
  gone: {markupsafe.soft_unicode: ">=2.1"}
  source: s
  checked: 2026-11-20
  evidence: executed
  bad: [{markupsafe: 2.1.0}]
  good: [{markupsafe: 2.0.1}]
"""
RULE, NAMES = ([claims.build(r) for r in entry.records] for entry in entries.read(MATRIX, "m.yml"))
HELD = Verification(
    "SITE001",
    "2026-11-26",
    "linux x86_64",
    [
        Outcome(Role.GOOD, True, "", "3.11.7", {"jinja2": "2.11.3"}, ran=True),
        Outcome(Role.BAD, True, "ImportError", "3.11.7", {}, ran=True),
        Outcome(Role.FIX, True, "", "3.11.7", {"jinja2": "2.11.3", "markupsafe": "2.0.1", "more": "1"}),
        Outcome(Role.FIX, None, "no such Python"),
    ],
)


def test_good_and_bad_sets_and_the_fixes_of_the_first_bad_one_are_tried() -> None:
    told = [(trial.role, trial.pins, trial.wanted, trial.why) for trial in planned(RULE)]
    assert told == [
        (Role.GOOD, {"jinja2": "2.11.3", "markupsafe": "2.0.1"}, (), ""),
        (Role.GOOD, {"jinja2": "2.11.3+local"}, (), "jinja2 2.11.3+local is a build of its own"),
        (Role.BAD, {"jinja2": "2.11.3", "markupsafe": "2.1.5"}, (), ""),
        (Role.BAD, {"jinja2": "2.11.3"}, (), "`driver` cannot be arranged"),
        (Role.FIX, {"jinja2": "2.11.3", "markupsafe": "2.1.5"}, ("markupsafe<2.1", "jinja2"), ""),
        (Role.FIX, {"jinja2": "2.11.3", "markupsafe": "2.1.5"}, ("jinja2", "markupsafe"), ""),
    ]
    bad = next(trial for trial in planned(RULE) if trial.role is Role.BAD)
    assert (bad.absent, bad.env, bad.python) == (("setuptools",), {"OLD": None}, "3.9.18")
    assert [trial.env for trial in planned(RULE)][-1] == {"OLD": None, "LEGACY": "1"}


def test_names_are_looked_up_in_every_example_and_a_claim_without_a_program_is_only_solved() -> None:
    assert [trial.role for trial in planned(NAMES)] == [Role.GOOD, Role.BAD]
    assert {trial.role for trial in planned([RULE[0]._replace(probe="")])} == {Role.FIX}


LISTED = """- stands-in: {pillow: [pillow-simd, pillow-own], unheard: [of]}
  title: t
  source: s
  checked: 2026-11-20
  evidence: documented
- implied: glibc
  by: os.release
  title: t
  values: {"2.36": [Node Image 7], "2.99": [Node Image 9]}
  source: s
  checked: 2026-11-20
  evidence: documented
"""


def test_a_build_that_stands_in_has_to_bring_the_modules_of_what_it_replaces(tmp_path: Path) -> None:
    (tmp_path / "m.yml").write_text(LISTED)
    groups = list(listed.stand_ins([tmp_path / "m.yml"], {"PIL": ["pillow"], "cv2": ["opencv-python"]}))
    assert [group[0].code for group in groups] == ["STANDS-IN pillow-simd", "STANDS-IN pillow-own"]
    (trial,) = planned(groups[0])
    assert (trial.role, trial.pins, trial.why) == (Role.GOOD, {"pillow-simd": "*"}, "")
    assert (groups[0][0].uses, groups[0][0].checked) == (("PIL",), "2026-11-20")
    known = matrix.load()
    every = verify._waiting(known, verify.Wanted(only=(listed.STANDS_IN,)), {})
    assert "STANDS-IN tensorflow-cpu" in {group[0].code for group in every}


@pytest.mark.parametrize(("name", "held"), [("Node Image 7", True), ("Node Image 9", False), ("Node Image 8", None)])
def test_this_computer_shows_whether_what_follows_from_its_name_is_true(
    name: str, held: bool | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "m.yml").write_text(LISTED)
    monkeypatch.setattr(host, "release", lambda _: [Fact("os.release", name, "a test")])
    monkeypatch.setattr(host, "of_machine", lambda _: [Fact("glibc", "2.36", "a test")])
    found = list(listed.of_this_computer([tmp_path / "m.yml"]))
    assert [(one.code, one.outcomes[0].held) for one in found] == (
        [("IMPLIED glibc", held)] if held is not None else []
    )


def test_the_lookup_says_which_names_can_be_imported_and_survives_a_module_that_breaks(tmp_path: Path) -> None:
    (tmp_path / "breaks.py").write_text("print('noise'); raise SystemError('x')")
    (tmp_path / "wants.py").write_text("import no_such_package")
    (tmp_path / "refuses.py").write_text("raise ImportError('no binding of Qt was found')")
    names = ["json.dumps", "json.nothing", "os.path.join", "no_such_module", "json.decoder.JSONDecoder", "breaks.name"]
    names += ["wants.name", "refuses.name"]
    done = run([sys.executable, str(LOOKUP), *names], variables={"PYTHONPATH": str(tmp_path)})
    assert done.document == dict(zip(names, [True, False, True, False, True, False, None, None], strict=True))


def test_a_trial_that_cannot_be_arranged_says_why_and_makes_nothing(tmp_path: Path) -> None:
    known = Knowledge(RULE, lambda _: [], {}, "3.11")
    field = ground.Ground(tmp_path, "no-uv", pythons={"3.11.7": "python"})
    why = perform(Trial("SITE001", Role.BAD, {}, why="`driver` cannot be arranged"), known, field, tmp_path / "a")
    assert (why.held, why.told) == (None, "`driver` cannot be arranged")
    other = perform(Trial("SITE001", Role.BAD, {}, python="3.6"), known, field, tmp_path / "a")
    assert (other.held, other.told) == (None, "there is no Python 3.6 here")
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    ("wanted", "version"),
    [("", "3.11.7"), ("3.9.18", "3.9.2"), (">=3.10,<3.13", "3.11.7"), ("<3.10", "3.9.2"), (">=3.12", "3.13.1")],
)
def test_the_usual_python_is_taken_where_it_fits_else_the_newest(wanted: str, version: str, tmp_path: Path) -> None:
    here = {text: text for text in ("3.13.1", "3.12.4", "3.11.7", "3.9.2")}
    assert ground.chosen(ground.Ground(tmp_path, "uv", pythons=here), wanted, "3.11") == (version, version)
    assert ground.chosen(ground.Ground(tmp_path, "uv", pythons=here), "3.6", "3.11") is None


def test_results_are_kept_whole_and_read_back(tmp_path: Path) -> None:
    file = tmp_path / "a" / "kept.json"
    assert results.read(file) == {}
    results.write(file, {"SITE001": HELD})
    assert results.read(file) == {"SITE001": HELD}
    assert HELD.executed
    assert not HELD._replace(outcomes=HELD.outcomes[2:]).executed
    assert HELD._replace(outcomes=[Outcome(Role.BAD, False)]).refuted
    assert [path.name for path in file.parent.iterdir()] == ["kept.json"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "envdoctor.verification/1"}', "[" * 9000, "\x00"])
def test_a_file_that_holds_no_results_is_refused_and_kept(text: str, tmp_path: Path) -> None:
    file = tmp_path / "kept.json"
    file.write_text(text)
    with pytest.raises(UserError):
        results.read(file)
    assert file.read_text() == text


def test_writing_back_changes_the_day_the_grade_and_what_a_fix_gives_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "m.yml"
    file.write_text(MATRIX)
    assert rewrite.rewrite(file, {"SITE001": HELD}) == 1
    before, after = MATRIX.split("\n"), file.read_text().split("\n")
    assert [(a, b) for a, b in zip(before, after, strict=True) if a != b] == [
        (before[8], "      gives: {jinja2: 2.11.3, markupsafe: 2.0.1}   # and so is this"),
        ("  checked: 2026-11-20", "  checked: 2026-11-26"),
        ("  evidence: documented", "  evidence: executed"),
    ]
    assert rewrite.rewrite(file, {"SITE001": HELD}) == 0
    refuted = HELD._replace(checked="2027-01-01", outcomes=[*HELD.outcomes, Outcome(Role.BAD, False)])
    assert rewrite.rewrite(file, {"SITE001": refuted}) == 0


def test_the_stalest_claims_come_first_and_what_is_kept_is_not_tried_again(tmp_path: Path) -> None:
    (tmp_path / "m.yml").write_text(MATRIX.replace("checked: 2026-11-20", "checked: 2026-11-10", 1))
    known = matrix.load([tmp_path])

    def waiting(**wanted: object) -> list[str]:
        asked = verify.Wanted(only=("SITE",))._replace(**wanted)  # type: ignore[arg-type]
        return [group[0].code for group in verify._waiting(known, asked, {})]

    assert waiting() == ["SITE001", "SITE002"]
    assert waiting(since="2026-11-15") == ["SITE001"]
    with pytest.raises(UserError, match="matches no claim"):
        waiting(only=("SITE9",))


def test_once_all_work_is_ended_nothing_else_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_over", False)
    sleeper = processes.start([sys.executable, "-c", "import time; time.sleep(60)"])
    processes.end_all()
    assert sleeper.poll() is not None
    with pytest.raises(OSError, match="ended"):
        processes.start([sys.executable, "-c", ""])


def test_sixty_claims_and_more_were_executed_and_none_that_the_matrix_has_was_contradicted() -> None:
    kept = results.read(Path(__file__).parents[1] / "fixtures" / "results" / "claims.json")
    known = matrix.load().codes()
    assert sum(one.executed for code, one in kept.items() if code in known) >= 60
    assert [code for code, one in kept.items() if code in known and one.refuted] == []
