"""Judge what a look at a target sees: load the subject and the matrix, run the checks, filter, find the cure."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, NamedTuple

from envdoctor import checks, matrix
from envdoctor.app import filters, order
from envdoctor.errors import CannotLook, UserError
from envdoctor.facts import given
from envdoctor.facts.fingerprint import fingerprint
from envdoctor.model import Case, Finding, Recipe, Report, Status, Target
from envdoctor.smoke import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from envdoctor.app.options import Options
    from envdoctor.facts import Look
    from envdoctor.matrix import Matrix
    from envdoctor.model import Cure, Facts, Machine

    Tell = Callable[[str], None]


def report(options: Options, look: Look | CannotLook, tell: Tell) -> Report:
    """Give the report of a look, or of the reason why there is none; raise UserError for what a person must correct."""
    if options.day and not options.resolve:
        raise UserError("`--at` is for `--resolve`", hint="what is installed is judged as it is")
    known = matrix.load(options.matrix)
    asked = wanted(options.subject, known)
    filters.validate(options.filters, asked, known)
    options = options._replace(filters=filters.with_baseline(options.filters))
    try:
        if options.resolve:
            from envdoctor.app import resolving

            return _judged(options, asked, resolving.grounds(options, asked, look, known, tell), known, tell)
        seen = looked(look, asked, known)
        if not seen.distributions and not options.subject:
            raise CannotLook("nothing is installed in it", place=seen.target.path, hint="name a recipe to judge it by")
    except CannotLook as error:
        return _blind(options, asked, error)
    return _judged(options, asked, grounds(options, asked, seen), known, tell, seen)


def looked(look: Look | CannotLook, asked: Recipe, known: Matrix) -> Facts:
    """Give what a look sees, with the variables that the subject or a claim asks for; raise CannotLook, UserError."""
    if isinstance(look, CannotLook):
        raise look
    variables = {*known.variables(), *(f"env.{wish.name}" for wish in asked.env)}
    return look.facts(variables, conda_names=known.conda_names)


def wanted(subject: str | None, known: Matrix) -> Recipe:
    """Give the recipe of a subject, or an empty one."""
    if subject is None:
        return Recipe()
    from envdoctor import recipe  # not at the start: it reads YAML

    return recipe.load(subject, known.conda_names())


def verdict(wanted: Recipe, seen: Facts, known: Matrix) -> checks.Verdict:
    """Judge facts by a recipe and the matrix."""
    seen = known.completed(seen)
    claims = known.concerning({*seen.by_name, *seen.stands, *seen.missing}, wanted.uses)
    return checks.run_all(Case(wanted, seen, claims, known.modules((*wanted.imports, *wanted.uses))))


def _judged(
    options: Options, wanted: Recipe, grounds: Sequence[Ground], known: Matrix, tell: Tell, files: Facts | None = None
) -> Report:
    """Judge grounds; `files` is what lies here, for the link check to read."""
    linked = None
    if files is not None and (options.at.deep or options.code):
        from envdoctor.app import linking

        released = linking.asker(files, tell) if options.online else None
        linked = linking.link(wanted, files, known, options.code, released=released, move=options.move)
        wanted = dataclasses.replace(wanted, uses=tuple(dict.fromkeys((*wanted.uses, *linked.uses))))
    judged = [(ground, ground.verdict or verdict(wanted, ground.facts, known)) for ground in grounds]
    chosen = [_named(filters.chosen(one, wanted, options.filters), ground.machine) for ground, one in judged]
    taken = fingerprint(grounds[0].facts if len(grounds) == 1 else grounds[0].seen)
    if tried := record.cited(taken):  # what `smoke` has shown of the very same contents
        chosen.append(filters.chosen(checks.Verdict((tried,), ()), wanted, options.filters))
    if linked is not None:
        from envdoctor.app import linking

        chosen.append(filters.chosen(linked.verdict, wanted, options.filters))
        there = [(linked.on(ground.facts), ground.machine) for ground in grounds if ground.machine is not None]
        chosen += [_named(filters.chosen(one, wanted, options.filters), machine) for one, machine in there]
        chosen = linking.without_told(chosen, known)
    found = order.sorted_findings(finding for group in chosen for finding in group)
    cure = None
    if any(finding.fixes for finding in found):
        found, cure = _cured(options, wanted, grounds, known, found, tell)
    held = [one for _, each in judged for one in each.held] + list(linked.verdict.held if linked else ())
    whole = Report(
        recipe=wanted,
        target=grounds[0].facts.target,
        fingerprint=taken,
        findings=tuple(found),
        held=tuple(filters.selected(held, options.filters)),
        cure=cure,
        verify=options.words,
        fails=filters.failing(options.filters),
    )
    crashed = any(one.crashed for _, one in judged)
    return dataclasses.replace(whole, exit_code=filters.exit_code(whole, options.filters, crashed=crashed))


class Ground(NamedTuple):
    """The facts to judge, the same without a machine, the one that was named, and the verdict if it is known already.

    `seen` is what several machines have in common.
    """

    facts: Facts
    seen: Facts
    machine: Machine | None = None
    verdict: checks.Verdict | None = None

    def of(self, changed: Facts) -> Facts:
        """Give changed facts as they are on the same machine."""
        return given.over(changed, self.machine.facts, self.machine.missing) if self.machine else changed


def grounds(options: Options, wanted: Recipe, seen: Facts) -> list[Ground]:
    """Give the facts once for each machine that was named, or as they were seen."""
    if not options.machines:
        return [Ground(seen, seen)]
    from envdoctor.facts import machines

    found = machines.find(options.machines, wanted.machines)
    own = given.over(seen, {})
    return [Ground(given.over(seen, one.facts, one.missing), own, one) for one in found]


def _named(findings: Iterable[Finding], machine: Machine | None) -> Iterable[Finding]:
    if machine is None:
        return findings
    return [dataclasses.replace(finding, machine=machine.name) for finding in findings]


def _cured(
    options: Options, wanted: Recipe, grounds: Sequence[Ground], known: Matrix, found: Sequence[Finding], tell: Tell
) -> tuple[list[Finding], Cure | None]:
    """Give the findings with the command of each fix, and the one change that ends all errors, on every machine."""
    from envdoctor.solve import cure

    seen = grounds[0].facts

    def errors_of(changed: Facts) -> list[Finding]:
        judged = [verdict(wanted, ground.of(changed), known) for ground in grounds]
        after = [finding for one in judged for finding in filters.chosen(one, wanted, options.filters)]
        after += [finding for finding in found if _stands(finding, seen, changed)]
        return [finding for finding in after if finding.status is Status.ERROR and not finding.suppressed]

    seen = grounds[0].facts
    online = options.online or options.resolve
    problem = cure.Problem(found, wanted, seen, errors_of, known.wheelless(), online, tell, before=options.day)
    return cure.typed(found, seen), cure.find(problem)


def _stands(finding: Finding, seen: Facts, changed: Facts) -> bool:
    """Say whether what the link check found is as it was: no package that it blames has another version."""
    if not finding.code.startswith("LINK"):
        return False
    return all(seen.get(name).value == changed.get(name).value for name in finding.culprit)


def _blind(options: Options, wanted: Recipe, error: CannotLook) -> Report:
    """Give the report of a target that could not be looked at."""
    where = f"{error.place}: " if error.place else ""
    finding = Finding(
        code=checks.NO_TARGET,
        status=Status.UNKNOWN,
        kind="other",
        title=f"the target cannot be looked at: {where}{error.problem}",
        cause=error.hint,
    )
    target = Target("none", error.place or options.at.named or "")
    return Report(wanted, target, "", (finding,), exit_code=error.exit_code, verify=options.words)
