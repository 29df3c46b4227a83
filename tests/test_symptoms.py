"""Symptoms: each matches the log line that proves it, none matches a log of something that works."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from envdoctor import matrix
from envdoctor.diagnose import literals
from envdoctor.errors import UserError
from envdoctor.matrix import entries

LOGS = Path(__file__).parents[1] / "fixtures" / "logs"
KNOWN = matrix.load()
SYMPTOMS = sorted(
    {(c.code, pattern) for c in KNOWN.everything() for pattern in c.symptoms}
    | {(one.code, pattern) for one in KNOWN.mechanisms() for pattern in one.patterns}
)
# Noise is in healthy logs; a pattern that needs a failure beside it says nothing of a line alone.
ELSEWHERE = {one.code for one in KNOWN.mechanisms() if one.says == "harmless" or one.needs}
HEALTHY = {path.name: path.read_text(encoding="utf-8") for path in sorted((LOGS / "healthy").glob("*.txt"))}


def proof(code: str) -> list[str]:
    path = LOGS / f"{code}.txt"
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def test_every_symptom_matches_a_line_that_proves_it() -> None:
    proofs = {code: proof(code) for code, _ in SYMPTOMS}
    unproved = [f"{code}: {one}" for code, one in SYMPTOMS if not any(re.search(one, line) for line in proofs[code])]
    assert unproved == []


def test_no_symptom_matches_a_healthy_log() -> None:
    assert len(HEALTHY) >= 4
    healthy = {name: literals.Text(text.splitlines()) for name, text in HEALTHY.items()}
    met = [
        f"{code} in {name}: {text.lines[index]}"
        for name, text in healthy.items()
        for code, pattern in SYMPTOMS
        if code not in ELSEWHERE
        for index, _ in text.matches(pattern)
    ]
    assert met == []


def test_every_symptom_holds_a_piece_of_the_line_that_it_matches() -> None:
    for code, pattern in SYMPTOMS:
        lines = [line for line in proof(code) if re.search(pattern, line)]
        assert len(literals.Text(lines).matches(pattern)) == len(lines), pattern


def test_no_log_proves_nothing() -> None:
    codes = {code for code, _ in SYMPTOMS}
    assert [path.name for path in LOGS.glob("*.txt") if path.stem not in codes] == []


def test_every_symptom_reads_a_long_line_in_no_time() -> None:
    line = "ImportError: cannot import name 'a' from 'b.c' undefined symbol: _ZN4absl " * 400
    began = time.process_time()
    for _, pattern in SYMPTOMS:
        re.search(pattern, line)
    assert time.process_time() - began < 0.01 * max(1, len(SYMPTOMS))


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"(a+)+b", "a group under a repetition"),
        (r"(?:a|b){2,}", "a group under a repetition"),
        (r"(a)\1", "a back-reference"),
        (r"a(?=b)", "a look-around"),
        (r"a(?<!b)", "a look-around"),
        (r".*a.*b.*c.*", "more than 3 repetitions"),
    ],
)
def test_a_pattern_that_can_run_away_is_refused(pattern: str, why: str) -> None:
    text = f"""- rule: TF901
  title: t
  when: {{a: "*"}}
  cause: c
  symptoms: ['{pattern}']
  source: s
  checked: 2026-11-20
  evidence: executed
"""
    (found,) = entries.examine(text, "m.yml")
    assert isinstance(found, UserError)
    assert why in found.problem
    assert str(found.place).startswith("m.yml:5:")


def test_what_a_mechanism_is_shown_by_has_to_be_components() -> None:
    text = """- mechanism: LOG901
  title: t
  says: environment
  kind: other
  patterns: ["something broke"]
  cause: c
  shown: [{tensor_flow: "*"}]
  source: s
  checked: 2026-11-20
  evidence: executed
"""
    (found,) = entries.examine(text, "m.yml")
    assert isinstance(found, UserError)
    assert found.hint == "did you mean `tensor-flow`?"
    assert str(found.place).startswith("m.yml:7:")
