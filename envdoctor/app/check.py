"""Judge a target by a subject: look, load, judge, filter, find the cure, and say how it ends."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envdoctor import checks, facts, matrix, recipe
from envdoctor.app import filters, order
from envdoctor.errors import CannotLook
from envdoctor.facts import snapshot
from envdoctor.model import Case, Finding, Held, Recipe, Report, Status, Target
from envdoctor.solve import command, cure, uv

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from envdoctor.matrix import Matrix
    from envdoctor.model import Facts

NO_TARGET = "HOST001"
FAIL_ON = ("error", "warning", "info", "never")


@dataclass(frozen=True, slots=True)
class Options:
    """How to judge: what `check` was asked for on the command line."""

    subject: str | None = None
    target: str | None = None
    given: tuple[str, ...] = ()
    matrix: tuple[Path, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: str = "error"
    strict: bool = False
    online: bool = False
    static: bool = False
    timeout: float = facts.PATIENCE
    words: str = "envdoctor check"


def check(options: Options, tell: Callable[[str], None]) -> Report:
    """Give the report of a check; raise UserError for what a person must correct. `tell` hears of progress."""
    look, refusal = _begin(options)
    try:
        known = matrix.load(options.matrix)
        wanted = recipe.load(options.subject, lambda: known.conda_names)
        filters.validate(options.select, options.ignore, wanted, known)
        if look is None:
            raise refusal or CannotLook("there is no target")
        seen = look.facts({*known.variables(), *(f"env.{wish.name}" for wish in wanted.env)})
        return _judged(options, wanted, seen, known, tell)
    except CannotLook as error:
        return _blind(options, wanted, error)
    finally:
        if look is not None:
            look.close()


def _begin(options: Options) -> tuple[facts.Look | None, CannotLook | None]:
    """Begin to look at the target, which takes a while; a target that is not there is told after a wrong recipe."""
    try:
        return facts.Look(options.target, options.given, still=options.static, limit=options.timeout), None
    except CannotLook as error:
        return None, error


def verdict(wanted: Recipe, seen: Facts, known: Matrix) -> checks.Verdict:
    """Judge facts by a recipe and the matrix."""
    present = {*seen.by_name, *(name for name in seen.missing if name not in seen.facts)}
    return checks.run_all(Case(wanted, seen, known.concerning(present)))


def _judged(options: Options, wanted: Recipe, seen: Facts, known: Matrix, tell: Callable[[str], None]) -> Report:
    judged = verdict(wanted, seen, known)
    chosen = filters.chosen(judged.findings, wanted, select=options.select, ignore=options.ignore)
    found = order.sorted_findings([_typed(finding, seen) for finding in chosen])

    def again(changed: Facts) -> Sequence[Finding]:
        after = filters.chosen(
            verdict(wanted, changed, known).findings, wanted, select=options.select, ignore=options.ignore
        )
        return [finding for finding in after if finding.status is Status.ERROR and not finding.suppressed]

    problem = cure.Problem(found, wanted, seen, again, known.wheelless, options.online, tell)
    held = filters.selected(judged.held, options.select)
    report = Report(
        recipe=wanted,
        target=seen.target,
        fingerprint=snapshot.fingerprint(seen),
        findings=tuple(found),
        held=held,
        cure=cure.find(problem),
        verify=options.words,
    )
    return dataclasses.replace(report, exit_code=exit_code(report, options, crashed=judged.crashed))


def _typed(finding: Finding, seen: Facts) -> Finding:
    """Give each fix of a finding the command that makes it."""
    has_uv = uv.find() is not None if finding.fixes else False
    fixes = tuple(dataclasses.replace(fix, command=command.written(fix, seen, uv=has_uv)) for fix in finding.fixes)
    return dataclasses.replace(finding, fixes=fixes)


def exit_code(report: Report, options: Options, *, crashed: bool = False) -> int:
    """Give the exit status: 3 could not look, 1 a finding that fails, 0 nothing of that kind."""
    live = [finding for finding in report.findings if not finding.suppressed]
    unknown = [finding for finding in live if finding.status is Status.UNKNOWN]
    blind = bool(unknown) and len(unknown) == len(live) and not report.held
    if crashed or blind:
        return 3
    failing = FAIL_ON[: FAIL_ON.index(options.fail_on) + 1] if options.fail_on != "never" else ()
    if any(finding.status.value in failing for finding in live) or (options.strict and unknown):
        return 1
    return 0


def _blind(options: Options, wanted: Recipe, error: CannotLook) -> Report:
    """Give the report of a target that could not be looked at."""
    finding = Finding(
        code=NO_TARGET,
        status=Status.UNKNOWN,
        kind="other",
        title=f"the target cannot be looked at: {error.place} {error.problem}".replace(":  ", ": "),
        cause=error.hint,
    )
    target = Target("none", error.place or options.target or "")
    return Report(wanted, target, "", (finding,), exit_code=error.exit_code, verify=options.words)


__all__ = ["FAIL_ON", "NO_TARGET", "Held", "Options", "check", "exit_code", "verdict"]
