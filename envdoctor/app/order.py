"""Put findings in the order in which a person should read them: the worst first, root causes before consequences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.model import Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envdoctor.model import Finding

_RANK = {Status.ERROR: 0, Status.WARNING: 1, Status.UNKNOWN: 2, Status.INFO: 3}
_ROOTS = {"missing-package": 0, "python-version": 0, "corrupt": 0, "mixed-install": 0}


def sorted_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Give findings worst first; among equals a package that is missing or broken before what follows from it."""
    return sorted(findings, key=lambda f: (bool(f.suppressed), _RANK[f.status], _ROOTS.get(f.kind, 1), f.code, f.title))
