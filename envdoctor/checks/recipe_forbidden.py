"""Is a package there that the recipe forbids?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor import cells
from envdoctor.checks import check
from envdoctor.model import Finding, Fix, Held, State, Status, Waits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case

CODE = "RECIPE003"


@check(CODE, "a package is installed that the recipe forbids")
def forbidden(case: Case) -> Iterator[Outcome]:
    """Look for each forbidden package."""
    for wish in case.recipe.forbidden:
        fact = case.facts.get(wish.name)
        if fact.state is State.UNSEEN:
            yield Waits(CODE, fact)
        elif fact.state is State.ABSENT or fact.name != wish.name or not cells.contains(wish.specifier, fact.value):
            yield Held(CODE, f"{wish.name} is not there")
        else:
            yield Finding(
                code=CODE,
                status=Status.ERROR,
                kind="mixed-install",
                title=f"{wish.name} {fact.value} is installed, and the recipe forbids it",
                cause=wish.reason or "the recipe forbids it",
                culprit=(wish.name,),
                evidence=(fact,),
                place=wish.place,
                fixes=(Fix(note=f"uninstall {wish.name}"),),
            )
