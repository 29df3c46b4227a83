"""Make findings of gaps: one for each cause, at the first who asks for it, with the way that leads there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from envdoctor.link import released, words
from envdoctor.link.gaps import ARGUMENT, MODULE, SYNTAX, Gap, Walked
from envdoctor.model import Fact, Finding, Fix, Held, Place, State, Status
from envdoctor.model.code import UNSURE
from envdoctor.model.releases import joined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from envdoctor.model import Claim, Facts
    from envdoctor.model.releases import NameHistory

SEEN = "LINK000"
_SHOWN_STEPS = 6


class Ground(NamedTuple):
    """What gaps are judged with: facts, who brings which module, what the matrix says, how a path is shown.

    `status` gives the severity of what a start leads to, `released` the releases of a package that have a name, or an
    argument of what it names, where an index may be asked.
    """

    facts: Facts
    brings: Mapping[str, Sequence[str]]
    gone: Mapping[str, Claim]
    shown: Callable[[str], str]
    status: Callable[[str], Status]
    released: Callable[[str, str, str], NameHistory] | None = None


def findings(walked: Walked, ground: Ground) -> Iterator[Finding | Held]:
    """Give the findings of a walk, how many questions held, and how many were answered."""
    told: dict[tuple[str, ...], list[Gap]] = {}
    sure = [*walked.gaps, *(gap._replace(sure=True) for gap in walked.unsure if gap.dotted in ground.gone)]
    for gap in sorted(sure, key=lambda gap: (bool(gap.caught & UNSURE), ground.status(gap.start) is not Status.ERROR)):
        told.setdefault(_cause(gap), []).append(gap)
    for group in told.values():
        yield _finding(group, ground)
    answered = sum(answer is not None for answer in walked.asked.values())
    held = sum(answer is True for answer in walked.asked.values())
    if held:
        yield Held(SEEN, "what imports ask for is there", held)
    if walked.asked:
        yield _seen(walked, answered)


def _cause(gap: Gap) -> tuple[str, ...]:
    """Give what makes gaps one finding: the same thing is missing, or the same two packages do not go together."""
    provider = gap.source.owner if gap.source is not None else ""
    if provider and gap.asker.owner and provider != gap.asker.owner and not gap.caught & UNSURE:
        return provider, gap.asker.owner
    return gap.kind, gap.module, gap.name


def _seen(walked: Walked, answered: int) -> Finding:
    share = 100 * answered / len(walked.asked)
    return Finding(
        code=SEEN,
        status=Status.INFO,
        kind="other",
        title=f"the link check asked for {len(walked.asked):,} names in {walked.modules:,} modules",
        cause=f"{share:.0f} % are answered; of the rest it cannot be told without running them",
    )


def _finding(group: Sequence[Gap], ground: Ground) -> Finding:
    gap = group[0]
    claim = ground.gone.get(gap.dotted)
    culprit = _culprit(gap, ground)
    status = Status.INFO if gap.caught & UNSURE else ground.status(gap.start)
    history = _released(group, ground) if status is not Status.INFO else None
    told = f"; {history.words}" if history is not None else ""
    return Finding(
        code=words.OF[gap.kind].code,
        status=status,
        kind=_kind(gap, culprit, ground),
        title=words.title(gap, _asker(gap, ground), ground.facts.get("python").value),
        cause=f"{words.message(gap)} ({_way(gap, ground)}){_more(gap, group)}{told}",
        culprit=culprit,
        evidence=_evidence(gap, culprit, ground),
        place=Place(ground.shown(gap.way[-1].file), gap.way[-1].line) if gap.way and gap.way[-1].file else None,
        fixes=(claim.fixes if claim is not None else ())
        or (history.fixes if history is not None else ())
        or _fixes(gap, culprit, ground),
    )


def _released(group: Sequence[Gap], ground: Ground) -> released.Released | None:
    """Ask which releases have what is missing of a package that is there."""
    first = group[0]
    provider = first.source.owner if first.source is not None else ""
    if ground.released is None or provider not in ground.facts.by_name or first.kind == SYNTAX:
        return None
    same = [gap for gap in group if gap.source is not None and gap.source.owner == provider]
    names = dict.fromkeys((gap.module, gap.name) if gap.kind == ARGUMENT else (gap.dotted, "") for gap in same)
    found = [ground.released(provider, name, argument) for name, argument in list(names)[:_SHOWN_STEPS]]
    return released.of(joined(found), first.asker.owner, ground.facts)


def _more(gap: Gap, group: Sequence[Gap]) -> str:
    """Tell what else is missing, and who else asks."""
    names = list(dict.fromkeys(one.dotted for one in group if one.dotted != gap.dotted))
    if names:
        rest = f" and {len(names) - _SHOWN_STEPS} more" if len(names) > _SHOWN_STEPS else ""
        return f"; also {', '.join(names[:_SHOWN_STEPS])}{rest}"
    others = len({one.asker.name for one in group}) - 1
    return f"; {others} other module{'s ask' if others > 1 else ' asks'} for it too" if others else ""


def _asker(gap: Gap, ground: Ground) -> str:
    if gap.asker.owner:
        return gap.asker.owner
    return ground.shown(gap.asker.file).rpartition("/")[2] if gap.asker.name == "__main__" else gap.asker.name


def _way(gap: Gap, ground: Ground) -> str:
    """Give the way from where the walk began to the line that asks."""
    steps = [
        f"{ground.shown(step.file).rpartition('/')[2]}:{step.line}"
        if step.module == "__main__"
        else f"{step.module}:{step.line}"
        for step in gap.way
    ]
    if len(steps) > _SHOWN_STEPS:
        steps = [*steps[:2], "…", *steps[-_SHOWN_STEPS + 2 :]]
    start = [] if gap.way and gap.way[0].module == "__main__" else [f"import {gap.start}"]
    return " → ".join([*start, *steps])


def _culprit(gap: Gap, ground: Ground) -> tuple[str, ...]:
    """Give whose version decides: who should have it, and who asks for it."""
    found: list[str] = []
    if gap.source is not None and gap.source.owner and gap.kind != SYNTAX:
        found.append(gap.source.owner)
    elif gap.kind == MODULE:
        found += _bringers(gap, ground)[:2]
    if gap.kind == SYNTAX or (gap.kind == MODULE and not found):
        found.append("python")
    return tuple(dict.fromkeys([*found, *([gap.asker.owner] if gap.asker.owner else [])]))


def _bringers(gap: Gap, ground: Ground) -> Sequence[str]:
    """Give the distributions that bring a module; none for one of the standard library."""
    top = gap.module.split(".")[0]
    if f"python {top}" in ground.brings:
        return ["python", *ground.brings.get(top, ())]
    return ground.brings.get(top, [top.lower().replace("_", "-")])


def _kind(gap: Gap, culprit: tuple[str, ...], ground: Ground) -> str:
    if culprit[:1] == ("python",):
        return "python-version"
    missing = gap.kind == MODULE and all(ground.facts.get(name).state is State.ABSENT for name in culprit[:1])
    return "missing-package" if missing else "version-pair"


def _evidence(gap: Gap, culprit: tuple[str, ...], ground: Ground) -> tuple[Fact, ...]:
    owners = [*culprit, *([gap.source.owner] if gap.source is not None and gap.source.owner else [])]
    return tuple(ground.facts.get(name) for name in dict.fromkeys(owners))


def _fixes(gap: Gap, culprit: tuple[str, ...], ground: Ground) -> tuple[Fix, ...]:
    if gap.kind == MODULE and gap.source is None:
        absent = [name for name in _bringers(gap, ground)[:2] if ground.facts.get(name).state is State.ABSENT]
        if absent:
            return tuple(Fix(pins={name: "*"}) for name in absent)
    if not culprit:
        return ()
    others = f", or of {culprit[1]}" if len(culprit) > 1 else ""
    return (Fix(note=f"another release of {culprit[0]}{others}"),)
