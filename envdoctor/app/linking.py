"""Link a target: follow what its programs and packages import, ask for all that they ask for, judge what is missing."""

from __future__ import annotations

import gc
import re
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

from envdoctor import checks, source
from envdoctor import link as link_
from envdoctor.checks.judge import Broken, judge
from envdoctor.facts.paths import shown
from envdoctor.link import native as of_native
from envdoctor.link.answers import Answers
from envdoctor.link.findings import Ground, findings
from envdoctor.link.walk import Walk
from envdoctor.model import Finding, Held, Status
from envdoctor.source import ahead, native, programs, starts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from envdoctor.link.gaps import Walked
    from envdoctor.matrix import Matrix
    from envdoctor.model import Claim, Facts, Recipe
    from envdoctor.model.releases import NameHistory
    from envdoctor.source.programs import Program

    Released = Callable[[str, str, str], NameHistory]


FLOOR = "HOST007"  # tells the same of the frameworks, without the link check
LIMIT = 180.0  # seconds for all that is asked of an index


class Linked(NamedTuple):
    """The verdict of the link check, the public names that the programs use, and what the loader would miss."""

    verdict: checks.Verdict
    uses: tuple[str, ...] = ()
    natives: native.Natives = native.Natives()

    def on(self, machine: Facts) -> checks.Verdict:
        """Give what asks for a newer glibc or libstdc++ than another machine has."""
        ground = of_native.Ground(machine, shown, lambda _: Status.ERROR)
        return checks.Verdict(tuple(of_native.floors(self.natives.floors, ground, sure=True)), ())


def link(
    wanted: Recipe,
    facts: Facts,
    known: Matrix,
    code: Sequence[Path],
    *,
    released: Released | None = None,
    move: Callable[[int, int], None] = lambda *_: None,
) -> Linked:
    """Link what a recipe names, or the programs that are given; raise UserError for a program that is none.

    `released` tells which releases have a name, where an index may be asked; `move` hears how far the reading is.
    """
    read = programs.read(code, source.python_of(facts), known.returns() if code else {})
    uses = tuple(dict.fromkeys(name for program in read for name in program.uses))
    if not source.is_here(facts):
        return Linked(checks.Verdict((), ()), uses)
    opened = source.Source(facts, [program.folder for program in read])
    collecting = gc.isenabled()
    gc.disable()  # a syntax tree is a great many objects and no circle: looking for circles costs half the time
    try:
        begin = starts.of(wanted, facts, opened.owners) if not read or wanted.imports else []
        ahead.read(opened.world, [one.module for one in read], [start.module for start in begin], move)
        walked = _walked(opened, read, begin)
        natives = native.linked(facts, opened.root, opened.owners, walked.owners, walked.compiled)
        uses = (*uses, *_alike(uses, known, opened))
    finally:
        opened.close()
        if collecting:
            gc.enable()
    severity = {start.module: start.status for start in begin}

    def status(start: str) -> Status:
        return severity.get(start, Status.ERROR)

    ground = Ground(facts, _brings(walked, known), _gone(walked, facts, known), shown, status, released)
    found = [*findings(walked, ground), *of_natives(natives, of_native.Ground(facts, shown, status))]
    problems = tuple(one for one in found if isinstance(one, Finding))
    return Linked(checks.Verdict(problems, tuple(one for one in found if isinstance(one, Held))), uses, natives)


def of_natives(natives: native.Natives, ground: of_native.Ground) -> Iterator[Finding]:
    """Give the findings of what the loader would miss, each distribution's newest floor once."""
    told = list(of_native.findings(natives.lacks, ground))
    yield from told
    known = {finding.culprit for finding in told}
    floors = of_native.floors(natives.floors, ground, sure=not natives.own)
    yield from (finding for finding in floors if finding.culprit not in known)


def asker(facts: Facts, tell: Callable[[str], None]) -> Released:
    """Give what asks the index which releases have a name: within a time for all names together."""
    from envdoctor.app import releases

    until = time.monotonic() + LIMIT
    python = source.python_of(facts)

    def ask(package: str, name: str, argument: str) -> NameHistory:
        tell(f"asking the index which releases of {package} have `{name}`")
        left = max(0.0, until - time.monotonic())
        return releases.name_history(package, name, argument=argument, python=python, limit=min(releases.LIMIT, left))

    return ask


def without_told(groups: Iterable[Iterable[Finding]], known: Matrix) -> list[Iterable[Finding]]:
    """Leave out what the link check found where an error of the matrix, known by the same words, tells it already."""
    groups = [list(group) for group in groups]
    floors = {finding.culprit for group in groups for finding in group if finding.code == FLOOR}
    groups = [[one for one in group if one.code != of_native.FLOOR or one.culprit not in floors] for group in groups]
    errors = {f.code: f for group in groups for f in group if f.status is Status.ERROR and not f.suppressed}
    linked = [finding for finding in errors.values() if finding.code in link_.TITLES]
    if not linked or len(linked) == len(errors):
        return [*groups]
    claims = [claim for claim in known.everything() if claim.code in errors and claim.symptoms]
    told = [(set(errors[claim.code].packages), re.compile("|".join(claim.symptoms))) for claim in claims]

    def is_told(finding: Finding) -> bool:
        spoken = {*finding.packages, *finding.culprit}
        return finding.code in link_.TITLES and any(
            words.search(finding.cause) for packages, words in told if packages & spoken
        )

    return [[finding for finding in group if not is_told(finding)] for group in groups]


def _walked(opened: source.Source, read: Sequence[Program], begin: Sequence[starts.Start]) -> Walked:
    hooks = opened.world.hooks
    made = [name for name in hooks.registered if opened.world.find(name) is None]
    walk = Walk(opened.world, hooked=hooks.unseen, registered=made)
    for program in read:
        walk.program(program.module)
    for start in begin:
        walk.package(start.module)
    if read:
        walk.uncalled()
    return walk.outcome()


def _alike(uses: Sequence[str], known: Matrix, opened: source.Source) -> tuple[str, ...]:
    """Give the names by which the matrix knows what a program uses by another."""
    answers = Answers(opened.world)
    tops = {name.partition(".")[0] for name in uses}
    asked = {name for claim in known.everything() for name in claim.uses if name.partition(".")[0] in tops}
    mine = {answers.origin(name) for name in uses}
    return tuple(sorted(name for name in asked if name not in uses and answers.origin(name) in mine))


def _brings(walked: Walked, known: Matrix) -> dict[str, Sequence[str]]:
    """Give who brings the modules that are missing; those of some standard library are marked."""
    tops = {gap.module.split(".")[0] for gap in walked.gaps}
    standard = {f"python {top}": ("python",) for top in tops if top in sys.stdlib_module_names}
    return {**known.modules(tops), **standard}


def _gone(walked: Walked, facts: Facts, known: Matrix) -> dict[str, Claim]:
    """Give the claims that settle what could not be told: the name is missing in the release that is there."""
    names = {gap.dotted for gap in (*walked.unsure, *walked.gaps)}
    claims = known.concerning({*facts.by_name, "python"}, names)
    return {claim.uses[0]: claim for claim in claims if claim.package and isinstance(judge(claim, facts), Broken)}
