"""What came of trying a claim for real."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Role(StrEnum):
    """What a trial is of: a set that has to work, one that has to fail, a fix."""

    GOOD = "good"
    BAD = "bad"
    FIX = "fix"


class Outcome(NamedTuple):
    """What came of one trial. `held`: None if it could not be tried; `told` says why, or what happened instead.

    `python` and `versions` are what was installed; `ran`: a program ran in it, it was not only solved.
    """

    role: Role
    held: bool | None
    told: str = ""
    python: str = ""
    versions: Mapping[str, str] = {}
    ran: bool = False


class Verification(NamedTuple):
    """What came of all trials of the claims of one code, on which day and platform."""

    code: str
    checked: str
    platform: str
    outcomes: Sequence[Outcome]

    @property
    def refuted(self) -> bool:
        """Say whether an outcome contradicts the claim."""
        return any(outcome.held is False for outcome in self.outcomes)

    @property
    def tried(self) -> bool:
        """Say whether anything could be tried."""
        return any(outcome.held is not None for outcome in self.outcomes)

    @property
    def executed(self) -> bool:
        """Say whether a good and a bad set really ran as the claim says, and nothing contradicts it."""
        roles = {outcome.role for outcome in self.outcomes if outcome.ran and outcome.held}
        return {Role.GOOD, Role.BAD} <= roles and not self.refuted
