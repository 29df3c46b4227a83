"""Does a package in the user site hide the one installed in the environment?

`pip install --user` writes to a folder that conda and system interpreters of the same minor version read before
their own site-packages. The environment looks right to its installer and wrong to the program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.checks import check, shadows
from envdoctor.model import Fix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case

CODE = "PATH001"


@check(CODE, "a user-site package hides the environment's own")
def hidden_by_user_site(case: Case) -> Iterator[Outcome]:
    """Tell what the user site hides."""
    hiding = shadows.of_origin(case, lambda origin: origin == "user site")
    fix = Fix(env={"PYTHONNOUSERSITE": "1"}, note="or uninstall them from the user site")
    culprit = tuple(trace.name for trace in hiding[:2])
    why = "the user site is read before the environment's own packages"
    yield from shadows.findings(case, CODE, "the user site", hiding, culprit=culprit, fix=fix, why=why)
