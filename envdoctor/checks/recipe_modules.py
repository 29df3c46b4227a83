"""Is a distribution there for every module that the recipe imports or uses?

A module and what it is installed by often have two names: `cv2` comes with opencv-python, `sklearn` with scikit-learn.
Where none of the distributions that are known to bring a module is there, its import will fail. It is a warning: a
distribution of another name may bring it too. Modules that the table does not know are not judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.checks import check
from envdoctor.model import Finding, Fix, Held, State, Status, Waits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case, Fact

CODE = "RECIPE007"


@check(CODE, "nothing that is installed brings a module that the recipe uses")
def modules(case: Case) -> Iterator[Outcome]:
    """Look for a distribution of each module that is named and known."""
    wished = {wish.name for wish in case.recipe.packages if not wish.optional}
    for module, names in case.modules.items():
        facts = [case.facts.get(name) for name in names]
        unseen = next((fact for fact in facts if fact.state is State.UNSEEN), None)
        if any(fact.state is State.KNOWN for fact in facts):
            yield Held(CODE, f"a distribution brings {module}")
        elif unseen is not None:
            yield Waits(CODE, unseen)
        elif wished.isdisjoint(names):  # else it is told that the package is missing
            yield _finding(module, facts)


def _finding(module: str, facts: list[Fact]) -> Finding:
    names = [fact.name for fact in facts]
    return Finding(
        code=CODE,
        status=Status.WARNING,
        kind="missing-package",
        title=f"nothing that is installed brings the module `{module}`",
        cause=f"the recipe uses it; it comes with {' or '.join(names[:4])}",
        culprit=tuple(names[:3]),
        evidence=tuple(facts[:4]),
        fixes=tuple(Fix(pins={name: "*"}) for name in names[:2]),
    )
