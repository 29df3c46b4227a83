"""Do settings of pip or uv bend what is installed next?

A constraint, another index or a target folder in a configuration file changes every installation, and is seen in none.
It is no fault; it explains why a pin resolves here and not there. Values are not shown: an index may hold a password.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.checks import check
from envdoctor.model import Fact, Finding, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case, Trace

CODE = "PATH013"


@check(CODE, "settings of an installer bend what it installs")
def settings(case: Case) -> Iterator[Outcome]:
    """Name the settings of each file."""
    by_installer: dict[str, list[Trace]] = {}
    for trace in case.facts.traced("setting"):
        by_installer.setdefault(trace.name, []).append(trace)
    yield from (_finding(name, traces) for name, traces in by_installer.items())


def _finding(name: str, traces: list[Trace]) -> Finding:
    told = "; ".join(f"{', '.join(trace.others)} by {trace.paths[0]}" for trace in traces)
    return Finding(
        code=CODE,
        status=Status.INFO,
        kind="other",
        title=f"{name} is told {told}",
        cause="it holds for every installation here, and for none elsewhere",
        culprit=(name,),
        evidence=tuple(Fact(name, " ".join(trace.others), trace.paths[0]) for trace in traces),
    )
