"""What a log tells: its lines, the mechanisms that may stand behind them, the causes found, the diagnosis."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envdoctor.model.claims import Fix
    from envdoctor.model.facts import Fact
    from envdoctor.model.findings import Source

ENVIRONMENT, NOT_ENVIRONMENT, UNKNOWN, HARMLESS = "environment", "not-environment", "unknown", "harmless"
CONFIRMED, REFUTED, OPEN = "confirmed", "refuted", "open"


class Line(NamedTuple):
    """A line of a log as it was written, its number counted from one, and the file it stands in if there are several.

    `stream` is the rank, pod or worker that wrote it; it is known once the prefixes are taken off.
    """

    number: int
    text: str
    file: str = ""
    stream: str = ""


class Log(NamedTuple):
    """What was kept of a log: the lines that may matter, in order, and how many it has in all."""

    name: str
    lines: tuple[Line, ...]
    total: int


class Mechanism(NamedTuple):
    """A way in which jobs die, told by the words of the log: `says` whether it is the environment, or harmless.

    A group of a pattern is a placeholder of the texts. `needs`: the placeholders that must lead to a component.
    `near`: it is only meant where the log speaks of one of these. `weight`: 0 a last resort, 1 a consequence,
    2 a cause, 4 decisive. `shown`: the sets of components that it is at work in; facts that hold one of them confirm
    it, facts that can hold none refute it.
    """

    code: str
    title: str
    says: str
    patterns: tuple[str, ...]
    cause: str
    source: str
    checked: str
    evidence: str
    kind: str = ""
    packages: tuple[str, ...] = ()
    fixes: tuple[Fix, ...] = ()
    needs: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    shown: tuple[Mapping[str, str], ...] = ()
    weight: int = 2


class Origins(NamedTuple):
    """Where names come from: modules, libraries and symbols (by their beginnings), words and classes to components.

    `since`: the release in which a symbol appeared. `everyday`: components whose names are also everyday words.
    """

    modules: Mapping[str, tuple[str, ...]]
    libraries: Mapping[str, str] = {}
    symbols: Mapping[str, str] = {}
    since: Mapping[str, str] = {}
    words: Mapping[str, str] = {}
    classes: Mapping[str, str] = {}
    everyday: frozenset[str] = frozenset()


class Lack(NamedTuple):
    """A public name that a log says a package does not have, or an argument of it, and who asks for it."""

    package: str
    name: str
    argument: str = ""
    asker: str = ""


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause of a failure, most likely culprit first; `state` is what the facts say of it.

    `lack` is what the releases of a package can be asked for, `shown` what facts have to hold for it to be true.
    """

    code: str
    says: str
    kind: str
    title: str
    cause: str
    packages: tuple[str, ...] = ()
    confidence: str = "medium"
    state: str = OPEN
    lines: tuple[Line, ...] = ()
    facts: tuple[Fact, ...] = ()
    fixes: tuple[Fix, ...] = ()
    source: Source | None = None
    lack: Lack | None = None
    shown: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The outcome: the verdict, at most three causes, best first, and what would decide what is open.

    `failure` is the first line that says what has failed, where no cause is known.
    """

    verdict: str
    causes: tuple[Cause, ...] = ()
    decide: tuple[str, ...] = ()
    logs: Mapping[str, int] = field(default_factory=dict)
    target: str = ""
    failure: Line | None = None
