"""Try a target: choose the trials, run them by its own Python, judge what they measured, and keep the outcome."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from envdoctor import checks, facts, matrix, recipe
from envdoctor.app import filters, judging, order
from envdoctor.app.options import Filters
from envdoctor.errors import CannotLook, UserError, near
from envdoctor.facts import At
from envdoctor.facts.fingerprint import fingerprint
from envdoctor.model import Finding, Held, Recipe, Report, Status
from envdoctor.model.smoke import Attempt, Ran, Wanted
from envdoctor.smoke import catalog, judge, plan, record, running, services
from envdoctor.smoke.plan import Settings

if TYPE_CHECKING:
    from envdoctor.matrix import Matrix
    from envdoctor.model import Claim, Facts
    from envdoctor.smoke.catalog import Trial

__all__ = ["Asked", "Settings", "Smoked", "listed", "measured", "smoke"]
Tell = Callable[[str], None]
ALWAYS = ("torch",)  # what its trials need is missed even if nobody asks for them


class Asked(NamedTuple):
    """What to try: recipes and names of trials (none: the core of what is installed), further groups, and how."""

    words: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    at: At = At()
    filters: Filters = Filters()
    settings: Settings = Settings()
    matrix: tuple[Path, ...] = ()
    typed: str = "envdoctor smoke"


class Smoked(NamedTuple):
    """The judged outcome, and what each process measured."""

    report: Report
    ran: tuple[Ran, ...]

    @property
    def attempts(self) -> Iterator[Attempt]:
        """Give every attempt."""
        return (attempt for one in self.ran for attempt in one.attempts)


def smoke(asked: Asked, tell: Tell) -> Smoked:
    """Give what came of the trials; raise UserError for what a person must correct, CannotLook without a target."""
    known = matrix.load(asked.matrix)
    wanted = _wanted(asked, known)
    filters.validate(asked.filters, wanted, known)
    look = facts.Look(asked.at)
    try:
        if look.sighting.kind != "interpreter":
            raise CannotLook("nothing can be run in it", place=str(look.sighting.path), hint="name a Python")
        python = str(look.sighting.path)
        seen = judging.looked(look, wanted, known)
    finally:
        look.close()
    chosen = _chosen(wanted, asked.groups, seen)
    found, ran = _all(chosen, wanted, asked, seen, python, known, tell)
    return Smoked(_report(found, wanted, asked, seen), tuple(ran))


def _wanted(asked: Asked, known: Matrix) -> Recipe:
    """Give one recipe of all that is named: the trials of the recipes and those named by themselves."""
    if strange := next((group for group in asked.groups if group not in catalog.groups()), None):
        raise UserError(f"`{strange}` is no group", hint=near(strange, catalog.groups()))
    names = [word for word in asked.words if word in catalog.trials()]
    subjects = [word for word in asked.words if word not in names]
    if len(subjects) > 1:
        hint = near(subjects[1], catalog.trials())
        raise UserError(f"`{subjects[1]}` is a second recipe, or no trial", hint=hint)
    try:
        whole = judging.wanted(subjects[0] if subjects else None, known)
    except UserError as error:
        if error.place or "/" in subjects[0]:
            raise
        hint = near(subjects[0], {*catalog.trials(), *recipe.bundled()})
        raise UserError(f"`{subjects[0]}` is no trial and no recipe", hint=hint) from None
    if subjects and not whole.smoke and not names:
        raise UserError("names no trials", place=whole.path, hint="`smoke: [mla]`, or name trials after it")
    for one in whole.smoke:
        if not (one.run or one.serve) and one.name not in catalog.trials():
            raise UserError(f"`{one.name}` is no trial", place=one.place or "", hint=near(one.name, catalog.trials()))
    return dataclasses.replace(whole, smoke=(*whole.smoke, *map(Wanted, names)))


def _chosen(wanted: Recipe, groups: Sequence[str], seen: Facts) -> list[Trial]:
    """Give the trials by name; without a name the core of torch and what is installed; and the groups beside them."""
    every = catalog.trials()
    named = [every[one.name] for one in wanted.smoke if not (one.run or one.serve)]
    if not wanted.smoke:
        core = [trial for trial in every.values() if trial.group == "core"]
        named = [trial for trial in core if trial.needs == ALWAYS or all(name in seen.by_name for name in trial.needs)]
    needs = {trial.needs for trial in named}
    more = [trial for trial in every.values() if trial.group in groups and (trial.needs in needs or not needs)]
    return list(dict.fromkeys([*named, *more]))


def _all(
    chosen: Sequence[Trial], wanted: Recipe, asked: Asked, seen: Facts, python: str, known: Matrix, tell: Tell
) -> tuple[list[Finding | Held], list[Ran]]:
    here = Path(wanted.path).resolve().parent if wanted.path else Path.cwd()
    jobs = plan.jobs(chosen, asked.settings)
    jobs += [plan.own(one, str(here)) for one in wanted.smoke if one.run]
    jobs += [services.job(one, here) for one in wanted.smoke if one.serve]
    missed = Status.INFO if len(jobs) > 1 and not wanted.smoke else Status.ERROR
    found: list[Finding | Held] = []
    ran = []
    for job in jobs:
        lacking = next((name for name in job.needs if seen.listed and name not in seen.by_name), "")
        if lacking:
            found.append(judge.absent(Ran(job.name, job.asked, None), lacking, missed))
            continue
        if refusal := _refusal(job, wanted, seen, known):
            found.append(refusal)
            continue
        tell(f"{job.name}: {', '.join(job.asked)}")
        ran.append(running.run(python, job, asked.settings))
        found += judge.judge(ran[-1], _confirmed(wanted, seen, known))
    return found, ran


def _refusal(job: plan.Job, wanted: Recipe, seen: Facts, known: Matrix) -> Finding | None:
    """Give the error of a service that uses what the installed BentoML no longer has; it is not started then."""
    serves = next((one for one in wanted.smoke if one.serve and one.serve == job.name), None)
    if serves is None:
        return None
    uses = services.uses(Path(job.folder) / services.file(serves.serve))
    verdict = judging.verdict(Recipe(uses=uses), seen, known)
    return next((f for f in verdict.found if f.status is Status.ERROR and "bentoml" in f.packages), None)


def _confirmed(wanted: Recipe, seen: Facts, known: Matrix) -> list[Claim]:
    """Give the claims that this target contradicts, the errors first: only they may explain a failure."""
    codes = {finding.code for finding in judging.verdict(wanted, seen, known).found}
    found = [claim for claim in known.concerning(seen.by_name, wanted.uses) if claim.code in codes]
    return sorted(found, key=lambda claim: claim.severity is not Status.ERROR)


def _report(found: Sequence[Finding | Held], wanted: Recipe, asked: Asked, seen: Facts) -> Report:
    from envdoctor.solve import cure

    shown = tuple(one for one in found if isinstance(one, Finding))
    findings = filters.chosen(checks.Verdict(shown, ()), wanted, asked.filters)
    held = [one for one in found if isinstance(one, Held)]
    mark = fingerprint(seen)
    report = Report(
        recipe=wanted,
        target=seen.target,
        fingerprint=mark,
        findings=tuple(cure.typed(order.sorted_findings(findings), seen)),
        held=tuple(filters.selected(held, asked.filters)),
        fails=filters.failing(asked.filters),
        verify=asked.typed,
    )
    failed = {_trial(one) for one in shown if one.status is Status.ERROR}
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    record.keep(mark, today, [one.what for one in held], sorted(failed))
    return dataclasses.replace(report, exit_code=filters.exit_code(report, asked.filters))


def _trial(finding: Finding) -> str:
    return finding.title.split(" ")[0].rstrip(":")


def listed() -> list[Trial]:
    """Give every trial there is."""
    return list(catalog.trials().values())


def measured(asked: Asked, tell: Tell) -> tuple[Ran, ...]:
    """Give the figures of the benchmarks; nothing is judged."""
    look = facts.Look(asked.at)
    look.close()
    benches = [trial for trial in catalog.trials().values() if trial.group == "bench"]
    chosen = [trial for trial in benches if not asked.words or trial.name in asked.words]
    if not chosen:
        raise UserError(f"`{asked.words[0]}` is no benchmark", hint=near(asked.words[0], [one.name for one in benches]))
    ran = []
    for job in plan.jobs(chosen, asked.settings):
        tell(f"{job.name}: {', '.join(job.asked)}")
        ran.append(running.run(str(look.sighting.path), job, asked.settings))
    return tuple(ran)
