"""Are the declared requirements of what is installed met?

Every distribution says in its metadata what else it needs (Requires-Dist). A missing one is an error: the first import
of it fails. A version out of the declared range is a warning: it may run, and where it is known not to, a claim of the
matrix says so. What stands in for a package meets a requirement of it: it brings the same modules. Extras count where
something asks for them, and markers are evaluated for the target. A missing package that several others need is told
once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor import cells
from envdoctor.checks import check
from envdoctor.markers import Markers
from envdoctor.model import Fact, Finding, Fix, Held, State, Status, Waits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case, Distribution, Facts, Recipe, Requirement

MISSING, UNMET = "REQ001", "REQ002"
Need = tuple["Distribution", "Requirement"]


@check(MISSING, "a declared requirement is not installed")
@check(UNMET, "a declared requirement is installed in a version out of its range")
def declared(case: Case) -> Iterator[Outcome]:
    """Judge every requirement that is active in the target."""
    if not any(dist.headers for dist in case.facts.distributions):
        if case.facts.target.kind == "solution":
            yield Held(UNMET, "a solver chose each for what the others declare", len(case.facts.distributions))
        elif case.facts.distributions:
            yield Waits(
                MISSING, Fact("metadata", source="a list of names and versions does not hold it", state=State.UNSEEN)
            )
        return
    yield from _judged(case, Markers(case.facts))


def _judged(case: Case, markers: Markers) -> Iterator[Outcome]:
    met = 0
    missing: dict[str, list[Need]] = {}
    unmet: dict[str, list[Need]] = {}
    by_name = case.facts.by_name
    for need in _active(case.recipe, case.facts, markers):
        name, _, specifier, _ = need[1]
        dist = by_name.get(name) or case.facts.distribution(name)
        if dist is not None and (not specifier or _in_range(specifier, dist.version)):
            met += 1
        elif dist is not None:
            unmet.setdefault(name, []).append(need)
        elif name in case.facts.missing:
            yield Waits(MISSING, case.facts.get(name))
        else:
            missing.setdefault(name, []).append(need)
    yield Held(UNMET, "declared requirements are met", met)
    yield from (Waits(MISSING, fact) for fact in markers.unseen)
    wished = {wish.name for wish in case.recipe.packages if not wish.optional and markers.may_hold(wish.marker)}
    yield from (_missing(name, needs) for name, needs in sorted(missing.items()) if name not in wished)
    yield from (_unmet(name, needs, case.facts) for name, needs in sorted(unmet.items()))


def _active(recipe: Recipe, facts: Facts, markers: Markers) -> Iterator[Need]:
    """Give the requirements of every distribution whose markers hold, those of extras only where they are asked for."""
    wishes = (wish for wish in recipe.packages if wish.extras and markers.may_hold(wish.marker))
    asked = {(wish.name, extra) for wish in wishes for extra in wish.extras}
    for dist in facts.by_name.values():
        for requirement in dist.requires:
            name, extras, _, marker = requirement
            if not marker or markers.may_hold(marker):
                if extras:
                    asked.update((name, extra) for extra in extras)
                yield dist, requirement
    yield from _of_extras(asked, facts, markers)


def _of_extras(asked: set[tuple[str, str]], facts: Facts, markers: Markers) -> Iterator[Need]:
    waiting = sorted(asked)
    while waiting:
        name, extra = waiting.pop()
        dist = facts.by_name.get(name)
        for requirement in dist.requires if dist is not None else ():
            if "extra" not in requirement.marker or not markers.may_hold(requirement.marker, extra):
                continue
            new = {(requirement.name, inner) for inner in requirement.extras} - asked
            asked |= new
            waiting += sorted(new)
            if dist is not None and requirement.name != name:
                yield dist, requirement


def _in_range(specifier: str, version: str) -> bool:
    try:
        return cells.contains(specifier, version)
    except ValueError:
        return True  # a range that no installer reads today asks for nothing


def _missing(name: str, needs: list[Need]) -> Finding:
    return Finding(
        code=MISSING,
        status=Status.ERROR,
        kind="missing-package",
        title=f"{name} is not installed, and {_who(needs)} need{'s' if len(_names(needs)) == 1 else ''} it",
        cause="it is a declared requirement; importing it will fail",
        culprit=(name,),
        evidence=(Fact(name, source="not installed", state=State.ABSENT), *_evidence(needs)),
        fixes=(Fix(pins={name: _together(needs)}),),
    )


def _unmet(name: str, needs: list[Need], facts: Facts) -> Finding:
    seen = facts.get(name)
    return Finding(
        code=UNMET,
        status=Status.WARNING,
        kind="requirement",
        title=f"{seen.name} {seen.value} is not what {_who(needs)} declare{'s' if len(_names(needs)) == 1 else ''}",
        cause="; ".join(f"{dist.name} {dist.version} declares {name}{need.specifier}" for dist, need in needs[:4]),
        culprit=(seen.name, *_names(needs)[:2]),
        evidence=(seen, *_evidence(needs)),
        fixes=(Fix(pins={seen.name: _together(needs)}),),
    )


def _names(needs: list[Need]) -> list[str]:
    return list(dict.fromkeys(dist.name for dist, _ in needs))


def _who(needs: list[Need]) -> str:
    names = _names(needs)
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _evidence(needs: list[Need]) -> tuple[Fact, ...]:
    seen = {dist.name: Fact(dist.name, dist.version, dist.folder or dist.location) for dist, _ in needs}
    return tuple(seen.values())[:5]


def _together(needs: list[Need]) -> str:
    """Give one range that all of them declare."""
    pin = "*"
    for _, requirement in needs:
        try:
            pin = cells.both(pin, requirement.specifier)
        except ValueError:
            continue
    return pin
