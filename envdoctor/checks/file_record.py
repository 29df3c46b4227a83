"""Are the files of every distribution those that were installed?

RECORD lists them with size and hash. A file that is missing, or shorter than recorded, is what a full disk, a stopped
copy, or the removal of another package that owned the same file leaves: importing it fails, or worse, does not. A file
that grew or has other content was changed by somebody. Tests, headers and texts that are gone (slim images remove
them) are a warning: most programs run without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.checks import check
from envdoctor.model import Fact, Finding, Fix, Held, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case, Trace

BROKEN, CHANGED = "FILE005", "FILE006"
_WORDS = {"missing": "missing", "cut": "shorter than recorded", "grown": "longer than recorded"}
_WORDS |= {"altered": "not the content that was installed"}
_KINDS = tuple(f"{start}{kind}" for start in ("file ", "idle file ") for kind in _WORDS)


@check(BROKEN, "files of a distribution are missing or cut")
@check(CHANGED, "files of a distribution are not those that were installed")
def records(case: Case) -> Iterator[Outcome]:
    """Tell what is wrong with the files of each distribution in one finding."""
    if not case.facts.looked:
        return
    by_name: dict[str, list[Trace]] = {}
    for trace in case.facts.traced(*_KINDS):
        by_name.setdefault(trace.name, []).append(trace)
    yield from (_finding(name, traces) for name, traces in sorted(by_name.items()))
    whole = sum(1 for name in case.facts.by_name if name not in by_name)
    yield Held(BROKEN, "distributions have the files that their RECORD lists", whole)


def _finding(name: str, traces: list[Trace]) -> Finding:
    broken = any(trace.what in ("file missing", "file cut") for trace in traces)
    told = [f"{trace.number} of {trace.of} files {_are(trace)} {_WORDS[trace.what.split()[-1]]}" for trace in traces]
    gone = any(trace.what == "file missing" and trace.number == trace.of for trace in traces)
    return Finding(
        code=BROKEN if broken else CHANGED,
        status=Status.ERROR if broken else Status.WARNING,
        kind="corrupt",
        title=f"{name}: none of its files is there" if gone else f"{name}: {', '.join(told)}",
        cause=_cause(traces, broken),
        culprit=(name,),
        evidence=tuple(Fact(name, trace.what, path) for trace in traces for path in trace.paths),
        fixes=(Fix(reinstall=(name,)),),
    )


def _are(trace: Trace) -> str:
    if trace.what.endswith("altered"):
        return "has" if trace.number == 1 else "have"
    return "is" if trace.number == 1 else "are"


def _cause(traces: list[Trace], broken: bool) -> str:
    first = ", ".join(_short(path) for trace in traces for path in trace.paths[:2])
    if not broken:
        return f"they were changed after the installation: {first}"
    return f"an installation was stopped, or something removed or overwrote what belongs to {traces[0].name}: {first}"


def _short(path: str) -> str:
    """Give a file as people speak of it: a module by its dotted name."""
    below = path.rpartition("-packages/")[2]
    if not below.endswith(".py"):
        return below
    return below.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
