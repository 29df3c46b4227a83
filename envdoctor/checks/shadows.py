"""Tell what hides installed packages: one finding for all that one part of the search path hides as badly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.checks import extensions
from envdoctor.model import Fact, Finding, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from envdoctor.model import Case, Fix, Trace

NAMED = 3


def findings(
    case: Case, code: str, what: str, hiding: Iterable[Trace], *, culprit: tuple[str, ...], fix: Fix, why: str
) -> Iterator[Finding]:
    """Give a finding for each severity; `what` names what hides, `why` says how it comes to be in front."""
    groups: dict[Status, list[Trace]] = {}
    for trace in hiding:
        groups.setdefault(severity(trace, case), []).append(trace)
    for status, traces in groups.items():
        names = [trace.name for trace in traces]
        shown = ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
        yield Finding(
            code=code,
            status=status,
            kind="shadow",
            title=f"{what} hides the installed {shown}",
            cause=f"{why}; {'; '.join(_told(trace) for trace in traces[:NAMED])}",
            culprit=(*culprit, *names)[:6],
            evidence=tuple(Fact(trace.name, trace.said, trace.paths[0]) for trace in traces[:NAMED]),
            fixes=(fix,),
        )


def severity(trace: Trace, case: Case) -> Status:
    """Say how bad it is: the same version hides nothing that matters, a package that the recipe asks for all."""
    same = trace.said == trace.others[0] and _loads(trace.name, case)
    if same:
        return Status.INFO
    wish = case.recipe.wish(trace.name)
    return Status.ERROR if wish is not None and not wish.optional else Status.WARNING


def _loads(name: str, case: Case) -> bool:
    dist = case.facts.by_name.get(name)
    return dist is None or not dist.compiled or extensions.fit(dist, case.facts)


def _told(trace: Trace) -> str:
    wins = f"{trace.paths[0]} ({trace.said})" if trace.said else trace.paths[0]
    return f"{wins} wins over {trace.name} {trace.others[0]}"


def of_origin(case: Case, chosen: Callable[[str], bool]) -> list[Trace]:
    """Give what is hidden by folders of a chosen origin."""
    return [trace for trace in case.facts.traced("hides") if chosen(trace.via)]
