"""What is judged, and what comes of it: a case, its findings, the cure, the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from envdoctor.model.claims import Claim, Fix
    from envdoctor.model.facts import Fact, Facts, Target
    from envdoctor.model.recipe import Recipe
    from envdoctor.model.terms import Place, Status


class Source(NamedTuple):
    """Where a judgement comes from: a page or log, the date it was checked, and its grade."""

    url: str
    checked: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A judged problem with its cause, evidence and fixes."""

    code: str
    status: Status
    kind: str
    title: str
    cause: str = ""
    culprit: tuple[str, ...] = ()
    evidence: tuple[Fact, ...] = ()
    place: Place | None = None
    machine: str | None = None
    fixes: tuple[Fix, ...] = ()
    source: Source | None = None
    suppressed: str | None = None

    @property
    def packages(self) -> tuple[str, ...]:
        """Give the components of the evidence, at most six."""
        return tuple(dict.fromkeys(fact.name for fact in self.evidence))[:6]


class Held(NamedTuple):
    """A judgement that held, or a number of them."""

    code: str
    what: str
    number: int = 1


class Waits(NamedTuple):
    """A judgement that waits for a fact which was not seen."""

    code: str
    fact: Fact


class Case(NamedTuple):
    """What the checks judge: a recipe, the facts of a target, and what of the matrix may concern the two.

    `modules` names the distributions that bring each module which the recipe uses, as far as they are known.
    """

    recipe: Recipe
    facts: Facts
    claims: tuple[Claim, ...] = ()
    modules: Mapping[str, Sequence[str]] = {}


class Edit(NamedTuple):
    """A line of the subject's file: what it asks for, and what it should; `was` is empty where a line is added."""

    file: str
    line: int
    was: str
    now: str


class Cure(NamedTuple):
    """The one change that ends every error, and the codes of those it ends and leaves.

    `edits`: the same as lines of the subject's file, where nothing is installed yet.
    """

    fix: Fix
    cures: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a check: findings, worst and first cause first, and the judgements that held.

    `fails`: the statuses of which one finding that is not suppressed makes the whole fail.
    """

    recipe: Recipe
    target: Target
    fingerprint: str
    findings: tuple[Finding, ...] = ()
    held: tuple[Held, ...] = ()
    exit_code: int = 0
    cure: Cure | None = None
    verify: str = ""
    fails: tuple[str, ...] = ("error",)

    @property
    def ok(self) -> int:
        """Count the judgements that held."""
        return sum(one.number for one in self.held)
