"""Do the environment's scripts start its own Python?

The first line of a script names its interpreter by its full path. When an environment is moved, copied or built into
an image at another place, that Python is gone or another one: the command fails with "No such file or directory", which
speaks of the script and means the interpreter, or it runs with other packages than these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.checks import check
from envdoctor.model import Fact, Finding, Fix, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case, Trace

GONE, ELSEWHERE = "FILE010", "FILE013"


@check(GONE, "scripts name an interpreter that is gone")
@check(ELSEWHERE, "scripts start another environment's Python")
def scripts(case: Case) -> Iterator[Outcome]:
    """Tell each wrong interpreter once, with the scripts that name it."""
    yield from (_finding(trace) for trace in case.facts.traced("script gone", "script elsewhere"))


def _finding(trace: Trace) -> Finding:
    names = ", ".join(f"`{path.rpartition('/')[2]}`" for path in trace.paths)
    more = f" and {trace.number - len(trace.paths)} more" if trace.number > len(trace.paths) else ""
    gone = trace.what == "script gone"
    owners = (trace.name, *trace.others)
    return Finding(
        code=GONE if gone else ELSEWHERE,
        status=Status.ERROR if gone else Status.WARNING,
        kind="corrupt" if gone else "shadow",
        title=f"{names}{more} start{'' if trace.number > 1 else 's'} {trace.said}, which is "
        + ("gone" if gone else "another environment's Python"),
        cause="the environment was moved or copied; a script names its interpreter by the full path",
        culprit=("venv", *owners[:2]),
        evidence=tuple(Fact(trace.name, trace.said, path) for path in trace.paths),
        fixes=(Fix(reinstall=owners, note="or make the environment anew where it is needed"),),
    )
