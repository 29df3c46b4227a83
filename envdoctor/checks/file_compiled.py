"""Can this Python load the extension modules of every distribution?

An extension module is built for one Python, one processor and one system, and its file name says which. A folder that
was copied from another environment, `--target` with another Python, or a Python that was replaced leaves modules that
this one does not even see: the import says that there is no such module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.checks import check, extensions
from envdoctor.model import Fact, Finding, Fix, Held, State, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case, Distribution, Facts

CODE = "FILE008"


@check(CODE, "the extension modules of a distribution are for another Python or system")
def compiled(case: Case) -> Iterator[Outcome]:
    """Compare the tags of what each distribution holds with the target."""
    asking = [dist for dist in case.facts.by_name.values() if dist.compiled]
    if not asking:
        return
    python = case.facts.need("python")
    foreign = [dist for dist in asking if not extensions.fit(dist, case.facts)]
    yield Held(CODE, "distributions hold extension modules for this Python", len(asking) - len(foreign))
    yield from (_finding(dist, python, case.facts) for dist in foreign)


def _finding(dist: Distribution, python: Fact, facts: Facts) -> Finding:
    tags = ", ".join(tag.removesuffix(".so").removesuffix(".pyd") for tag in dist.compiled[:3])
    arch = facts.get("arch")
    minor = "".join(python.value.split(".")[:2])
    elsewhere = arch.state is State.KNOWN and any(minor in tag for tag in dist.compiled)
    here = f"Python {python.value}" + (f" on {arch.value}" if elsewhere else "")
    return Finding(
        code=CODE,
        status=Status.ERROR,
        kind="corrupt",
        title=f"{dist.name} {dist.version} is built for {tags}, this is {here}",
        cause="no extension module of it can be loaded here: they are not even looked at",
        culprit=(dist.name,),
        evidence=(Fact(dist.name, dist.version, dist.folder or dist.location), python),
        fixes=(Fix(reinstall=(dist.name,)),),
    )
