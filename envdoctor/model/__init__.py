"""The nouns of envdoctor: frozen data without behaviour of its own, and no I/O; the small ones are named tuples.

recipe → facts → claims → case → findings → report. Versions are text here; `cells` compares them.
"""

from envdoctor.model.claims import Claim, Fix, Row
from envdoctor.model.facts import Distribution, Fact, Facts, Machine, Requirement, Target, Unseen
from envdoctor.model.findings import Case, Cure, Edit, Finding, Held, Report, Source, Waits
from envdoctor.model.recipe import Ignore, Listed, Recipe, Wish
from envdoctor.model.smoke import Attempt, Figure, Got, Ran, Wanted
from envdoctor.model.terms import (
    HOST_COMPONENTS,
    HOST_FAMILIES,
    OF_A_BUILD,
    Place,
    State,
    Status,
    can_be_given,
    is_host,
    is_of_computer,
)
from envdoctor.model.traces import Folder, Trace
from envdoctor.model.verification import Outcome, Role, Verification

__all__ = [
    "HOST_COMPONENTS",
    "HOST_FAMILIES",
    "OF_A_BUILD",
    "Attempt",
    "Case",
    "Claim",
    "Cure",
    "Distribution",
    "Edit",
    "Fact",
    "Facts",
    "Figure",
    "Finding",
    "Fix",
    "Folder",
    "Got",
    "Held",
    "Ignore",
    "Listed",
    "Machine",
    "Outcome",
    "Place",
    "Ran",
    "Recipe",
    "Report",
    "Requirement",
    "Role",
    "Row",
    "Source",
    "State",
    "Status",
    "Target",
    "Trace",
    "Unseen",
    "Verification",
    "Waits",
    "Wanted",
    "Wish",
    "can_be_given",
    "is_host",
    "is_of_computer",
]
