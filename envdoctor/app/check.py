"""Judge a target by a subject: look, load, judge, filter, find the cure, and say how it ends."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from envdoctor import checks, facts, matrix
from envdoctor.app import filters, order
from envdoctor.app.filters import Filters
from envdoctor.errors import CannotLook
from envdoctor.facts import At, fingerprint
from envdoctor.model import Case, Finding, Recipe, Report, Status, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from envdoctor.matrix import Matrix
    from envdoctor.model import Cure, Facts

    Tell = Callable[[str], None]

__all__ = ["At", "Filters", "Options", "check", "verdict"]
NO_TARGET = "HOST001"


@dataclass(frozen=True, slots=True)
class Options:
    """How to judge: what `check` was asked for on the command line. `words` is how to ask again."""

    subject: str | None = None
    at: At = field(default_factory=At)
    filters: Filters = field(default_factory=Filters)
    matrix: tuple[Path, ...] = ()
    online: bool = False
    words: str = "envdoctor check"


def check(options: Options, tell: Tell) -> Report:
    """Give the report of a check; raise UserError for what a person must correct. `tell` hears of progress."""
    look, refusal = _begin(options)
    try:
        known = matrix.load(options.matrix)
        wanted = _wanted(options.subject, known)
        filters.validate(options.filters, wanted, known)
        if look is None:
            raise refusal or CannotLook("there is no target")
        seen = look.facts({*known.variables(), *(f"env.{wish.name}" for wish in wanted.env)})
        return _judged(options, wanted, seen, known, tell)
    except CannotLook as error:
        return _blind(options, wanted, error)
    finally:
        if look is not None:
            look.close()


def _wanted(subject: str | None, known: Matrix) -> Recipe:
    if subject is None:
        return Recipe()
    from envdoctor import recipe  # not at the start: it reads YAML

    return recipe.load(subject, known.conda_names)


def _begin(options: Options) -> tuple[facts.Look | None, CannotLook | None]:
    """Begin to look at the target, which takes a while; a target that is not there is told after a wrong recipe."""
    try:
        return facts.Look(options.at), None
    except CannotLook as error:
        return None, error


def verdict(wanted: Recipe, seen: Facts, known: Matrix) -> checks.Verdict:
    """Judge facts by a recipe and the matrix."""
    return checks.run_all(Case(wanted, seen, known.concerning({*seen.by_name, *seen.missing})))


def _judged(options: Options, wanted: Recipe, seen: Facts, known: Matrix, tell: Tell) -> Report:
    judged = verdict(wanted, seen, known)
    found = order.sorted_findings(filters.chosen(judged.findings, wanted, options.filters))
    cure = None
    if any(finding.fixes for finding in found):
        found, cure = _cured(options, wanted, seen, known, found, tell)
    report = Report(
        recipe=wanted,
        target=seen.target,
        fingerprint=fingerprint.fingerprint(seen),
        findings=tuple(found),
        held=filters.selected(judged.held, options.filters),
        cure=cure,
        verify=options.words,
    )
    return dataclasses.replace(report, exit_code=filters.exit_code(report, options.filters, crashed=judged.crashed))


def _cured(
    options: Options, wanted: Recipe, seen: Facts, known: Matrix, found: Sequence[Finding], tell: Tell
) -> tuple[list[Finding], Cure | None]:
    """Give the findings with the command of each fix, and the one change that ends all errors."""
    from envdoctor.solve import cure

    def errors_of(changed: Facts) -> list[Finding]:
        after = filters.chosen(verdict(wanted, changed, known).findings, wanted, options.filters)
        return [finding for finding in after if finding.status is Status.ERROR and not finding.suppressed]

    problem = cure.Problem(found, wanted, seen, errors_of, known.wheelless, options.online, tell)
    return cure.typed(found, seen), cure.find(problem)


def _blind(options: Options, wanted: Recipe, error: CannotLook) -> Report:
    """Give the report of a target that could not be looked at."""
    finding = Finding(
        code=NO_TARGET,
        status=Status.UNKNOWN,
        kind="other",
        title=" ".join(part for part in ("the target cannot be looked at:", error.place, error.problem) if part),
        cause=error.hint,
    )
    target = Target("none", error.place or options.at.named or "")
    return Report(wanted, target, "", (finding,), exit_code=error.exit_code, verify=options.words)
