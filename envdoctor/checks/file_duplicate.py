"""Is a distribution installed twice in one folder?

Two versions under one name mean that an installation was interrupted or forced. The files belong to the one that was
written last, and what a program reads as its version is a matter of chance. (Debian writes some metadata in two forms,
.egg-info and .dist-info; of one version that is no fault.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.checks import check
from envdoctor.model import Fact, Finding, Fix, Held, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case, Distribution

CODE = "FILE001"


@check(CODE, "a distribution is installed twice in one folder")
def duplicates(case: Case) -> Iterator[Outcome]:
    """Compare the metadata folders of each location."""
    on_disk = [dist for dist in case.facts.distributions if dist.folder]
    copies: dict[tuple[str, str], list[Distribution]] = {}
    if len({dist.name for dist in on_disk}) < len(on_disk):
        for dist in on_disk:
            copies.setdefault((dist.location, dist.name), []).append(dist)
    for group in copies.values():
        if len({dist.version for dist in group}) > 1 or _of_one_form(group):
            yield _finding(group)
    if on_disk:
        yield Held(CODE, "no folder holds a distribution twice")


def _of_one_form(group: list[Distribution]) -> bool:
    forms = [dist.folder.rpartition(".")[2] for dist in group]
    return len(set(forms)) < len(forms)


def _finding(group: list[Distribution]) -> Finding:
    name = group[0].name
    folders = " and ".join(dist.folder.rpartition("/")[2] for dist in group)
    return Finding(
        code=CODE,
        status=Status.WARNING,
        kind="mixed-install",
        title=f"{name} is installed twice: {folders}",
        cause="one of the two is left over; which one a program reads is a matter of chance",
        culprit=(name,),
        evidence=tuple(Fact(name, dist.version, dist.folder) for dist in group),
        fixes=(Fix(reinstall=(name,), note=f"uninstall {name} until none is left, then install it again"),),
    )
