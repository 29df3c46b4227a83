"""Find the one change that ends every error.

The combinations of the findings' fixes are tried in order. With the index at hand each is solved for the target and
the set that comes out is judged again: the first that is free of errors is it.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envdoctor import cells
from envdoctor.model import Cure, Fix, State, Status
from envdoctor.solve import bounds, command, overlay, plan, uv, wishes
from envdoctor.solve.plan import Way

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from envdoctor.model import Facts, Finding, Recipe

MOST_SOLVES = 20
_ANOTHER = "another Python is another environment: make one with it, install there, and check again"
_MANAGED = "this Python belongs to the operating system: make an environment with it, and install there"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is to be cured: the findings, the recipe and facts they came from, and how to judge another set."""

    findings: Sequence[Finding]
    recipe: Recipe
    facts: Facts
    judge: Callable[[Facts], Sequence[Finding]]
    wheelless: Mapping[str, Mapping[str, Mapping[str, Any]]]
    online: bool
    tell: Callable[[str], None]
    limit: float = uv.LIMIT
    before: str = ""


def typed(findings: Sequence[Finding], facts: Facts) -> list[Finding]:
    """Give findings with the command that makes each of their fixes."""
    typed_uv = uv.typed()
    return [
        dataclasses.replace(
            finding,
            fixes=tuple(
                dataclasses.replace(fix, command=command.written(fix, facts, uv=typed_uv)) for fix in finding.fixes
            ),
        )
        for finding in findings
    ]


def find(problem: Problem) -> Cure | None:
    """Give the change that cures the errors, or None if there is nothing to type."""
    errors = [finding for finding in problem.findings if finding.status is Status.ERROR and not finding.suppressed]
    curable = [finding for finding in errors if plan.usable(finding)]
    ways = plan.ways(curable, problem.recipe, problem.facts, problem.judge) if curable else []
    if not ways:
        return None
    way, answer = _solved(problem, ways, beyond=[finding for finding in errors if not plan.usable(finding)])
    cured = [] if way.fix.resolved is False else curable
    leaves = [*_codes(finding for finding in errors if finding not in cured), *way.brings]
    fix = _finished(way.fix, problem, answer)
    edits = bounds.edits(fix, problem.recipe) if problem.facts.target.kind == "solution" else ()
    return Cure(fix, _codes(cured), tuple(dict.fromkeys(leaves)), edits)


def _codes(findings: Iterable[Finding]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(finding.code for finding in findings))


def _solved(problem: Problem, ways: Sequence[Way], *, beyond: Sequence[Finding]) -> tuple[Way, uv.Answer]:
    """Give the first way whose solved set is judged free of errors, or the first of all with the reasons against."""
    if not problem.online:
        return _unasked(ways[0], "`--online` asks the index whether it can be installed here")
    reasons: list[str] = []
    waiting = [way.fix for way in ways]
    for count in range(1, MOST_SOLVES + 1):
        if not waiting:
            break
        fix = waiting.pop(0)
        problem.tell(f"solving for the target: {_short(fix)} (try {count})")
        answer = _ask(fix, problem)
        if not answer.asked:
            return _unasked(Way(fix), answer.reason)
        left = [] if answer.reason else _left(fix, answer, problem, beyond)
        if not answer.reason and not left:
            done = dataclasses.replace(_noted(fix, *reasons, *_builds(answer, problem)), resolved=True)
            return Way(done), answer
        reasons.append(f"not {_short(fix)}: {answer.reason or f'the set would still fail ({_told(left)})'}")
        waiting[:0] = _extended(fix, left)
    return Way(dataclasses.replace(_noted(ways[0].fix, *reasons), resolved=False)), uv.Answer()


def _unasked(way: Way, why: str) -> tuple[Way, uv.Answer]:
    notes = [] if way.fix.python else [f"not solved: {why}"]
    notes += [f"it would bring {', '.join(way.brings)}"] if way.brings else []
    return way._replace(fix=_noted(way.fix, *notes)), uv.Answer()


def _told(findings: Sequence[Finding]) -> str:
    return ", ".join(_codes(findings))


def _left(fix: Fix, answer: uv.Answer, problem: Problem, beyond: Sequence[Finding]) -> list[Finding]:
    """Give the errors of the solved set, but for those that nothing typed can end."""
    known = {plan.key(finding) for finding in beyond}
    after = problem.judge(overlay.changed(problem.facts, fix, answer.versions))
    return [finding for finding in after if plan.key(finding) not in known]


