"""The nouns of envdoctor: frozen data without behaviour of its own, and no I/O; the small ones are named tuples.

recipe → facts → claims → case → findings → report. Versions are text here; `cells` compares them.
"""

from envdoctor.model.claims import Claim, Fix, Row
from envdoctor.model.diagnosis import (
    CONFIRMED,
    ENVIRONMENT,
    HARMLESS,
    NOT_ENVIRONMENT,
    OPEN,
    REFUTED,
    UNKNOWN,
    Cause,
    Diagnosis,
    Line,
    Log,
    Mechanism,
    Origins,
)
from envdoctor.model.facts import Distribution, Fact, Facts, Machine, Requirement, Target, Unseen
from envdoctor.model.findings import Case, Cure, Edit, Finding, Held, Report, Source, Waits
from envdoctor.model.locks import Change, Ruling, Written
from envdoctor.model.recipe import Ignore, Listed, Locking, Recipe, Wish
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
    is_of_files,
)
from envdoctor.model.traces import Folder, Trace
from envdoctor.model.verification import Outcome, Role, Verification

__all__ = [
    "CONFIRMED",
    "ENVIRONMENT",
    "HARMLESS",
    "HOST_COMPONENTS",
    "HOST_FAMILIES",
    "NOT_ENVIRONMENT",
    "OF_A_BUILD",
    "OPEN",
    "REFUTED",
    "UNKNOWN",
    "Attempt",
    "Case",
    "Cause",
    "Change",
    "Claim",
    "Cure",
    "Diagnosis",
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
    "Line",
    "Listed",
    "Locking",
    "Log",
    "Machine",
    "Mechanism",
    "Origins",
    "Outcome",
    "Place",
    "Ran",
    "Recipe",
    "Report",
    "Requirement",
    "Role",
    "Row",
    "Ruling",
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
    "Written",
    "can_be_given",
    "is_host",
    "is_of_computer",
    "is_of_files",
]
