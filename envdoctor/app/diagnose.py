"""Diagnose logs: read them, load what is known, look at the target if one is named, and join the two."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, NamedTuple

from envdoctor import cells, diagnose, facts, logs, matrix
from envdoctor.checks import sight
from envdoctor.checks.judge import Blind, Broken, Good, judge
from envdoctor.diagnose.candidates import tidied
from envdoctor.diagnose.join import Standing
from envdoctor.model import Case, Fix, Recipe
from envdoctor.model.diagnosis import CONFIRMED, OPEN, REFUTED
from envdoctor.solve import command, uv

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from envdoctor.app.linking import Released
    from envdoctor.app.options import At
    from envdoctor.matrix import Matrix
    from envdoctor.model import Claim, Facts
    from envdoctor.model.diagnosis import Cause, Diagnosis, Log


class Asked(NamedTuple):
    """Which logs to diagnose; `at`: the target to join them with, None for none."""

    names: tuple[str, ...]
    at: At | None = None
    matrix: tuple[Path, ...] = ()
    online: bool = False


def diagnosed(asked: Asked, tell: Callable[[str], None]) -> Diagnosis:
    """Give the diagnosis of logs; raise UserError or CannotLook."""
    known = matrix.load(asked.matrix)
    seen = looked(asked.at, known) if asked.at is not None else None
    ask = asker(seen, tell) if asked.online else None
    return of_logs(logs.read(asked.names), knowledge(known), seen, ask)


def asker(seen: Facts | None, tell: Callable[[str], None]) -> Released:
    """Give what asks the index for a target, or for none."""
    from envdoctor.app import linking  # only who asks an index needs what speaks with one

    return linking.asker(seen or diagnose.NOTHING, tell)


def looked(at: At, known: Matrix) -> Facts:
    """Look at a target, and see it as the job does."""
    look = facts.Look(at)
    try:
        return sight.of(Case(Recipe(), known.completed(look.facts(known.variables())))).facts
    finally:
        look.close()


def knowledge(known: Matrix) -> diagnose.Known:
    """Give what of the matrix logs are judged by."""
    return diagnose.Known(
        claims=known.with_symptoms(),
        mechanisms=known.mechanisms(),
        origins=known.origins(),
        names=lambda name: _about(name, known),
        judged=_standing,
        tables=lambda names: [claim for claim in known.concerning(names) if claim.key],
    )


def of_logs(read: Sequence[Log], known: diagnose.Known, seen: Facts | None, ask: Released | None = None) -> Diagnosis:
    """Give the diagnosis of logs that were read, joined with facts if there are any, and with what an index answers."""
    found = diagnose.diagnose(read, known, seen, online=ask is not None)
    causes = [_answered(cause, seen, ask) if ask else cause for cause in found.causes]
    return dataclasses.replace(found, causes=tuple(_typed(cause, seen) for cause in causes))


def _answered(cause: Cause, seen: Facts | None, ask: Released) -> Cause:
    """Give a cause with the releases that have the name which is missing, and the pins that follow."""
    if cause.lack is None or cause.state == REFUTED:
        return cause
    from envdoctor.app import releases
    from envdoctor.link import released

    package, name, argument, asker = cause.lack
    history = ask(package, releases.whole_name(package, name) if "." not in name else name, argument)
    told = released.of(history, asker, seen or diagnose.NOTHING)
    if history.ranges == ("*",):
        hidden = "the installed files are not whole, or another copy hides them"
        fixes: tuple[Fix, ...] = (Fix(reinstall=(package,), note=hidden),)
    else:
        fixes = told.fixes
    return dataclasses.replace(cause, cause=f"{cause.cause}; {told.words}", fixes=tidied((*fixes, *cause.fixes)))


def _about(name: str, known: Matrix) -> list[Claim]:
    """Give the claims about a public name or the nearest thing above it that is known, else about what ends so."""
    claims = [claim for claim in known.concerning((), [name]) if claim.package]
    if not claims:
        ends = known.members(name)
        return [claim for claim in known.concerning((), ends) if claim.package and claim.uses[0] in ends]
    deepest = max(len(claim.uses[0]) for claim in claims)
    return [claim for claim in claims if len(claim.uses[0]) == deepest]


def _standing(claim: Claim, seen: Facts) -> Standing:
    """Say what facts say of a claim: it is broken there, it holds or does not apply, or a fact is missing."""
    answer = judge(claim, seen)
    if isinstance(answer, Broken):
        told = [seen.get(name) for name in dict.fromkeys([*(m.fact.name for m in answer.misses), *claim.when])]
        return Standing(CONFIRMED, tuple(told))
    if isinstance(answer, Good) or (answer is None and seen.listed) or _holds_anyhow(claim, seen):
        return Standing(REFUTED)
    return Standing(OPEN, (answer.fact,) if isinstance(answer, Blind) else ())


def _holds_anyhow(claim: Claim, seen: Facts) -> bool:
    """Say whether all that a rule needs is there, so that it is not broken whatever else was not seen."""
    asked = [(name, cell) for row in claim.rows for name, cell in (*row.needs.items(), *row.requires.items())]
    return not claim.key and bool(asked) and all(cells.matches(cell, seen.get(name)) for name, cell in asked)


def _typed(cause: Cause, seen: Facts | None) -> Cause:
    """Give a cause with the command that makes each of its fixes."""
    where = seen if seen is not None else diagnose.NOTHING
    typed_uv = uv.typed()
    fixes = tuple(dataclasses.replace(fix, command=command.written(fix, where, uv=typed_uv)) for fix in cause.fixes)
    return dataclasses.replace(cause, fixes=fixes)
