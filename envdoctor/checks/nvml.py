"""What does it mean that NVML, the library that knows the GPUs, did not answer?

A mismatch, a lost GPU or a driver that is not loaded is a fault of the machine: nothing runs on its GPUs. That a value
is not supported, or may not be read, says nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envdoctor.model import State

if TYPE_CHECKING:
    from envdoctor.model import Fact

_BROKEN = re.compile(r"version mismatch|driver not loaded|gpu is lost|unknown error|uninitialized", re.IGNORECASE)


def broken(fact: Fact) -> bool:
    """Say whether a fact was not seen because the driver itself does not work."""
    return fact.state is State.UNSEEN and _BROKEN.search(fact.source) is not None
