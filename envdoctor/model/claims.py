"""What is known: claims of the matrix, and the fixes that they offer."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envdoctor.model.terms import Place, Status


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


class Row(NamedTuple):
    """One way to be right: where `when` holds, `needs` must hold if there, `requires` must be there and hold."""

    when: Mapping[str, str]
    needs: Mapping[str, str]
    requires: Mapping[str, str]


class Claim(NamedTuple):
    """One piece of knowledge: a rule (one row) or a table (a row a release), with its source, date and own test.

    `silent`: nothing is said of it unless one of the names in `uses` is used. `package`: the claim says in which of its
    releases one public name is missing. `probe` is the program that succeeds in a good set and fails in a bad one.
    """

    code: str
    title: str
    severity: Status
    rows: tuple[Row, ...]
    cause: str
    source: str
    checked: str
    evidence: str
    when: Mapping[str, str] = MappingProxyType({})
    key: str = ""
    known: str = ""
    columns: Mapping[str, Status] = MappingProxyType({})
    kind: str = ""
    culprit: tuple[str, ...] = ()
    fixes: tuple[Fix, ...] = ()
    refuted: tuple[tuple[str, str], ...] = ()
    symptoms: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    silent: bool = False
    package: str = ""
    bad: tuple[Mapping[str, str], ...] = ()
    good: tuple[Mapping[str, str], ...] = ()
    probe: str = ""
    place: Place | None = None
