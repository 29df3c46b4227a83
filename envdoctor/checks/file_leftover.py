"""Did an interrupted installation leave something behind?

pip renames a package to `~ackage` before it replaces it and removes the copy at the end. A copy that is still there
means that pip was stopped half-way: the package that took its place may be incomplete. Metadata that pip or uv wrote
without a RECORD is the same on the way in: nothing says which files belong to it, and nobody can remove it. A folder
with nothing but caches in it is what stays after a removal; Python imports it as an empty package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.checks import check
from envdoctor.model import Fact, Finding, Fix, Held, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case, Trace

RENAMED, HALF, HOLLOW = "FILE004", "FILE011", "FILE012"


@check(RENAMED, "an interrupted installation left folders behind")
@check(HALF, "a distribution has no RECORD of its files")
@check(HOLLOW, "an empty folder poses as a package")
def leftovers(case: Case) -> Iterator[Outcome]:
    """Name each remainder."""
    found = tuple(case.facts.traced("leftover", "no record", "hollow"))
    yield from (_finding(trace) for trace in found)
    if case.facts.looked and not found:
        yield Held(RENAMED, "nothing is left over from an interrupted installation")


def _finding(trace: Trace) -> Finding:
    name, (place, *_) = trace.name, trace.paths
    code, title, cause, fix = {
        "leftover": (
            RENAMED,
            f"`{name}` is left over from an interrupted installation",
            "pip was stopped while it replaced a package; the new copy may be incomplete",
            Fix(note=f"remove {place}, and install the package again"),
        ),
        "no record": (
            HALF,
            f"{name} has no RECORD of its files",
            f"{trace.said} writes it last; the installation was stopped, or its record was removed",
            Fix(reinstall=(name,)),
        ),
        "hollow": (
            HOLLOW,
            f"`{name}` is a folder without any code, and imports all the same",
            f"a removal left it; Python takes it for a namespace package, and whoever asks for {name} is told yes",
            Fix(note=f"remove {place}, or install {name}"),
        ),
    }[trace.what]
    return Finding(
        code=code,
        status=Status.WARNING,
        kind="corrupt",
        title=title,
        cause=cause,
        culprit=(name,),
        evidence=(Fact(name, source=place),),
        fixes=(fix,),
    )
