"""Hostile sources are read within bounds, and what cannot be read is no gap."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envdoctor.model.code import Python
from envdoctor.source import summary
from tests.link.trees import missing, walked, world, written

if TYPE_CHECKING:
    from pathlib import Path

DEEP = 100_000
HOSTILE = {
    "parentheses": "x = " + "(" * DEEP + ")" * DEEP,
    "open parentheses": "x = " + "(" * DEEP,
    "minus signs": "x = " + "-" * DEEP + "1",
    "a chain": "import main\nx = main" + ".a" * DEEP,
    "a sum": "x = 1" + " + 1" * DEEP,
    "elif": "if x: pass\n" + "elif x: pass\n" * 20_000,
    "nested lists": "x = " + "[" * 150 + "]" * 150,
    "comparisons": "x = 1" + " < 1" * DEEP,
    "a long line": "x = '" + "a" * 3_000_000 + "'",
    "nothing but zeros": "\0" * 1000,
    "an unknown encoding": "# coding: nothing-known\n",
    "half a character": "x = '\udcff'",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_module_is_read_within_bounds(name: str, tmp_path: Path) -> None:
    begun = time.process_time()
    written(tmp_path, {"p.py": HOSTILE[name].encode("utf-8", "surrogateescape"), "main.py": "import p\np.x\n"})
    assert [gap for gap in walked(tmp_path, {}).gaps if gap.kind != "syntax"] == []
    assert time.process_time() - begun < 10


def test_a_module_of_fifty_megabytes_is_not_read(tmp_path: Path) -> None:
    written(tmp_path, {"p.py": b"x = 1\n" * 8_400_000, "main.py": "from p import gone"})
    found = walked(tmp_path, {})
    assert found.gaps == ()
    module = world(tmp_path).find("p")
    assert module is not None
    assert "larger than" in module.summary.fault


def test_star_imports_in_a_circle_and_re_exports_without_an_end_are_followed_once(tmp_path: Path) -> None:
    circle = {
        f"m{number}.py": f"from m{(number + 1) % 30} import *\nfrom m{(number + 1) % 30} import f"
        for number in range(30)
    }
    assert missing(tmp_path, {**circle, "main.py": "from m0 import gone\nimport m1\nm1.f()"}) == ["name m0.gone"]


def test_a_link_to_the_folder_above_is_no_endless_package(tmp_path: Path) -> None:
    written(tmp_path, {"p/__init__.py": "from . import q", "main.py": "import p.loop.p.loop.p.loop.p"})
    (tmp_path / "p" / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "p" / "self").symlink_to(tmp_path / "p" / "self")
    assert missing(tmp_path, {}) == [f"name p{'.loop.p' * number}.q" for number in range(4)]


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_give_a_summary(blob: bytes) -> None:
    assert summary.of(blob, Python((3, 11)), bytes) is not None
