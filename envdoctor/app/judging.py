"""Judge what a look at a target sees: load the subject and the matrix, run the checks, filter, find the cure."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from envdoctor import checks, matrix
from envdoctor.app import filters, order
from envdoctor.errors import CannotLook
from envdoctor.facts.fingerprint import fingerprint
from envdoctor.model import Case, Finding, Recipe, Report, Status, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from envdoctor.app.options import Options
    from envdoctor.facts import Look
    from envdoctor.matrix import Matrix
    from envdoctor.model import Cure, Facts

    Tell = Callable[[str], None]

NO_TARGET = "HOST001"


def report(options: Options, look: Look | CannotLook, tell: Tell) -> Report:
    """Give the report of a look, or of the reason why there is none; raise UserError for what a person must correct."""
    known = matrix.load(options.matrix)
    wanted = _wanted(options.subject, known)
    filters.validate(options.filters, wanted, known)
    try:
        if isinstance(look, CannotLook):
            raise look
        seen = look.facts({*known.variables(), *(f"env.{wish.name}" for wish in wanted.env)})
    except CannotLook as error:
        return _blind(options, wanted, error)
    return _judged(options, wanted, seen, known, tell)


def _wanted(subject: str | None, known: Matrix) -> Recipe:
    if subject is None:
        return Recipe()
    from envdoctor import recipe  # not at the start: it reads YAML

    return recipe.load(subject, known.conda_names())


def verdict(wanted: Recipe, seen: Facts, known: Matrix) -> checks.Verdict:
    """Judge facts by a recipe and the matrix."""
    claims = known.concerning({*seen.by_name, *seen.missing}, wanted.uses)
    return checks.run_all(Case(wanted, seen, claims, known.modules((*wanted.imports, *wanted.uses))))


def _judged(options: Options, wanted: Recipe, seen: Facts, known: Matrix, tell: Tell) -> Report:
    judged = verdict(wanted, seen, known)
    found = order.sorted_findings(filters.chosen(judged.findings, wanted, options.filters))
    cure = None
    if any(finding.fixes for finding in found):
        found, cure = _cured(options, wanted, seen, known, found, tell)
    whole = Report(
        recipe=wanted,
        target=seen.target,
        fingerprint=fingerprint(seen),
        findings=tuple(found),
        held=filters.selected(judged.held, options.filters),
        cure=cure,
        verify=options.words,
    )
    return dataclasses.replace(whole, exit_code=filters.exit_code(whole, options.filters, crashed=judged.crashed))


def _cured(
    options: Options, wanted: Recipe, seen: Facts, known: Matrix, found: Sequence[Finding], tell: Tell
) -> tuple[list[Finding], Cure | None]:
    """Give the findings with the command of each fix, and the one change that ends all errors."""
    from envdoctor.solve import cure

    def errors_of(changed: Facts) -> list[Finding]:
        after = filters.chosen(verdict(wanted, changed, known).findings, wanted, options.filters)
        return [finding for finding in after if finding.status is Status.ERROR and not finding.suppressed]

    problem = cure.Problem(found, wanted, seen, errors_of, known.wheelless(), options.online, tell)
    return cure.typed(found, seen), cure.find(problem)


def _blind(options: Options, wanted: Recipe, error: CannotLook) -> Report:
    """Give the report of a target that could not be looked at."""
    where = f"{error.place}: " if error.place else ""
    finding = Finding(
        code=NO_TARGET,
        status=Status.UNKNOWN,
        kind="other",
        title=f"the target cannot be looked at: {where}{error.problem}",
        cause=error.hint,
    )
    target = Target("none", error.place or options.at.named or "")
    return Report(wanted, target, "", (finding,), exit_code=error.exit_code, verify=options.words)
