"""The nouns of envdoctor: frozen data without behaviour of its own, and no I/O.

recipe → facts → claims → case → findings → report. Versions are text here; `cells` compares them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

HOST_COMPONENTS = frozenset(
    "python implementation os arch glibc libstdcxx container driver cudnn nccl nvjitlink gcc accelerator".split()
)


def is_host(component: str) -> bool:
    """Say whether a component is a fact of the host or of a variable, not a distribution."""
    return component in HOST_COMPONENTS or "." in component


class Status(StrEnum):
    """How bad a finding is; `unknown` means that it could not be judged."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    UNKNOWN = "unknown"


class State(Enum):
    """What is known of a fact: its value, that it is not there, or nothing."""

    KNOWN = "known"
    ABSENT = "absent"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a file, counted from one."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Fact:
    """One observed value and where it was read; for an unseen one `source` is the reason.

    `all` holds one value a device, in CUDA order, where there are several; `value` is then the least capable.
    """

    name: str
    value: str = ""
    source: str = ""
    all: tuple[str, ...] = ()
    state: State = State.KNOWN


class Requirement(NamedTuple):
    """A Requires-Dist line, taken apart; the name is normalised, the rest is as written."""

    name: str
    extras: tuple[str, ...] = ()
    specifier: str = ""
    marker: str = ""


@dataclass(frozen=True, slots=True)
class Distribution:
    """An installed distribution as its folder or a list names it.

    `name` is normalised. `headers` says whether its metadata was read, `fault` why it could not be.
    """

    name: str
    version: str
    location: str = ""
    installer: str = ""
    build: str = ""
    folder: str = ""
    headers: bool = False
    requires: tuple[Requirement, ...] = ()
    requires_python: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """What is judged. `kind` is interpreter, prefix, snapshot or list."""

    kind: str
    path: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that was seen of a target.

    `missing` gives the reason why a fact is unseen. `listed`: the distributions are all there are, so one that is not
    among them is absent. `host`: the host facts are the target's own, `False` for facts about no computer at all.
    """

    target: Target
    facts: Mapping[str, Fact] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    distributions: tuple[Distribution, ...] = ()
    listed: bool = True
    taken: str = ""
    leftovers: tuple[str, ...] = ()
    by_name: Mapping[str, Distribution] = field(default_factory=dict)

    def get(self, name: str) -> Fact:
        """Give the fact of a component: known, known absent or unseen."""
        if name in self.facts:
            return self.facts[name]
        found = self.by_name.get(name)
        if found is not None:
            return Fact(name, found.version, found.folder or found.location or self.target.path)
        if name in self.missing:
            return Fact(name, source=self.missing[name], state=State.UNSEEN)
        if name.startswith("env."):
            return Fact(name, source="not set", state=State.ABSENT)
        if is_host(name) or not self.listed:
            return Fact(name, source="nothing says what it is here", state=State.UNSEEN)
        return Fact(name, source=f"not installed in {self.target.path}", state=State.ABSENT)

    def need(self, name: str) -> Fact:
        """Give a fact that a check cannot do without; raise Unseen if it was not seen."""
        fact = self.get(name)
        if fact.state is State.UNSEEN:
            raise Unseen(fact)
        return fact


class Unseen(Exception):
    """A check needs a fact that was not seen; the runner makes it an `unknown` finding."""

    def __init__(self, fact: Fact) -> None:
        super().__init__(fact.name)
        self.fact = fact


@dataclass(frozen=True, slots=True)
class Wish:
    """What a recipe asks of one package or host component."""

    name: str
    specifier: str = ""
    extras: tuple[str, ...] = ()
    marker: str = ""
    place: Place | None = None
    optional: bool = False
    reason: str = ""
    unmapped: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry of a requirements, freeze or environment file: what is asked for (or is there), and where it stands.

    `name` is normalised. `url` is what a direct reference, an editable line or a local path points to; such an entry
    may have no name. `constraint` comes from a `-c` file: it bounds a package but does not ask for it. `channel` and
    `build` are conda's.
    """

    name: str
    specifier: str = ""
    extras: tuple[str, ...] = ()
    marker: str = ""
    url: str = ""
    editable: bool = False
    constraint: bool = False
    conda: bool = False
    channel: str = ""
    build: str = ""
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Ignore:
    """A finding that the recipe's owner has accepted, why, and until when (an ISO date, or empty)."""

    code: str
    reason: str
    until: str = ""
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a stack needs. `kind` is recipe, environment or requirements; `none` judges the target alone."""

    name: str = ""
    kind: str = "none"
    path: str = ""
    about: str = ""
    python: Wish | None = None
    packages: tuple[Wish, ...] = ()
    forbidden: tuple[Wish, ...] = ()
    host: tuple[Wish, ...] = ()
    env: tuple[Wish, ...] = ()
    machines: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    uses: tuple[str, ...] = ()
    ignores: tuple[Ignore, ...] = ()

    def wish(self, name: str) -> Wish | None:
        """Give the wish for a package, if there is one."""
        return next((wish for wish in self.packages if wish.name == name), None)


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that cures a finding: pins, variables (None: unset), another Python, a word.

    `gives` is the set that was solved and executed with it. `resolved`: None not asked, True solved for this target
    and judged free of errors, False impossible (`note` says why).
    """

    pins: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str | None] = field(default_factory=dict)
    python: str | None = None
    reinstall: tuple[str, ...] = ()
    split: tuple[str, ...] = ()
    host: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    gives: Mapping[str, str] = field(default_factory=dict)
    command: str = ""
    resolved: bool | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One way to be right: where `when` holds, `needs` must hold if there, `requires` must be there and hold."""

    when: Mapping[str, str] = field(default_factory=dict)
    needs: Mapping[str, str] = field(default_factory=dict)
    requires: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claim:
    """One piece of knowledge: a rule (one row) or a table (a row a release), with its source, date and own test.

    `silent`: nothing is said of it unless one of the names in `uses` is used.
    """

    code: str
    title: str
    severity: Status
    rows: tuple[Row, ...]
    cause: str
    source: str
    checked: str
    evidence: str
    when: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    known: str = ""
    columns: Mapping[str, Status] = field(default_factory=dict)
    kind: str = ""
    culprit: tuple[str, ...] = ()
    fixes: tuple[Fix, ...] = ()
    refuted: tuple[tuple[str, str], ...] = ()
    symptoms: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    silent: bool = False
    bad: tuple[Mapping[str, str], ...] = ()
    good: tuple[Mapping[str, str], ...] = ()
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Source:
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


@dataclass(frozen=True, slots=True)
class Held:
    """A judgement that held."""

    code: str
    what: str


@dataclass(frozen=True, slots=True)
class Waits:
    """A judgement that waits for a fact which was not seen."""

    code: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class Case:
    """What the checks judge: a recipe, the facts of a target, and the claims that may concern it."""

    recipe: Recipe
    facts: Facts
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class Cure:
    """The one change that ends every error, and the codes of those it ends and leaves."""

    fix: Fix
    cures: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a check: findings, worst and first cause first, and how many judgements held."""

    recipe: Recipe
    target: Target
    fingerprint: str
    findings: tuple[Finding, ...] = ()
    held: int = 0
    exit_code: int = 0
    cure: Cure | None = None
    verify: str = ""
