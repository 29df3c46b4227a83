"""The matrix: every claim has a source, a date, a grade and its own test; the form of a file is checked by place."""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING, Any

import pytest

from envdoctor import matrix
from envdoctor.app import knowledge, lint
from envdoctor.errors import UserError
from envdoctor.matrix import cache, entries
from envdoctor.model import is_host
from envdoctor.report import knowledge as report
from envdoctor.report import layout

if TYPE_CHECKING:
    from pathlib import Path


CLAIMS = matrix.load().everything()


OLD = "read more than a year ago"  # what a person has to look up again; the day comes without a change of the code


def test_the_whole_matrix_lints_clean() -> None:
    assert [f"{mistake.place}: {mistake.problem}" for mistake in lint.lint() if OLD not in mistake.problem] == []


def test_there_are_at_least_twenty_five_mechanisms() -> None:
    assert len({claim.code for claim in CLAIMS}) >= 25


def test_every_claim_has_a_source_a_day_and_a_grade() -> None:
    today = datetime.datetime.now(datetime.UTC).date()
    for claim in CLAIMS:
        assert claim.source.strip(), claim.code
        assert datetime.date.fromisoformat(claim.checked) <= today, claim.code
        assert claim.evidence in {"executed", "documented", "reported", "derived"}, claim.code


def test_no_source_is_a_path_of_somebodys_machine() -> None:
    assert [claim.code for claim in CLAIMS if re.search(r"(^|\s)(/|\.\./|~)", claim.source)] == []


ENTRY = """- rule: SITE001
  title: t
  when: {a: "*"}
  needs: {b: "<2"}
  cause: c
  source: s
  checked: 2026-11-20
  evidence: executed
"""


@pytest.mark.parametrize(
    ("change", "place", "problem"),
    [
        (("rule: SITE001", "rule: site"), "1:9", "`site` is not a code"),
        (("  title: t\n", ""), "1:3", "`title` is missing"),
        (("  source: s\n", ""), "1:3", "`source` is missing"),
        (("2026-11-20", "soon"), "7:12", "`checked` must be a day"),
        (("executed", "guessed"), "8:13", "`evidence` cannot be `guessed`"),
        (('{b: "<2"}', '{b: "<two"}'), "4:14", "is not a version or a range"),
        (("title:", "tilte:"), "2:3", "unknown key `tilte`"),
        (("- rule", "- ruel"), "1:3", "an entry must be one of"),
        (("  cause: c\n", ""), "1:3", "`cause` is missing"),
        (('  when: {a: "*"}\n', ""), "1:3", "must say `when`"),
        (("  cause: c\n", "  cause: c\n  fixes: [{gives: {b: '1'}}]\n"), "6:11", "must change something"),
        (("  cause: c\n", "  cause: c\n  symptoms: ['(']\n"), "6:14", "not a pattern"),
        (("  cause: c\n", "  cause: c\n  kind: odd\n"), "6:9", "`kind` cannot be `odd`"),
        (('{b: "<2"}', '{gpq.compute: "<9"}'), "4:11", "unknown component `gpq.compute`"),
        (('{b: "<2"}', '{B_c: "<2"}'), "4:11", "unknown component `B_c`"),
        (("  cause: c\n", "  cause: c\n  silent: true\n"), "6:11", "`silent` without `uses`"),
    ],
)
def test_a_mistake_in_an_entry_is_told_with_its_place(change: tuple[str, str], place: str, problem: str) -> None:
    (found,) = entries.examine(ENTRY.replace(*change, 1), "m.yml")
    assert isinstance(found, UserError)
    assert found.place == f"m.yml:{place}"
    assert problem in found.problem


BAD, GOOD = "  bad: [{a: '1', b: '2'}]\n", "  good: [{a: '1', b: '1'}]\n"
FALSE = [
    ("", "`bad` and `good` examples are missing"),
    ("  bad: [{a: '1', b: '1'}]\n" + GOOD, "this bad example is not found"),
    (BAD + "  good: [{a: '1', b: '3'}]\n", "this good example is condemned"),
    (BAD + GOOD + "  fixes: [{pins: {b: '<2'}, gives: {b: '2.1'}}]\n", "which is not <2"),
    (BAD + GOOD + "  fixes: [{pins: {b: '<3'}, gives: {b: '2.1'}}]\n", "{code} still finds"),
    (BAD + "  good: [{a: '1', b: '1', setuptools: '84', tensorflow-hub: '0.16.1'}]\n", "TF014 contradicts"),
    (BAD + GOOD + "  severity: error\n", "only derived may warn"),
]


