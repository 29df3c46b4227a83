"""Does an environment take packages from the system's Python under it?

A virtual environment that was made with `--system-site-packages` reads the folders of the Python below it too. What it
does not have itself comes from there: it is not in its `pip freeze --local`, and an upgrade of the system changes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.checks import check
from envdoctor.model import Finding, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case

CODE = "PATH007"
_NAMED = 5


@check(CODE, "packages come from the system's Python under the environment")
def system_packages(case: Case) -> Iterator[Outcome]:
    """Name the packages that a virtual environment takes from outside."""
    outside = {folder.path for folder in case.facts.search if folder.origin == "system packages"}
    taken = sorted(dist.name for dist in case.facts.by_name.values() if dist.location in outside)
    if not taken:
        return
    more = f" and {len(taken) - _NAMED} more" if len(taken) > _NAMED else ""
    yield Finding(
        code=CODE,
        status=Status.INFO,
        kind="shadow",
        title=f"{len(taken)} packages come from the system's Python: {', '.join(taken[:_NAMED])}{more}",
        cause="the environment was made with `--system-site-packages`; what it lacks is taken from there",
        evidence=tuple(case.facts.get(name) for name in taken[:_NAMED]),
    )
