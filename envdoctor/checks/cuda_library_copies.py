"""Is the copy of cuDNN, NCCL or nvJitLink that the loader takes as new as what asks for it?

LD_LIBRARY_PATH does not always win: torch's own library has an RPATH, which comes before it, the CUDA libraries beside
it have a RUNPATH, which comes after. An older copy that does win lacks symbols (`undefined symbol
__nvJitLinkComplete_12_4`), or torch refuses it (`compiled against (8, 7, 0) but found runtime version (8, 2, 4)`). A
newer one of the same major version has all that was there before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.checks import check, copies, library_path
from envdoctor.model import Finding, Fix, Held, State, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case, Fact, Facts

CODE = "CUDA101"


@check(CODE, "the loader takes an older copy of a CUDA library than is needed")
def library_copies(case: Case) -> Iterator[Outcome]:
    """Compare each library with the copy it hides, and cuDNN with what the framework was compiled with."""
    for library in copies.LIBRARIES:
        taken = case.facts.get(library)
        wanted = [case.facts.get(f"{library}.{part}") for part in ("hidden", "built")]
        known = [fact for fact in wanted if fact.state is State.KNOWN and copies.release(fact.value)]
        if taken.state is not State.KNOWN or not known:
            continue
        newest = max(known, key=lambda fact: copies.release(fact.value))
        if copies.release(taken.value)[:2] < copies.release(newest.value)[:2]:
            yield _finding(taken, newest, case.facts)
        else:
            yield Held(CODE, f"{library} is as new as what asks for it")


def _finding(taken: Fact, wanted: Fact, facts: Facts) -> Finding:
    path = library_path.without(taken, facts)
    variable = facts.get(library_path.VARIABLE)
    why = "the environment's own wheel brings" if wanted.name.endswith(".hidden") else "the framework was compiled with"
    return Finding(
        code=CODE,
        status=Status.ERROR,
        kind="env-var" if path else "abi",
        title=f"{taken.name} {taken.value} is taken from {taken.source}, {wanted.value} is needed",
        cause=f"{why} {wanted.value}; an older copy lacks symbols, or is refused",
        culprit=(variable.name, taken.name) if path else (taken.name,),
        evidence=(taken, wanted, *((variable,) if path else ())),
        fixes=(
            path or Fix(host={taken.name: f">={wanted.value}"}, note=f"needs {taken.name}: {wanted.value} or later"),
        ),
    )
