"""The nouns of envdoctor: frozen data without behaviour of its own, and no I/O; the small ones are named tuples.

recipe → facts → claims → case → findings → report. Versions are text here; `cells` compares them.
"""

from envdoctor.model.claims import Claim, Fix, Row
from envdoctor.model.facts import Distribution, Fact, Facts, Machine, Requirement, Target, Unseen
from envdoctor.model.findings import Case, Cure, Edit, Finding, Held, Report, Source, Waits
from envdoctor.model.recipe import Ignore, Listed, Locking, Recipe, Wish
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
    normalised,
)
from envdoctor.model.traces import Folder, Trace

__all__ = [
    "HOST_COMPONENTS",
    "HOST_FAMILIES",
    "OF_A_BUILD",
    "Case",
    "Claim",
    "Cure",
    "Distribution",
    "Edit",
    "Fact",
    "Facts",
    "Finding",
    "Fix",
    "Folder",
    "Held",
    "Ignore",
    "Listed",
    "Locking",
    "Machine",
    "Place",
    "Recipe",
    "Report",
    "Requirement",
    "Row",
    "Source",
    "State",
    "Status",
    "Target",
    "Trace",
    "Unseen",
    "Waits",
    "Wish",
    "can_be_given",
    "is_host",
    "is_of_computer",
    "is_of_files",
    "normalised",
]
