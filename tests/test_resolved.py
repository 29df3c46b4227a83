"""Sets of packages as an installer chose them on a day from 2020 to 2026: nearly all work, and none may be condemned.

The first line of a file says the Python, the day and what was asked for: `uv pip compile --exclude-newer DAY`. None was
installed. Two are known to fail all the same: what they were solved from sets no upper bound.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from envdoctor import matrix
from envdoctor.app import judging
from envdoctor.facts.together import facts_of
from envdoctor.model import Distribution, Fact, Recipe, Status, Target, Wish

if TYPE_CHECKING:
    from envdoctor.model import Facts

FOLDER = Path(__file__).parents[1] / "fixtures" / "resolved"
FAILS = {"202302-ray-py3.10": ["PB004"], "202311-shap-py3.11": ["SCI102"]}
KNOWN = matrix.load()


def test_what_an_installer_chose_on_its_day_is_not_condemned() -> None:
    errors: dict[str, list[str]] = {}
    warnings = 0
    for path in sorted(FOLDER.glob("*.txt")):
        found = judging.verdict(*_read(path.read_text(encoding="utf-8")), KNOWN).found
        if wrong := [one.code for one in found if one.status is Status.ERROR]:
            errors[path.stem] = wrong
        warnings += sum(one.status is Status.WARNING for one in found)
    assert errors == FAILS
    assert warnings <= 0.3 * len(list(FOLDER.glob("*.txt")))


def _read(text: str) -> tuple[Recipe, Facts]:
    head, *lines = text.splitlines()
    _, python, _, *asked = head.split()
    wishes = tuple(Wish(re.split(r"[\[<=>]", name)[0], "") for name in asked)
    pins = [re.sub(r"\[.*?\]", "", line).partition("==") for line in lines]
    seen = {"python": python, "os": "linux", "arch": "x86_64"}
    facts = facts_of(
        Target("list", "freeze.txt"),
        facts=[Fact(name, value, "the first line") for name, value in seen.items()],
        distributions=[Distribution(name, version) for name, _, version in pins],
    )
    return Recipe(name="asked", kind="recipe", path="asked", packages=wishes), facts
