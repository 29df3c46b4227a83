"""Does what the matrix knows hold for what is installed?

Each claim is judged on its own: silent where it does not apply, `unknown` where a fact it needs was not seen or its
table does not reach so far, else held or broken. A claim about one use of a package is an error only where the recipe
says that it is used; a silent one, about what everybody has and few use, says nothing where it is not. A
claim whose code belongs to another check is that check's table. Where one distribution stands in for another, what is
known of that one is told of it, under its own name.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from envdoctor.checks import TITLES, check
from envdoctor.checks.judge import Blind, Broken, Good, Miss, Past, judge
from envdoctor.checks.table_fix import fixes_of
from envdoctor.checks.waiting import waits
from envdoctor.model import Finding, Held, Source, State, Status, is_host

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case, Claim, Fact, Fix, Place

_KIND_OF = {"python": "python-version", "glibc": "glibc", "driver": "driver", "gpu.compute": "gpu-arch"}


@check("MATRIX", "what is known to work or fail together")
def matrix(case: Case) -> Iterator[Outcome]:
    """Judge every claim that may concern the case."""
    for claim in case.claims:
        if claim.code in TITLES or (claim.silent and not _used(claim, case)):
            continue
        answer = judge(claim, case.facts)
        match answer:
            case Good():
                yield Held(claim.code, claim.title)
            case Blind(fact):
                yield from waits(claim.code, fact, case)
            case Past(key) if not _nothing_seen(claim, case):
                yield _past(claim, key)
            case Broken():
                yield _broken(claim, answer, case)


def _used(claim: Claim, case: Case) -> bool:
    return any(used == name or used.startswith(f"{name}.") for used in case.recipe.uses for name in claim.uses)


def _nothing_seen(claim: Claim, case: Case) -> bool:
    """Say whether a table compares only what was not seen of the machine, so that no row of it could judge."""
    seen = [case.facts.get(name) for name in claim.columns if is_host(name)]
    return len(seen) == len(claim.columns) and all(fact.state is State.UNSEEN for fact in seen)


def _past(claim: Claim, key: Fact) -> Finding:
    return Finding(
        code=claim.code,
        status=Status.UNKNOWN,
        kind=claim.kind or "version-pair",
        title=f"{claim.title}: nothing is known of {key.name} {key.value}",
        cause=f"the table was checked on {claim.checked} and covers {claim.key} {claim.known}",
        evidence=(key,),
        source=_source(claim),
    )


def _broken(claim: Claim, broken: Broken, case: Case) -> Finding:
    named = (*claim.when, *broken.row.when)
    shown = [case.facts.get(name) for name in named]
    evidence = tuple({fact.name: fact for fact in [*(m.fact for m in broken.misses), *shown]}.values())
    guessed = bool(broken.misses) and all(miss.guessed for miss in broken.misses)
    return Finding(
        code=claim.code,
        status=Status.WARNING if guessed else _severity(claim, broken, case),
        kind=_kind(claim, broken),
        title=claim.title,
        cause=_cause(claim, broken, guessed),
        culprit=_really(claim.culprit, case) or tuple(miss.fact.name for miss in broken.misses),
        evidence=evidence,
        place=_place((*(fact.name for fact in evidence), *named), case),
        fixes=tuple(_typed(fix, case) for fix in fixes_of(claim, broken, case)),
        source=_source(claim),
    )


def _place(names: Iterable[str], case: Case) -> Place | None:
    return next((wish.place for name in names if (wish := case.recipe.wish(name))), None)


def _really(names: Iterable[str], case: Case) -> tuple[str, ...]:
    """Give components under the names of what is really installed in their place."""
    return tuple(case.facts.stands.get(name, name) for name in names)


def _typed(fix: Fix, case: Case) -> Fix:
    """Give a fix that changes what is really installed."""
    if not case.facts.stands.keys() & fix.pins.keys():
        return fix
    return dataclasses.replace(fix, pins=dict(zip(_really(fix.pins, case), fix.pins.values(), strict=True)))


def _severity(claim: Claim, broken: Broken, case: Case) -> Status:
    severity = claim.severity
    if claim.columns:
        told = {claim.columns.get(miss.fact.name, Status.WARNING) for miss in broken.misses}
        severity = Status.ERROR if Status.ERROR in told else min(told)
    if severity is Status.ERROR and claim.uses and not _used(claim, case):
        return Status.WARNING
    return severity


def _kind(claim: Claim, broken: Broken) -> str:
    if claim.kind:
        return claim.kind
    missed = broken.misses[0].fact if broken.misses else None
    if missed is None:
        return "version-pair"
    if missed.name.startswith("env."):
        return "env-var"
    return _KIND_OF.get(missed.name, "missing-package" if missed.state is State.ABSENT else "version-pair")


def _cause(claim: Claim, broken: Broken, guessed: bool) -> str:
    if guessed:
        name = broken.misses[0].fact.name
        return f"{claim.cause or claim.title}; the list does not say whether {name} is there"
    if claim.cause and not claim.columns:
        return claim.cause
    seen = "; ".join(_miss(miss) for miss in broken.misses)
    beside = ", ".join(f"{name} {cell}" for name, cell in broken.row.when.items())
    return f"{seen} (beside {beside})" + (f": {claim.cause}" if claim.cause else "")


def _miss(miss: Miss) -> str:
    seen = miss.fact.value if miss.fact.state is State.KNOWN else "absent"
    return f"{miss.fact.name} is {seen}, needs {miss.cell}"


def _source(claim: Claim) -> Source:
    return Source(claim.source, claim.checked, claim.evidence)
