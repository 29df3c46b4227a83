"""Can a CUDA extension of torch be compiled here?

It needs nvcc of the CUDA major version that torch was built for, which knows the GPUs that are here, and a host
compiler that this nvcc accepts: each toolkit refuses a gcc newer than it knows. Wheels bring their own runtime, so
nothing is said of the toolkit where nothing is compiled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.checks import check
from envdoctor.checks.judge import Broken, Good, judge
from envdoctor.checks.waiting import waits
from envdoctor.model import Finding, Fix, Held, Source, State, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case, Claim, Fact, Facts

CODE, COMPILER, TARGETS = "CUDA103", "CUDA030", "CUDA031"
_BUILDS = "torch.utils.cpp_extension"
_WITHOUT_CUDA = ".CppExtension"


@check(CODE, "a CUDA extension cannot be compiled against this torch")
@check(COMPILER, "nvcc does not accept this host compiler")
@check(TARGETS, "nvcc does not know this GPU")
def extension_build(case: Case) -> Iterator[Outcome]:
    """Judge toolkit and compiler where the recipe says that something is compiled."""
    used = [name for name in case.recipe.uses if name.startswith(_BUILDS) and not name.endswith(_WITHOUT_CUDA)]
    if not used:
        return
    toolkit, made = case.facts.get("cuda.toolkit"), _made_for(case.facts)
    if toolkit.state is State.UNSEEN:
        yield from waits(CODE, toolkit, case)
    elif toolkit.state is State.ABSENT:
        yield _finding(toolkit, made, "there is no nvcc: `CUDA_HOME environment variable is not set`")
    elif made.state is State.KNOWN and _major(toolkit) != _major(made):
        yield _finding(toolkit, made, f"nvcc {toolkit.value} beside a torch built for CUDA {made.value}")
    else:
        yield Held(CODE, "nvcc is of the CUDA that torch was built for")
    for claim in case.claims:
        if claim.code in (COMPILER, TARGETS):
            yield from _by_table(claim, case.facts)


def _made_for(facts: Facts) -> Fact:
    built = facts.get("torch.cuda")
    return built if built.state is State.KNOWN else facts.get("cuda.runtime")


def _major(fact: Fact) -> str:
    return fact.value.partition(".")[0]


def _finding(toolkit: Fact, made: Fact, title: str) -> Finding:
    wanted = _major(made) if made.state is State.KNOWN else ""
    return Finding(
        code=CODE,
        status=Status.ERROR,
        kind="cuda-toolkit",
        title=title,
        cause="torch.utils.cpp_extension refuses a toolkit of another major version than torch was compiled with",
        culprit=("cuda.toolkit",),
        evidence=(toolkit, made),
        fixes=(
            Fix(
                host={"cuda.toolkit": wanted or "*"},
                note=f"needs cuda.toolkit: {wanted or 'one of the CUDA of torch'}, named by CUDA_HOME",
            ),
        ),
    )


def _by_table(table: Claim, facts: Facts) -> Iterator[Outcome]:
    answer = judge(table, facts)
    if isinstance(answer, Good):
        yield Held(table.code, table.title)
    elif isinstance(answer, Broken):
        missed = answer.misses[0]
        seen = ", ".join(dict.fromkeys(missed.fact.all or (missed.fact.value,)))
        yield Finding(
            code=table.code,
            status=Status.ERROR,
            kind=table.kind,
            title=f"nvcc {facts.get('cuda.toolkit').value} does not accept {missed.fact.name} {seen}",
            cause=f"{table.cause}; it accepts {missed.fact.name} {missed.cell}",
            culprit=(missed.fact.name, "cuda.toolkit"),
            evidence=(missed.fact, facts.get("cuda.toolkit")),
            fixes=table.fixes,
            source=Source(table.source, table.checked, table.evidence),
        )
