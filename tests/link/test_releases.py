"""Which releases have a name is read from an index: few members of few wheels, within a time, and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envdoctor.app import check, knowledge, releases
from envdoctor.app.options import At, Filters, Options
from envdoctor.errors import UserError
from envdoctor.model import Status
from envdoctor.model.releases import NameHistory, joined
from envdoctor.releases import history
from envdoctor.report import knowledge as report
from envdoctor.report import layout
from tests import folders
from tests.link.indexes import Manner, alone, served, wheel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.link.indexes import Index

BALLAST = {"p/data.bin": b"\1" * 1_200_000}
WITH = "from p.inner import *\nclass Maker:\n    def __init__(self, size): ...\n"
INNER = "name = 1\n"


@pytest.fixture(autouse=True)
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what is cached for one test, and no word of an index from outside."""
    alone(tmp_path, monkeypatch)


def published(number: int, having: Sequence[int], **more: bytes) -> dict[str, bytes]:
    """Give releases 1.0 to N.0 of a package, of which some have `p.name`."""
    found = {}
    for release in range(1, number + 1):
        inner = {"p/inner.py": INNER if release in having else "other = 1\n"}
        name, blob = wheel("p", f"{release}.0", {"p/__init__.py": WITH, **inner, **more})
        found[name] = blob
    return found


def asked(index: Index, monkeypatch: pytest.MonkeyPatch, name: str = "p.name", **more: str) -> NameHistory:
    monkeypatch.setenv("UV_INDEX_URL", index.address)
    return releases.name_history("p", name, limit=20, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("manner", [
    Manner(),
    Manner(ranges=False),
    Manner(html=True),
    Manner(password="user:word"),
])  # fmt: skip
def test_the_releases_that_have_a_name_are_found(manner: Manner, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(published(9, having=(2, 3, 4, 8)), manner) as index:
        found = asked(index, monkeypatch)
    assert found.having == ("2.0", "3.0", "4.0", "8.0")
    assert found.ranges == (">=2.0,<5.0", ">=8.0,<9.0")
    assert not found.reason


def test_only_what_is_needed_of_a_wheel_travels_and_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    wheels = published(3, having=(1, 2), **BALLAST)
    with served(wheels) as index:
        assert asked(index, monkeypatch).ranges == ("<3.0",)
        assert sum(size for _, size in index.sent) < 800_000 < min(map(len, wheels.values()))
        index.sent.clear()
        assert asked(index, monkeypatch).ranges == ("<3.0",)
        assert [path for path, _ in index.sent] == ["/simple/p/"]


def test_without_ranges_a_wheel_travels_once_and_a_broken_cache_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(published(1, having=(1,), **BALLAST), Manner(ranges=False)) as index:
        assert asked(index, monkeypatch).ranges == ("*",)
        index.sent.clear()
        assert asked(index, monkeypatch, "p.gone").lacking == ("1.0",)
        assert asked(index, monkeypatch, "p.Maker", argument="size").having == ("1.0",)
        assert {path for path, _ in index.sent} == {"/simple/p/"}
        for kept in (tmp_path / "cache" / "envdoctor").glob("wheel-*"):
            kept.write_bytes(b"\0broken")
        assert asked(index, monkeypatch, "p.Maker", argument="gone").lacking == ("1.0",)


def test_a_slow_index_is_left_in_time_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "AT_ONCE", 1)
    with served(published(30, having=(1,)), Manner(delay=0.2)) as index:
        monkeypatch.setenv("UV_INDEX_URL", index.address)
        found = releases.name_history("p", "p.name", limit=1.5)
    assert found.reason == "the time was over"
    assert len(found.unknown) >= 10


@pytest.mark.parametrize(("wheels", "told"), [
    ({}, "the index does not have it"),
    ({"p-1.0.tar.gz": b""}, "none of its releases has a wheel"),
    ({"p-1.0-py3-none-any.whl": b"\0" * 100}, "a wheel is broken"),
])  # fmt: skip
def test_what_cannot_be_read_has_a_reason(wheels: dict[str, bytes], told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(wheels) as index:
        found = asked(index, monkeypatch)
    assert found.reason == told
    assert not found.having


def test_an_index_that_is_not_there_or_wants_a_password_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with served(published(1, having=()), Manner(password="a:b")) as index:
        said = asked(index._replace(address=index.address.replace("a:b@", "")), monkeypatch)
    assert said.reason == "the index asks for credentials"
    assert asked(index, monkeypatch).reason.startswith("the index cannot be reached")


@given(st.integers(1, 400), st.integers(0, 400), st.sampled_from([False, None]))
def test_the_release_at_which_an_answer_changes_is_found_by_few_questions(
    number: int, change: int, other: bool | None
) -> None:
    asked: list[int] = []

    def ask(places: Sequence[int]) -> list[bool | None]:
        asked.extend(places)
        return [True if place < change else other for place in places]

    assert history.searched(number, ask) == [True if place < change else other for place in range(number)]
    assert len(asked) == len(set(asked)) <= history.SAMPLE + 9


def test_several_names_are_there_where_each_is() -> None:
    one = NameHistory("p", "p.a", (("1", True), ("2", True), ("3", None)))
    other = NameHistory("p", "p.b", (("1", False), ("2", True), ("3", True)))
    assert joined([one, other]).answers == (("1", False), ("2", True), ("3", None))


def test_a_missing_name_is_cured_by_a_release_that_has_it_and_that_the_importer_allows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = folders.prefix(tmp_path / "env")
    folders.wheel(site, "p", {"p/__init__.py": "", "p/inner.py": ""}, "9.0")
    about = folders.wheel(site, "user", {"user.py": "from p.inner import name\n"}, "1.0")
    text = (about / "METADATA").read_text().rstrip()
    (about / "METADATA").write_text(f"{text}\nRequires-Dist: p<8\n\n")
    recipe = tmp_path / "recipe.yml"
    recipe.write_text("recipe: 1\nname: job\npackages: {user: '*'}\n")
    files = published(9, having=(2, 3, 7, 8)) | dict([wheel("user", "1.0", {"user.py": ""}, "p<8")])
    with served(files) as index:
        monkeypatch.setenv("UV_INDEX_URL", index.address)
        at = At(str(tmp_path / "env"), static=True, deep=True)
        found = check.check(Options(str(recipe), at, Filters(select=("LINK",)), online=True), lambda _: None)
    (error,) = [one for one in found.findings if one.status is Status.ERROR]
    assert "it is in p >=2.0,<4.0 or p >=7.0,<9.0 (9 of 9 releases read)" in error.cause
    assert [dict(fix.pins) for fix in error.fixes] == [{"p": ">=7.0,<9.0,<8"}, {"p": ">=2.0,<4.0,<8"}]
    assert found.cure is not None
    assert found.cure.fix.resolved
    assert found.cure.fix.pins == {"p": ">=7.0,<8"}


def test_explain_gives_the_time_line_and_says_what_cannot_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with served(published(4, having=(1, 2))) as index:
        monkeypatch.setenv("UV_INDEX_URL", index.address)
        told = knowledge.explain("p:inner.name", online=True)
        with pytest.raises(UserError, match="cannot be read: the index does not have it"):
            knowledge.explain("q:name", online=True)
    assert told.history is not None
    assert layout.plain(report.time_line(told.history)).splitlines()[:3] == [
        "releases of p with p.inner.name",
        "  1.0 to 2.0  there",
        "  3.0 to 4.0  not there",
    ]
    with pytest.raises(UserError, match="which releases have a name"):
        knowledge.explain("numpy", online=True)
