"""Is the target's Python the one that the recipe asks for?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor import cells
from envdoctor.checks import check
from envdoctor.model import Finding, Fix, Held, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case

CODE = "RECIPE004"


@check(CODE, "the Python is not the one that the recipe asks for")
def python(case: Case) -> Iterator[Outcome]:
    """Compare the target's Python with the recipe's range."""
    wish = case.recipe.python
    if wish is None or not wish.specifier:
        return
    fact = case.facts.need("python")
    if cells.contains(wish.specifier, fact.value):
        yield Held(CODE, f"Python {fact.value} is in the recipe's range")
        return
    yield Finding(
        code=CODE,
        status=Status.ERROR,
        kind="python-version",
        title=f"Python {fact.value} is not {wish.specifier}",
        cause=f"the recipe asks for Python {wish.specifier}",
        culprit=("python",),
        evidence=(fact,),
        place=wish.place,
        fixes=(Fix(python=wish.specifier),),
    )
