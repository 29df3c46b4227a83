"""Is every package that the recipe asks for there, in its range?

A wish is not a guess: what a recipe asks for and the target does not have is an error. An optional package may be
absent, but where it is there it is judged. A conda name that no table maps to a distribution cannot be looked for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envdoctor import cells
from envdoctor.checks import check
from envdoctor.markers import Markers
from envdoctor.model import Fact, Finding, Fix, Held, State, Status, Unseen, Waits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case, Facts, Wish

MISSING, RANGE = "RECIPE001", "RECIPE002"
_CREDENTIALS = re.compile(r"//[^/@]*@")


@check(MISSING, "a package that the recipe asks for is not installed")
@check(RANGE, "a package is not in the range that the recipe asks for")
def packages(case: Case) -> Iterator[Outcome]:
    """Judge every wish whose marker holds for the target."""
    markers = Markers(case.facts)
    for wish in case.recipe.packages:
        try:
            active = markers.hold(wish.marker)
        except Unseen as unseen:
            yield Waits(MISSING, unseen.fact)
            continue
        if active:
            yield _judge(wish, case.facts)


def _judge(wish: Wish, facts: Facts) -> Outcome:
    fact = _seen(wish, facts)
    asked = f"{wish.name} {wish.specifier}".rstrip()
    if fact.state is State.ABSENT and wish.optional:
        return Held(MISSING, f"{wish.name} is optional")
    if fact.state is not State.KNOWN and wish.unmapped and not fact.name.startswith("conda:"):
        why = "nothing says which distribution this installs"
        return Waits(MISSING, Fact(wish.name, source=why, state=State.UNSEEN))
    if fact.state is State.ABSENT:
        return _finding(MISSING, wish, fact, f"{wish.name} is not installed", f"the recipe asks for {asked}")
    if fact.state is State.UNSEEN:
        return Waits(MISSING, fact)
    if wish.unreadable:
        told = f"`{wish.unreadable}` is a range that only conda can read"
        return Waits(RANGE, Fact(wish.name, source=told, state=State.UNSEEN))
    if not wish.specifier or cells.contains(wish.specifier, fact.value):
        return Held(RANGE, f"{wish.name} {fact.value} is in the recipe's range")
    if cells.version(fact.value) is None:
        return Waits(RANGE, Fact(wish.name, source=f"`{fact.value}` is not a version", state=State.UNSEEN))
    title = f"{wish.name} {fact.value} is not {wish.specifier}"
    return _finding(RANGE, wish, fact, title, f"the recipe asks for {asked}")


def _seen(wish: Wish, facts: Facts) -> Fact:
    """Give the fact of a wish; a name that only conda knows is looked for among what conda installed, if it did."""
    fact = facts.get(wish.name)
    name = f"conda:{wish.name}"
    if not wish.unmapped or fact.state is State.KNOWN or "conda:python" not in facts.facts:
        return fact
    return facts.facts.get(name) or Fact(name, source="not in conda's records", state=State.ABSENT)


def _finding(code: str, wish: Wish, fact: Fact, title: str, cause: str) -> Finding:
    return Finding(
        code=code,
        status=Status.ERROR,
        kind="missing-package" if code == MISSING else "requirement",
        title=title,
        cause=cause,
        culprit=(wish.name,),
        evidence=(fact,),
        place=wish.place,
        fixes=(_fix(wish),),
    )


def _fix(wish: Wish) -> Fix:
    """Give the pin of a wish; what comes from elsewhere is no matter for an index, where another may have its name."""
    if wish.url:
        return Fix(note=f"install {wish.name} from where the file has it: {_CREDENTIALS.sub('//', wish.url)}")
    if wish.unmapped:
        return Fix(note=f"conda install '{wish.name}{wish.specifier}'")
    return Fix(pins={wish.name: wish.specifier or "*"})
