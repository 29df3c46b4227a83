"""Diagnose failures that no mechanism was made for: named, or left open, and never an alarm where there is none."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from envdoctor import logs, matrix
from envdoctor.app import diagnose as app

if TYPE_CHECKING:
    from envdoctor.model.diagnosis import Diagnosis

FRESH = Path(__file__).parents[1] / "fixtures" / "diagnose" / "fresh.yml"
KNOWN = app.knowledge(matrix.load())


@cache
def told() -> list[tuple[dict[str, Any], Diagnosis]]:
    """Give each log with what is said of it."""
    entries = yaml.safe_load(FRESH.read_text(encoding="utf-8"))
    return [(one, app.of_logs([logs.sifted([one["log"].encode()], "job.log")], KNOWN, None)) for one in entries]


def test_a_control_is_never_the_environment() -> None:
    assert [one["name"] for one, found in told() if "control" in one and found.verdict == "environment"] == []


def test_the_culprit_is_named() -> None:
    failures = [(one, found) for one, found in told() if "control" not in one]
    missed = [one["name"] for one, found in failures if not names(one, found)]
    assert len(missed) <= 0.06 * len(failures), missed


def names(wanted: dict[str, Any], found: Diagnosis) -> bool:
    """Say whether the first cause names the culprit, or is of its kind and names one that goes with it."""
    if not found.causes or found.verdict != "environment":
        return False
    first, packages = found.causes[0], set(found.causes[0].packages[:4])
    alike = first.kind == wanted["kind"] and not packages.isdisjoint(wanted["packages"])
    return alike or (wanted["packages"][0] in packages if wanted["packages"] else first.kind == wanted["kind"])
