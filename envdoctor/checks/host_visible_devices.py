"""Does CUDA_VISIBLE_DEVICES leave the GPUs visible that the job wants?

The first entry that names no device ends the list without a word: `7` on a machine with two GPUs leaves none, `0,7`
leaves one. A variable that is left over from another machine or job looks, to the program, like a missing GPU.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.checks import check, devices
from envdoctor.model import Finding, Fix, Held, State, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case, Facts

CODE = "HOST002"


@check(CODE, "CUDA_VISIBLE_DEVICES hides what the job wants, or names no device")
def visible(case: Case) -> Iterator[Outcome]:
    """Compare what the variable lists with the devices that are there."""
    facts, wanted = case.facts, case.facts.get("accelerator").value
    if facts.get(devices.VARIABLE).state is not State.KNOWN or wanted == "cpu":
        return
    seen, hidden = devices.count(facts), facts.get(devices.HIDDEN)
    listed = len(devices.entries(facts.get(devices.VARIABLE)))
    if seen == 0 and hidden.state is State.KNOWN and wanted == "cuda":
        yield _finding(facts, Status.ERROR, "leaves no GPU visible")
    elif hidden.state is State.KNOWN and 0 < seen < listed:
        yield _finding(facts, Status.WARNING, f"lists {listed} devices and leaves {seen} visible")
    elif seen:
        yield Held(CODE, "every entry of CUDA_VISIBLE_DEVICES names a device")


def _finding(facts: Facts, status: Status, what: str) -> Finding:
    variable, count, hidden = facts.get(devices.VARIABLE), facts.get("gpu.count"), facts.get(devices.HIDDEN)
    total = devices.count(facts) + int(hidden.value)
    return Finding(
        code=CODE,
        status=status,
        kind="env-var",
        title=f"CUDA_VISIBLE_DEVICES=`{variable.value}` {what}",
        cause="the first entry that names no device ends the list, and one that is named twice leaves none; "
        f"there {'are' if total > 1 else 'is'} {total} here",
        culprit=(variable.name,),
        evidence=(variable, count, hidden),
        fixes=(Fix(env={"CUDA_VISIBLE_DEVICES": None}, note=f"or list devices below {total}"),),
    )
