"""Does PYTHONPATH put other code in front of what is installed?

Its folders are read before the standard library and before every environment's own packages, by every Python that the
shell starts. A module system, an old `setup.sh` or a robot's toolkit sets it once and for all, often for another
Python: what is compiled there cannot be loaded, and what is not is the wrong version.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envdoctor.checks import check, shadows
from envdoctor.model import Fact, Finding, Fix, State, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case, Folder

HIDES, OTHER = "PATH002", "PATH003"
_PYTHON = re.compile(r"/python(\d+\.\d+)t?(?:/|$)")
_UNSET = Fix(env={"PYTHONPATH": None})
_CULPRIT = ("env.PYTHONPATH",)


@check(HIDES, "PYTHONPATH hides installed packages")
@check(OTHER, "PYTHONPATH holds packages of another Python")
def pythonpath(case: Case) -> Iterator[Outcome]:
    """Tell what PYTHONPATH hides, and which of its folders belong to another Python."""
    hiding = shadows.of_origin(case, lambda origin: origin == "PYTHONPATH")
    why = "its folders are read before all others"
    yield from shadows.findings(case, HIDES, "PYTHONPATH", hiding, culprit=_CULPRIT, fix=_UNSET, why=why)
    python = case.facts.get("python")
    if python.state is State.KNOWN:
        yield from (_foreign(folder, python) for folder in case.facts.search if _is_foreign(folder, python.value))


def _is_foreign(folder: Folder, python: str) -> bool:
    found = _PYTHON.search(folder.path)
    return folder.origin == "PYTHONPATH" and found is not None and found[1] != ".".join(python.split(".")[:2])


def _foreign(folder: Folder, python: Fact) -> Finding:
    return Finding(
        code=OTHER,
        status=Status.WARNING,
        kind="shadow",
        title=f"PYTHONPATH holds {folder.path}, the packages of another Python",
        cause=f"this is Python {python.value}; extension modules in that folder cannot be loaded by it",
        culprit=_CULPRIT,
        evidence=(Fact("env.PYTHONPATH", folder.path, "environment"), python),
        fixes=(_UNSET,),
    )
