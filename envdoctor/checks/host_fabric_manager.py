"""Is the Fabric Manager of a machine with NVSwitches exactly of the driver's version?

It sets up the links between the GPUs; one of another version does not start, and CUDA says `system not yet
initialized` (error 802) while nvidia-smi shows every GPU.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor import cells
from envdoctor.checks import check
from envdoctor.model import Finding, Fix, Held, State, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case

CODE = "HOST005"


@check(CODE, "the Fabric Manager is of another version than the driver")
def fabric_manager(case: Case) -> Iterator[Outcome]:
    """Compare the two versions where there are NVSwitches."""
    names = ("gpu.nvswitch", "nvidia.fabricmanager", "driver")
    switches, manager, driver = (case.facts.get(name) for name in names)
    if {fact.state for fact in (switches, manager, driver)} != {State.KNOWN} or switches.value == "0":
        return
    if cells.version(manager.value) == cells.version(driver.value):
        yield Held(CODE, "the Fabric Manager is of the driver's version")
        return
    yield Finding(
        code=CODE,
        status=Status.ERROR,
        kind="driver",
        title=f"Fabric Manager {manager.value} beside driver {driver.value}",
        cause="on a machine with NVSwitches it must be of exactly the driver's version: error 802 otherwise",
        culprit=("nvidia.fabricmanager", "driver"),
        evidence=(manager, driver, switches),
        fixes=(
            Fix(
                host={"nvidia.fabricmanager": driver.value},
                note=f"install nvidia-fabricmanager {driver.value} and start it",
            ),
        ),
    )
