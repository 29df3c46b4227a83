"""Does the NVIDIA driver answer at all?

After an update of the driver's packages the kernel still runs the old module: NVML says `Driver/library version
mismatch`, and nothing runs on the GPUs until the module is loaded anew. What NVML may not tell, or does not know, is
no fault: that is unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.checks import check, nvml
from envdoctor.model import Finding, Fix, State, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case

CODE = "HOST003"


@check(CODE, "the NVIDIA driver does not answer")
def answers(case: Case) -> Iterator[Outcome]:
    """Read the reason why the driver was not seen."""
    silent = next((fact for fact in map(case.facts.get, ("driver", "gpu.count")) if nvml.broken(fact)), None)
    if silent is None or case.facts.get("accelerator").value == "cpu":
        return
    kernel = case.facts.get("nvidia.kernel")
    loaded = f"; the kernel runs {kernel.value}" if kernel.state is State.KNOWN else ""
    yield Finding(
        code=CODE,
        status=Status.ERROR,
        kind="driver",
        title=f"the NVIDIA driver does not answer: {silent.source}",
        cause=f"the driver's libraries and its kernel module have to be of one version and loaded{loaded}",
        culprit=("driver",),
        evidence=(silent, kernel),
        fixes=(
            Fix(host={"driver": "*"}, note="reboot, or unload the nvidia modules and load those of the new driver"),
        ),
    )
