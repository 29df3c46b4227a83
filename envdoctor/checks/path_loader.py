"""Do LD_LIBRARY_PATH and LD_PRELOAD lead the loader to libraries that it cannot load?

The loader takes the first file of the right name. One that is empty, cut, or no library at all ends every program that
needs it (`file too short`, `invalid ELF header`): the right one behind it is not tried. A library of LD_PRELOAD that is
gone is only complained of; one that is there is loaded into every program, which is worth knowing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.checks import check
from envdoctor.model import Fact, Finding, Fix, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case, Trace

BROKEN, PRELOADED = "PATH008", "PATH009"


@check(BROKEN, "LD_LIBRARY_PATH leads to libraries that cannot be loaded")
@check(PRELOADED, "LD_PRELOAD loads a library into every program")
def loader(case: Case) -> Iterator[Outcome]:
    """Tell each library that is broken, gone or preloaded."""
    yield from (_broken(trace) for trace in case.facts.traced("cannot be loaded"))
    for trace in case.facts.traced("preloaded", "path gone"):
        if trace.name == "env.LD_PRELOAD":
            yield _preloaded(trace)


def _broken(trace: Trace) -> Finding:
    more = f" and {trace.number - 1} more" if trace.number > 1 else ""
    return Finding(
        code=BROKEN,
        status=Status.ERROR,
        kind="env-var",
        title=f"LD_LIBRARY_PATH leads to {trace.paths[0]}{more}, which cannot be loaded",
        cause="the file is no library, or a cut one; the loader takes it first, and ends every program that needs it",
        culprit=(trace.name, trace.said),
        evidence=tuple(Fact(trace.name, trace.said, path) for path in trace.paths),
        fixes=(Fix(env={"LD_LIBRARY_PATH": None}, note="or remove the file"),),
    )


def _preloaded(trace: Trace) -> Finding:
    gone = trace.what == "path gone"
    cause = "the loader complains at every start and goes on without" if gone else "every program loads it first"
    return Finding(
        code=PRELOADED,
        status=Status.WARNING if gone else Status.INFO,
        kind="env-var",
        title=f"LD_PRELOAD names {trace.paths[0]}" + (", which is gone" if gone else ""),
        cause=cause,
        culprit=(trace.name,),
        evidence=(Fact(trace.name, trace.paths[0], "environment"),),
        fixes=(Fix(env={"LD_PRELOAD": None}),) if gone else (),
    )
