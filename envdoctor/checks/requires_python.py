"""Does every installed distribution say that it runs on this Python?

Requires-Python has two bounds. An installer keeps to both, but a copied folder, a forced install or a Python that was
replaced under a prefix does not. It is a warning: many packages run a little beyond what they declare.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor import cells
from envdoctor.checks import check
from envdoctor.model import Fact, Finding, Fix, Held, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case, Distribution

CODE = "REQ003"


@check(CODE, "a distribution declares another Python")
def requires_python(case: Case) -> Iterator[Outcome]:
    """Compare each Requires-Python with the target's version."""
    asking = [dist for dist in case.facts.by_name.values() if dist.requires_python]
    if not asking:
        return
    python = case.facts.need("python")
    others = [dist for dist in asking if not _allows(dist.requires_python, python.value)]
    yield Held(CODE, "distributions declare this Python", len(asking) - len(others))
    yield from (_finding(dist, python) for dist in others)


def _allows(declared: str, python: str) -> bool:
    try:
        return cells.contains(declared, python)
    except ValueError:
        return True  # a range that no installer reads today excludes nothing


def _finding(dist: Distribution, python: Fact) -> Finding:
    seen = Fact(dist.name, dist.version, dist.folder or dist.location)
    return Finding(
        code=CODE,
        status=Status.WARNING,
        kind="python-version",
        title=f"{dist.name} {dist.version} declares Python {dist.requires_python}, this is {python.value}",
        cause="pip would not choose this release for this Python (uv keeps to the lower bound alone)",
        culprit=(dist.name, "python"),
        evidence=(seen, python),
        fixes=(Fix(python=dist.requires_python),),
    )
