"""Can the metadata of every distribution be read, and does it state a version?

A metadata folder without its METADATA file is what an interrupted removal or a full disk leaves behind. Installers
ignore such a folder or fail on it, and programs that ask for the version of the package fail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor import cells
from envdoctor.checks import check
from envdoctor.model import Fact, Finding, Fix, Held, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case, Distribution

UNREADABLE, INVALID = "FILE002", "FILE003"


@check(UNREADABLE, "the metadata of a distribution cannot be read")
@check(INVALID, "a distribution states no valid version")
def metadata(case: Case) -> Iterator[Outcome]:
    """Look at what was read of each distribution."""
    on_disk = [dist for dist in case.facts.distributions if dist.folder]
    wrong = [_judged(dist) for dist in on_disk if dist.fault or cells.version(dist.version) is None]
    yield Held(UNREADABLE, "distributions state a name and a version", len(on_disk) - len(wrong))
    yield from wrong


def _judged(dist: Distribution) -> Finding:
    what = dist.fault or f"`{dist.version}` is not a version"
    return Finding(
        code=UNREADABLE if dist.fault else INVALID,
        status=Status.ERROR if dist.fault else Status.WARNING,
        kind="corrupt",
        title=f"{dist.name}: {what}",
        cause="installers and programs that ask for its version stumble over it",
        culprit=(dist.name,),
        evidence=(Fact(dist.name, dist.version, dist.folder),),
        fixes=(Fix(reinstall=(dist.name,)),),
    )
