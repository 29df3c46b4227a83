"""Was every wheel that is linked to torch compiled against the release of torch that is here?

The release wheels of flash-attn, mamba-ssm and others name in their file name, and so in their build, the minor release
of torch, the CUDA major version and the C++ ABI that they were compiled for; the index knows nothing of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor import cells
from envdoctor.checks import check
from envdoctor.model import Finding, Fix, Held, State, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case, Fact

CODE = "CUDA104"
_SUFFIX = ".for_torch"


@check(CODE, "a wheel was compiled against another torch")
def wheel_words(case: Case) -> Iterator[Outcome]:
    """Compare the torch that each build names with the one that is installed."""
    torch = case.facts.get("torch")
    for named in case.facts.facts.values():
        if not named.name.endswith(_SUFFIX) or torch.state is not State.KNOWN:
            continue
        package = case.facts.get(named.name.removesuffix(_SUFFIX))
        if cells.contains(named.value, torch.value):
            yield Held(CODE, f"{package.name} was compiled against this torch")
        else:
            yield _finding(named, torch, package)


def _finding(named: Fact, torch: Fact, package: Fact) -> Finding:
    return Finding(
        code=CODE,
        status=Status.ERROR,
        kind="abi",
        title=f"{package.name} {package.value} was compiled against torch {named.value}, this is {torch.value}",
        cause="its library is linked to one minor release of torch: `undefined symbol` when it is loaded",
        culprit=(package.name, "torch"),
        evidence=(package, torch, named),
        fixes=(
            Fix(note=f"the wheel of {package.name} for this torch, or one built here with --no-build-isolation"),
            Fix(pins={"torch": f"=={named.value}.*"}),
        ),
    )