def test_an_example_a_fix_or_a_claim_that_does_not_hold_is_a_mistake(tmp_path: Path) -> None:
    entry = ENTRY.replace("executed", "derived")
    each = (
        (entry.replace("SITE001", f"SITE00{number}") + more).replace("{a:", f"{{a{number}:")
        for number, (more, _) in enumerate(FALSE)
    )
    site = tmp_path / "site.yml"
    site.write_text("".join(each))
    lines = site.read_text().splitlines()
    told = [(str(mistake.place), mistake.problem) for mistake in lint.lint([tmp_path])]
    for number, (_, problem) in enumerate(FALSE):
        code = f"SITE00{number}"
        place = f"{site}:{lines.index(f'- rule: {code}') + 1}:3"
        assert [one for at, one in told if at == place and problem.format(code=code) in one], (code, told)


def test_a_further_folder_adds_claims_and_replaces_those_of_the_same_code(tmp_path: Path) -> None:
    old = ENTRY.replace("SITE001", "TF001").replace("2026-11-20", "2024-01-31")
    (tmp_path / "site.yml").write_text(ENTRY + old)
    found = {claim.code: claim for claim in matrix.load([tmp_path]).everything()}
    assert found["SITE001"].title == "t"
    assert found["TF001"].title == "t"
    assert len(found) == len({claim.code for claim in CLAIMS}) + 1
    assert list(matrix.entry_errors([tmp_path])) == []
    told = knowledge.explain("TF001", [tmp_path])
    text = layout.plain(report.claims(told.claims, told.old, 80))
    assert "executed, checked 2024-01-31; older than a year" in text
    assert knowledge.explain("SITE001", [tmp_path]).old == ()
    (tmp_path / "more.yml").write_text(ENTRY)
    (twice,) = matrix.entry_errors([tmp_path])
    assert (twice.problem, twice.place) == ("`SITE001` stands twice", f"{tmp_path / 'site.yml'}:1:3")


LISTED = """- stands-in:
    torch: [torch-own]
    tensorflow: [torch-own, tf-own]
    tf-own: [tf-fork]
    keras: [keras-own]
  source: s
  checked: 2024-01-31
  evidence: documented
- implied: driver
  by: os.release
  values: {"535.54": [Node Image 7], "580.10": [Node Image 9]}
  source: s
  checked: 2026-11-20
  evidence: documented
- implied: driver
  by: glibc
  values: {"550.54": [Node Image 7]}  # and so the example of this name is wrong, too
  source: s
  checked: 2026-11-20
  evidence: documented
- rule: SITE003
  title: t
  when: {keras: ">=3"}
  needs: {driver: ">=550"}
  cause: c
  fixes: [{pins: {keras: "<3"}, gives: {keras: 2.15.0, keras-own: 2.15.0}}]
  source: s
  checked: 2026-11-20
  evidence: executed
  bad: [{keras: 3.0.0, driver: "535.54", os.release: Node Image 7}]
  good: [{keras: 3.0.0, driver: "570.1", os.release: Node Image 9}]
"""


def test_a_mistake_in_what_is_listed_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "site.yml").write_text(LISTED)
    told = [(str(one.place).rpartition("site.yml:")[2], one.problem) for one in lint.lint([tmp_path])]
    assert told == [
        ("3:18", "`torch-own` says tensorflow here, and torch elsewhere"),
        ("15:3", "`driver` says glibc here, and os.release elsewhere"),
        ("17:23", "`node image 7` says 550.54 here, and 535.54 elsewhere"),
        ("7:12", "stands-in: its source was read more than a year ago"),
        ("4:14", "`tf-fork` is never reached: `tf-own` itself stands in for another package"),
        ("15:3", "`driver` is never reached: `glibc` itself follows from another fact"),
        ("21:3", "SITE003: a fix gives keras and keras-own, which stands in for it"),
        ("21:3", "SITE003: Node Image 7 has driver 550.54, not 535.54"),
        ("21:3", "SITE003: Node Image 9 has driver 580.10, not 570.1"),
    ]


TABLE = """- table: SITE002
  title: t
  key: a
  columns: {b: error}
  known: ">=1,<3"
  rows:
    - {a: 1.*, b: 1.*}
    - {a: 2.*, b: 2.*}
  source: s
  checked: 2026-11-20
  evidence: executed
"""


