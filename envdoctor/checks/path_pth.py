"""Does a folder that a `.pth` file or start-up code adds hide installed packages?

A line of a `.pth` file in a site folder adds a folder to the search path of every program. It stands behind the site
folder that holds the file, and before those that come later: the system's packages under an environment, for example.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.checks import check, shadows
from envdoctor.model import Fix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case

CODE = "PATH004"


@check(CODE, "a folder that a .pth file adds hides installed packages")
def added(case: Case) -> Iterator[Outcome]:
    """Tell what each such file hides."""
    for origin in dict.fromkeys(trace.via for trace in case.facts.traced("hides")):
        if origin.endswith(".pth") or origin == "start-up code":
            hiding = shadows.of_origin(case, lambda via, origin=origin: via == origin)  # type: ignore[misc]
            fix = Fix(note=f"remove the folder from `{origin}`")
            why = f"`{origin}` adds the folder to the search path"
            culprit = tuple(trace.name for trace in hiding[:2])
            yield from shadows.findings(case, CODE, f"`{origin}`", hiding, culprit=culprit, fix=fix, why=why)
