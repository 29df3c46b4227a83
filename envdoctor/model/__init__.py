"""The nouns of envdoctor: frozen data without behaviour of its own, and no I/O; the small ones are named tuples.

recipe → facts → claims → case → findings → report. Versions are text here; `cells` compares them.
"""

from envdoctor.model.claims import Claim, Fix, Row
from envdoctor.model.facts import Distribution, Fact, Facts, Requirement, Target, Unseen
from envdoctor.model.findings import Case, Cure, Finding, Held, Report, Source, Waits
from envdoctor.model.recipe import Ignore, Listed, Recipe, Wish
from envdoctor.model.terms import HOST_COMPONENTS, Place, State, Status, is_host
from envdoctor.model.verification import Outcome, Role, Verification

__all__ = [
    "HOST_COMPONENTS",
    "Case",
    "Claim",
    "Cure",
    "Distribution",
    "Fact",
    "Facts",
    "Finding",
    "Fix",
    "Held",
    "Ignore",
    "Listed",
    "Outcome",
    "Place",
    "Recipe",
    "Report",
    "Requirement",
    "Role",
    "Row",
    "Source",
    "State",
    "Status",
    "Target",
    "Unseen",
    "Verification",
    "Waits",
    "Wish",
    "is_host",
]