@pytest.mark.parametrize(
    ("change", "place", "problem"),
    [
        (("a: 2.*", "a: 4.*"), "8:7", "no a within `known`"),
        (("{a: 2.*, b: 2.*}", "{a: 1.*, b: 1.*}"), "8:7", "stands here twice"),
        (("{a: 2.*, b", "{b: 1.*, a: 2.*, c"), "8:20", "unknown key `c`"),
        (("{a: 2.*, ", "{"), "8:7", "does not name its key"),
    ],
)
def test_a_row_that_nothing_reaches_is_a_mistake_at_its_place(
    change: tuple[str, str], place: str, problem: str
) -> None:
    (found,) = entries.examine(TABLE.replace(*change, 1), "m.yml")
    assert isinstance(found, UserError)
    assert problem in found.problem
    assert found.place == f"m.yml:{place}" or problem.startswith("unknown key")


def test_names_are_silent_unless_used_and_know_where_a_name_is_gone() -> None:
    text = """- names: NP901
  package: numpy
  title: t
  gone: {numpy.float: ">=1.24", numpy.bool8: ">=2.0"}
  source: s
  checked: 2026-11-20
  evidence: executed
"""
    (entry,) = entries.read(text, "m.yml")
    assert [(r["uses"], r["when"], r["silent"]) for r in entry.records] == [
        (["numpy.float"], {"numpy": ">=1.24"}, True),
        (["numpy.bool8"], {"numpy": ">=2.0"}, True),
    ]
    assert [fix["pins"] for r in entry.records for fix in r["fixes"]] == [{"numpy": "<1.24"}, {"numpy": "<2.0"}]


def test_a_name_that_came_and_went_is_missing_in_two_ranges_and_the_fix_lies_between() -> None:
    text = """- names: TF904
  package: hub
  title: t
  gone: {hub.cached: ["<0.1", ">=0.26"]}
  instead: {hub.cached: hub.download}
  source: s
  checked: 2026-11-20
  evidence: executed
"""
    (entry,) = entries.read(text, "m.yml")
    assert [(r["when"], r["fixes"][0]["pins"]) for r in entry.records] == [
        ({"hub": "<0.1"}, {"hub": ">=0.1,<0.26"}),
        ({"hub": ">=0.26"}, {"hub": "<0.26,>=0.1"}),
    ]
    assert entry.records[0]["cause"] == "hub does not have it in <0.1 and in >=0.26; write hub.download in its place"


def test_a_claim_that_cannot_concern_a_target_is_not_built() -> None:
    known = matrix.load()
    assert [
        c.code
        for c in known.concerning(())
        if not all(is_host(name) or cell == "absent" for name, cell in c.when.items())
    ] == []
    assert not any(claim.silent and claim.package for claim in known.concerning({"numpy", "transformers"}))
    named = [claim for claim in known.concerning({"numpy"}, ["numpy.float.x"]) if claim.silent and claim.package]
    assert {claim.uses[0] for claim in named} == {"numpy.float"}
    assert "TF001" in {claim.code for claim in known.concerning({"tensorflow", "tensorflow-hub"})}
    assert "TF001" not in {claim.code for claim in known.concerning({"torch"})}


def test_the_cache_is_by_content_and_harmless_if_corrupt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    compiled: dict[str, Any] = {"codes": ["X001"], "conda": {"ä": "b"}}
    calls: list[int] = []

    def compile_(_: object) -> dict[str, Any]:
        calls.append(1)
        return compiled

    file = tmp_path / "m.yml"
    file.write_text("a")
    for _ in range(2):
        kept_parts = cache.remembered([file], compile_)
        assert {name: kept_parts.part(name) for name in kept_parts.places} == compiled
    assert len(calls) == 1
    file.write_text("b")
    cache.remembered([file], compile_)
    assert len(calls) == 2
    *_, kept = sorted((tmp_path / "cache" / "envdoctor").glob("matrix-*"), key=lambda path: path.stat().st_mtime_ns)
    whole = kept.read_bytes()
    for number, broken in enumerate((b"{", b"", b"[]\n", whole[:-2], b"X" + whole[1:])):
        kept.write_bytes(broken)
        assert cache.remembered([file], compile_).part("conda") == {"ä": "b"}
        assert len(calls) == 3 + number


def test_the_cache_keeps_several_matrices_and_lets_the_oldest_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(cache, "KEPT", 3)
    file = tmp_path / "m.yml"
    for text in "abcde":
        file.write_text(text)
        cache.remembered([file], lambda _: {})
    assert len(list((tmp_path / "cache" / "envdoctor").iterdir())) == 3
