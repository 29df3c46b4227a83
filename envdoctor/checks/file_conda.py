"""Did pip replace or remove a package that conda believes it has?

conda keeps its own record of what it installed. pip does not know it: an upgrade over a package of conda leaves the old
record, and the next `conda install` puts parts of the old package over the new one, or trusts a version that is not
there. Which of the two shall own the package has to be settled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.checks import check
from envdoctor.model import Fact, Finding, Fix, Held, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case, Trace

REPLACED = "FILE014"


@check(REPLACED, "pip replaced or removed a package of conda")
def replaced(case: Case) -> Iterator[Outcome]:
    """Name each package of which conda's record is no longer true."""
    found = tuple(case.facts.traced("conda replaced", "conda removed"))
    yield from (_finding(trace) for trace in found)
    if case.facts.looked and "conda:python" in case.facts.facts and not found:
        yield Held(REPLACED, "what conda records is there")


def _finding(trace: Trace) -> Finding:
    now = f"{trace.others[0]} is there" if trace.others else "it is gone"
    again = f"conda install --force-reinstall {trace.via}"
    return Finding(
        code=REPLACED,
        status=Status.WARNING,
        kind="mixed-install",
        title=f"conda records {trace.name} {trace.said}, but {now}",
        cause="pip changed it behind conda's back; the next transaction of conda mixes the two",
        culprit=(trace.name,),
        evidence=(Fact(trace.name, trace.others[0] if trace.others else trace.said, trace.paths[0]),),
        fixes=(
            Fix(note=f"`{again}` makes conda's record true again, `conda remove --force {trace.via}` leaves it to pip"),
        ),
    )
