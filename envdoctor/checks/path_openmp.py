"""Do two different OpenMP runtimes come together in one process?

Intel's libiomp5 and LLVM's libomp are one code under two names: the second that is loaded ends the program with "OMP:
Error #15", or hangs it. Several copies of GNU's libgomp, as every wheel brings its own, do no harm.
https://github.com/joblib/threadpoolctl/blob/master/multiple_openmp.md
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.checks import check
from envdoctor.model import Fact, Finding, Fix, Source, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case, Trace

CODE = "PATH010"
_SOURCE = Source("https://github.com/joblib/threadpoolctl/blob/master/multiple_openmp.md", "2026-11-26", "documented")


@check(CODE, "two OpenMP runtimes that do not bear each other are installed")
def runtimes(case: Case) -> Iterator[Outcome]:
    """Tell of Intel's and LLVM's runtime in one environment."""
    by_runtime: dict[str, Trace] = {}
    for trace in case.facts.traced("openmp"):
        by_runtime.setdefault(trace.said, trace)
    both = [by_runtime[name] for name in ("libiomp5", "libomp") if name in by_runtime]
    if len(both) < 2:
        return
    yield Finding(
        code=CODE,
        status=Status.WARNING,
        kind="mixed-install",
        title=f"two OpenMP runtimes: {' and '.join(f'{one.said} of {one.name}' for one in both)}",
        cause="where a program loads both, the second ends it with `OMP: Error #15`, or hangs it",
        culprit=tuple(one.name for one in both),
        evidence=tuple(Fact(one.name, one.said, one.paths[0]) for one in both),
        fixes=(Fix(note="install the two from one source, so that they share a runtime"),),
        source=_SOURCE,
    )
