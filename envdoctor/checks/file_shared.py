"""Do two distributions own the same file with different content?

They were not made to live together: the one installed last overwrote the files of the other, and removing either takes
files from the one that stays. Where each has won some of them the package is a mixture that was never tested.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.checks import check
from envdoctor.model import Fact, Finding, Fix, Held, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case, Trace

CODE = "FILE007"


@check(CODE, "two distributions own the same files")
def shared(case: Case) -> Iterator[Outcome]:
    """Tell for each group of distributions who won."""
    found = tuple(case.facts.traced("file disputed"))
    yield from (_finding(trace, case) for trace in found)
    if case.facts.looked and not found:
        yield Held(CODE, "no two distributions own a file with different content")


def _finding(trace: Trace, case: Case) -> Finding:
    owners = (trace.name, *trace.others)
    mixed = 0 < trace.number < trace.of and len(trace.others) > 0 and not trace.said.endswith(" 0")
    seen = [case.facts.get(name) for name in owners]
    whose = f"all are {trace.name}'s" if trace.number == trace.of else f"the disk holds those of: {trace.said}"
    return Finding(
        code=CODE,
        status=Status.ERROR if mixed else Status.WARNING,
        kind="mixed-install",
        title=f"{' and '.join(owners)} own {trace.of} file{'s' if trace.of > 1 else ''} with different content",
        cause=f"{whose}; the one installed last overwrites the other, and removing one breaks the other",
        culprit=owners,
        evidence=(*seen, *(Fact(trace.name, trace.said, path) for path in trace.paths)),
        fixes=(Fix(note=f"uninstall {' and '.join(owners)}, then install the one that is needed"),),
    )
