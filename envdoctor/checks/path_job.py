"""Does a file in the job's folder bear the name of a package or of a standard module?

Python looks into the folder of the program first. A script that somebody called `torch.py` or `random.py`, or one that
was left by a trial, is imported in place of the real thing: by the program, and by every library that it loads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.checks import check
from envdoctor.model import Fact, Finding, Fix, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case, Trace

PACKAGE, STANDARD = "PATH005", "PATH006"
_JOB = "the job's folder"


@check(PACKAGE, "a file in the job's folder is named like an installed package")
@check(STANDARD, "a file in front of the standard library is named like one of its modules")
def job(case: Case) -> Iterator[Outcome]:
    """Tell each file that poses as something else."""
    for trace in case.facts.traced("hides"):
        if trace.via == _JOB:
            yield _package(trace, case)
    yield from (_standard(trace) for trace in case.facts.traced("hides standard"))


def _package(trace: Trace, case: Case) -> Finding:
    path, module = trace.paths[0], trace.others[1]
    wish = case.recipe.wish(trace.name)
    wished = wish is not None and not wish.optional
    folder = path.endswith("/__init__.py")  # as a rule a checkout of the package itself, and meant
    return Finding(
        code=PACKAGE,
        status={2: Status.ERROR, 1: Status.WARNING, 0: Status.INFO}[wished + (not folder)],
        kind="shadow",
        title=f"{path} hides the installed {trace.name} {trace.others[0]}",
        cause=f"a program in this folder that imports `{module}` gets this file; Python looks here first",
        culprit=(trace.name, module),
        evidence=(Fact(trace.name, trace.said, path),),
        fixes=(Fix(note=f"rename {path}, and remove its __pycache__"),),
    )


def _standard(trace: Trace) -> Finding:
    path = trace.paths[0]
    variable = ("env.PYTHONPATH",) if trace.via == "PYTHONPATH" else ()
    return Finding(
        code=STANDARD,
        status=Status.WARNING,
        kind="shadow",
        title=f"{path} hides `{trace.name}` of the standard library",
        cause=f"{trace.via} comes before the standard library; every library that imports `{trace.name}` gets it",
        culprit=(*variable, trace.name),
        evidence=(Fact(trace.name, source=path),),
        fixes=(Fix(note=f"rename {path}, and remove its __pycache__"),),
    )
