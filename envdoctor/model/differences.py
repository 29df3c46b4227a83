"""What two targets have not in common, and what of it matters."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from envdoctor.model.facts import Target
    from envdoctor.model.findings import Finding

GROUPS = ("packages", "python", "host", "variables", "files")


class Difference(NamedTuple):
    """One component that differs: what it is on either side in words, and the codes of the findings it makes."""

    group: str
    name: str
    one: str
    other: str
    codes: tuple[str, ...] = ()


class Comparison(NamedTuple):
    """Two targets, their differences, and the findings that only one of them has."""

    one: Target
    other: Target
    fingerprints: tuple[str, str]
    differences: tuple[Difference, ...]
    only_one: tuple[Finding, ...]
    only_other: tuple[Finding, ...]
    exit_code: int
