"""Did an interrupted installation leave folders behind?

pip renames a package to `~ackage` before it replaces it and removes the copy at the end. A copy that is still there
means that pip was stopped half-way: the package that took its place may be incomplete.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.checks import check
from envdoctor.model import Fact, Finding, Fix, Held, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case

CODE = "FILE004"


@check(CODE, "an interrupted installation left folders behind")
def leftovers(case: Case) -> Iterator[Outcome]:
    """Name each folder whose name starts with a tilde."""
    for folder in case.facts.leftovers:
        name = folder.rpartition("/")[2]
        yield Finding(
            code=CODE,
            status=Status.WARNING,
            kind="corrupt",
            title=f"`{name}` is left over from an interrupted installation",
            cause="pip was stopped while it replaced a package; the new copy may be incomplete",
            evidence=(Fact(name, source=folder),),
            fixes=(Fix(note=f"remove {folder}, and install the package again"),),
        )
    if not case.facts.leftovers and case.facts.target.kind in ("interpreter", "prefix"):
        yield Held(CODE, "nothing is left over from an interrupted installation")