def _extended(fix: Fix, left: Sequence[Finding]) -> list[Fix]:
    """Add to a fix what the errors of its result ask for, if that changes anything."""
    if not left or not all(plan.usable(finding) for finding in left):
        return []
    more = plan.merged([fix, *(plan.usable(finding)[0] for finding in left)])
    return [more] if (more.pins, more.env) != (fix.pins, fix.env) else []


def _short(fix: Fix) -> str:
    pins = [name if cell == "*" else f"{name}{cell}" for name, cell in fix.pins.items()]
    return " ".join(
        [*pins, *(f"{name}={value}" if value is not None else f"unset {name}" for name, value in fix.env.items())]
    )


def _noted(fix: Fix, *notes: str) -> Fix:
    return dataclasses.replace(fix, note="; ".join(dict.fromkeys(note for note in (fix.note, *notes) if note)))


def _builds(answer: uv.Answer, problem: Problem) -> tuple[str, ...]:
    built = [name for name in problem.wheelless if name in answer.versions and name not in problem.facts.by_name]
    return (f"installing builds {', '.join(built)} from source (no wheel is published)",) if built else ()


def _ask(fix: Fix, problem: Problem) -> uv.Answer:
    python = problem.facts.get("python")
    if fix.python:
        return uv.Answer(reason="it needs another Python", asked=False)
    if python.state is not State.KNOWN:
        return uv.Answer(reason="the target's Python is not known (`--fact python=3.11`)", asked=False)
    question = uv.Question(
        requirements=list(dict.fromkeys(_requirements(fix, problem))),
        preferences=_versions(problem.facts),
        python=python.value,
        platform=platform(problem.facts),
        wheelless=problem.wheelless,
        before=problem.before,
    )
    return uv.solve(question, limit=problem.limit)


def _versions(facts: Facts) -> dict[str, str]:
    """Give what is installed, as far as an index may have it."""
    return {dist.name: dist.version for dist in facts.by_name.values() if cells.version(dist.version)}


def _requirements(fix: Fix, problem: Problem) -> Iterator[str]:
    """Give the fix's pins, the recipe's wishes, and what depends on the packages that change."""
    installed = problem.facts.by_name
    for name, cell in fix.pins.items():
        yield name if cell == "*" else f"{name}{cell}"
    yield from (name for name in fix.reinstall if name in installed)
    yield from wished(problem.recipe, installed)
    yield from sorted(_dependents(fix, problem))


def wished(recipe: Recipe, installed: Container[str]) -> Iterator[str]:
    """Give the wishes of a recipe as requirements that an index can answer; the optional ones where they are there."""
    for wish in recipe.packages:
        if (not wish.optional or wish.name in installed) and (line := wishes.written(wish)):
            yield line


def _dependents(fix: Fix, problem: Problem) -> set[str]:
    """Name what is installed and needs a changed package; of a bare list, what the findings speak of."""
    installed = problem.facts.by_name
    needing = {
        dist.name
        for dist in installed.values()
        for requirement in dist.requires
        if requirement.name in fix.pins and "extra" not in requirement.marker
    }
    spoken = {name for finding in problem.findings if finding.status is Status.ERROR for name in finding.packages}
    return (needing | (spoken & installed.keys())) - fix.pins.keys()


def platform(facts: Facts) -> str:
    """Give uv's name of the target's platform, its glibc as the manylinux that fits; empty: this computer's."""
    system, arch, libc = facts.get("os"), facts.get("arch"), facts.get("glibc")
    if system.state is not State.KNOWN:
        return "linux"
    if system.value == "linux" and libc.state is State.KNOWN:
        return f"{arch.value or 'x86_64'}-manylinux_{'_'.join(libc.value.split('.')[:2])}"
    return {"linux": "linux", "darwin": "macos", "macos": "macos", "windows": "windows"}.get(system.value, "")


def _finished(fix: Fix, problem: Problem, answer: uv.Answer) -> Fix:
    """Give the fix with its command.

    A bare wish becomes the solved version, so that nothing newer comes along, and what depends on the changed packages
    is named where it must move too and nothing else would move it.
    """
    versions, roots = answer.versions, answer.roots
    exact = {name: f"=={versions[name]}" for name, cell in fix.pins.items() if cell == "*" and name in versions}
    fix = dataclasses.replace(fix, pins={**fix.pins, **exact})
    installed = problem.facts.by_name
    also = [
        f"{n}=={versions[n]}" for n in sorted(_dependents(fix, problem) & roots) if installed[n].version != versions[n]
    ]
    text = command.written(fix, problem.facts, also=also, uv=uv.typed())
    elsewhere = _ANOTHER if fix.python else _MANAGED if problem.facts.managed else ""
    return dataclasses.replace(_noted(fix, elsewhere), command=text)
