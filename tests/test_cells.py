"""What a cell asks, and whether a value meets it (design: operators compare the base version)."""

from __future__ import annotations

import pytest

from envdoctor import cells
from envdoctor.model import Fact, State


@pytest.mark.parametrize(
    ("cell", "version", "expected"),
    [
        ("2.15", "2.15.1", True),
        ("2.10", "2.1.0", False),
        ("2.1", "2.10.0", False),
        (">=2.4", "2.4.0a0+nv24.6", True),
        (">=2.16", "2.16.0rc1", True),
        ("<2.16", "2.16.0rc1", False),
        (">2.4", "2.4.0+cu121", False),
        ("==2.4.0", "2.4.0+cu121", True),
        ("==2.4.0+cu118", "2.4.0+cu121", False),
        ("!=2.4.0", "2.4.0+cu121", False),
        (">=450.80.02", "535.161.08", True),
        ("~=2.1", "2.9", True),
        ("*", "anything at all", True),
        ("<3", "not a version", False),
        ("==0.20.*", "0.20.1", True),
    ],
)
def test_ranges_compare_as_the_design_says(cell: str, version: str, expected: bool) -> None:
    assert cells.contains(cell, version) is expected


@pytest.mark.parametrize("cell", ["two", ">=", "=2.1", "2.1 or 3", ">=2,<x"])
def test_what_is_no_range_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match="not a version or a range"):
        cells.specifier(cell)


def test_a_need_holds_only_if_every_device_meets_it() -> None:
    mixed = Fact("gpu.compute", "8.6", all=("9.0", "8.6"))
    assert cells.matches(">=8.0", mixed) is True
    assert cells.matches(">=9.0", mixed) is False
    assert cells.matches_any(">=9.0", mixed) is True


@pytest.mark.parametrize(
    ("cell", "fact", "expected"),
    [
        ("*", Fact("torch", "2.4"), True),
        ("*", Fact("torch", state=State.ABSENT), False),
        ("absent", Fact("torch", state=State.ABSENT), True),
        ("absent", Fact("torch", "2.4"), False),
        ("unset", Fact("env.X", state=State.ABSENT), True),
        ("set", Fact("env.X", "0"), True),
        ("1", Fact("env.X", "1"), True),
        ("1", Fact("env.X", "1.0"), False),
        ("linux", Fact("os", "linux"), True),
        (">=2", Fact("torch", state=State.UNSEEN), None),
        ("absent", Fact("torch", state=State.UNSEEN), None),
    ],
)
def test_presence_and_values(cell: str, fact: Fact, expected: bool | None) -> None:
    assert cells.matches(cell, fact) is expected


def test_two_ranges_become_one_without_repeating_a_clause() -> None:
    assert cells.both("<82", "<82") == "<82"
    assert cells.both("*", "2.15") == "==2.15.*"
    assert cells.both(">=1", "<2") == ">=1,<2"


def test_a_star_in_a_plain_value_stands_for_any_text() -> None:
    card = Fact("gpu.pci", "10de:2b85 GB202 [GeForce RTX 5090]")
    assert cells.matches("*10de:2[9b-f]*", card)
    assert not cells.matches("*10de:20*", card)
    assert cells.matches("2.15.*", Fact("tensorflow", "2.15.1"))
    assert cells.matches("*/compat*", Fact("env.LD_LIBRARY_PATH", "/usr/local/cuda/compat:/opt"))


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        (">=2.4", "<2.5", True), (">=2.4", "<2.4", False), ("2.4.*", ">=1,<2.5", True), ("2.5.*", ">=1,<2.5", False),
        ("<1", ">=0.9.9", True), ("*", ">=3", True), ("==1.0", "!=1.0", False), (">1.0", "<=1.0", False),
    ],
)  # fmt: skip
def test_two_ranges_meet_where_a_version_is_in_both(one: str, other: str, meet: bool) -> None:
    assert cells.overlap(one, other) is meet
    assert cells.overlap(other, one) is meet


def test_what_lies_outside_a_range() -> None:
    assert cells.outside(">=1.24") == ("<1.24",)
    assert cells.outside(">=1,<2") == ("<1", ">=2")


def test_a_post_release_counts_where_the_bound_is_one() -> None:
    assert cells.contains(">=0.0.27.post2", "0.0.27.post2")
    assert not cells.contains("<0.0.27.post2", "0.0.27.post2+cu121")
    assert cells.contains("<=1.2", "1.2.post1")
    assert not cells.contains(">=0.0.28.post1", "0.0.28")
