"""Are the variables set as the recipe asks?

They are read from the job's own environment: what is set later, in the program, is not seen here, and for many
libraries comes too late anyway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor import cells
from envdoctor.checks import check
from envdoctor.model import Finding, Fix, Held, State, Status, Waits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case, Fact, Wish

CODE = "RECIPE006"


@check(CODE, "a variable is not set as the recipe asks")
def variables(case: Case) -> Iterator[Outcome]:
    """Compare each variable with its cell."""
    for wish in case.recipe.env:
        fact = case.facts.get(f"env.{wish.name}")
        met = cells.matches(wish.specifier, fact)
        if met is None:
            yield Waits(CODE, fact)
        elif met:
            yield Held(CODE, f"{wish.name} is as the recipe asks")
        else:
            yield _finding(wish, fact)


def _finding(wish: Wish, fact: Fact) -> Finding:
    seen = f"`{fact.value}`" if fact.state is State.KNOWN else "not set"
    wanted = None if wish.specifier in ("unset", "absent") else wish.specifier
    words = {"unset": "not be set", "absent": "not be set", "set": "be set", "*": "be set"}
    known = wanted not in ("set", "*")
    return Finding(
        code=CODE,
        status=Status.ERROR,
        kind="env-var",
        title=f"{wish.name} is {seen}",
        cause=f"the recipe asks for it to {words.get(wish.specifier, f'be `{wish.specifier}`')}",
        culprit=(fact.name,),
        evidence=(fact,),
        place=wish.place,
        fixes=(Fix(env={wish.name: wanted}) if known else Fix(note=f"set {wish.name}"),),
    )
