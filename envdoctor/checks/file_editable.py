"""Is the folder of every editable install still there?

An editable install (`pip install -e`) leaves the code where it is and only notes the place. When the folder is moved,
renamed or not mounted, every installer still lists the package, and importing it fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.checks import check
from envdoctor.model import Fact, Finding, Fix, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case

CODE = "FILE009"


@check(CODE, "the folder of an editable install is gone")
def editable(case: Case) -> Iterator[Outcome]:
    """Name each editable install whose folder is gone."""
    for trace in case.facts.traced("folder gone"):
        (place,) = trace.paths
        yield Finding(
            code=CODE,
            status=Status.ERROR,
            kind="shadow",
            title=f"{trace.name} is installed from {place}, which is gone",
            cause="an editable install holds no code, only the place of it; importing it fails",
            culprit=(trace.name,),
            evidence=(Fact(trace.name, trace.said, place),),
            fixes=(Fix(note=f"bring the folder back, or install {trace.name} from where it is now (`-e FOLDER`)"),),
        )
