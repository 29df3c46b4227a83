"""For which Python is a lock, and what is told where there is none for it?"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from envdoctor.app import lock as app
from envdoctor.errors import Impossible, UserError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.locks.index import Index
    from tests.locks.kitchen import Kitchen

OWN = f"3.{sys.version_info.minor}"
OTHER = "3.12" if OWN != "3.12" else "3.13"


@pytest.fixture
def anywhere(kitchen: Kitchen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kitchen:
    """Give a kitchen whose active environment has the Python of these tests."""
    (tmp_path / "active" / "bin").mkdir(parents=True)
    (tmp_path / "active" / "bin" / "python").symlink_to(sys.executable)
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "active"))
    return kitchen


def lock(kitchen: Kitchen, python: str = ">=3.8") -> None:
    kitchen.recipe.write_text(kitchen.recipe.read_text().replace('">=3.10"', f'"{python}"'))
    app.lock(app.Asked(str(kitchen.recipe), before="2026-11-20"), kitchen.said.append)


def test_where_nobody_says_which_it_is_the_one_that_is_active(anywhere: Kitchen) -> None:
    lock(anywhere)
    assert anywhere.own()["machines"][0]["python"] == OWN


def test_where_that_one_has_no_set_the_nearest_that_has_one_is_taken(anywhere: Kitchen, index: Index) -> None:
    index.add("late", "1.0", tag=f"{OTHER.replace('3.', 'cp3')}-none-any")
    anywhere.write(more='  late: "*"\n')
    lock(anywhere)
    assert anywhere.own()["machines"][0]["python"] == OTHER
    assert f"there is no set for Python {OWN}" in anywhere.said
    lock(anywhere)  # it is kept
    assert anywhere.own()["machines"][0]["python"] == OTHER


def test_where_the_recipe_does_not_allow_it_the_newest_that_it_allows_is_taken(anywhere: Kitchen) -> None:
    lock(anywhere, ">=3.8.4,<3.11" if OWN not in ("3.8", "3.9", "3.10") else ">=3.12,<3.14")
    assert anywhere.own()["machines"][0]["python"] in ("3.10", "3.13")
    anywhere.write()
    anywhere.path.unlink()
    with pytest.raises(UserError, match="allows no Python that there is"):
        lock(anywhere, "<3.5")


def test_a_python_that_is_declared_stays_and_the_one_that_would_do_is_told(kitchen: Kitchen, index: Index) -> None:
    index.add("late", "1.0", tag="cp312-none-any")
    kitchen.write(more='  late: "*"\n')
    with pytest.raises(Impossible) as told:
        kitchen.lock()
    assert "late" in told.value.problem
    assert told.value.problem.endswith("with Python 3.12 there is a set")
    assert told.value.hint == "`--fact python=3.12` takes it"


def test_what_only_a_python_outside_the_range_has_is_told_with_both(anywhere: Kitchen, index: Index) -> None:
    index.add("old", "1.0", tag="cp311-none-any")
    anywhere.write(more='  old: "*"\n')
    with pytest.raises(Impossible, match=r"with Python 3\.11 there is a set, but the recipe asks >=3\.12") as told:
        lock(anywhere, ">=3.12")
    assert told.value.place.startswith(f"{anywhere.recipe}:3:")
    assert not anywhere.path.exists()


def test_what_no_python_has_is_told_once_with_its_reason(anywhere: Kitchen) -> None:
    anywhere.write(more='  engine: ">=9"\n')
    with pytest.raises(Impossible, match=r"engine>=9.*no other Python has a set either"):
        lock(anywhere)
