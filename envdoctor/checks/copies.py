"""Which copy of a CUDA library does the loader take, and which one that an installer put there loses?

The facts `cudnn`, `nccl` and `nvjitlink` are what the loader takes. Where that lies outside the environment and a wheel
of the environment brings another version of the same major one, and so of the same file name, the fact `NAME.hidden` is
the wheel's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envdoctor import cells
from envdoctor.model import Fact, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.model import Facts

LIBRARIES = ("cudnn", "nccl", "nvjitlink")
_INSIDE = ("site-packages", "dist-packages")


def hidden(facts: Facts) -> Iterator[Fact]:
    """Give the version of each wheel's library that loses to another copy."""
    for library in LIBRARIES:
        taken = facts.get(library)
        if taken.state is not State.KNOWN or any(folder in taken.source for folder in _INSIDE):
            continue
        name = re.compile(rf"nvidia-{library}(-cu\d+)?")
        wheel = next((dist for dist in facts.by_name.values() if name.fullmatch(dist.name)), None)
        if wheel is not None and _hides(release(taken.value), release(wheel.version)):
            yield Fact(f"{library}.hidden", wheel.version, wheel.folder or wheel.name)


def _hides(taken: tuple[int, ...], brought: tuple[int, ...]) -> bool:
    return taken != brought and taken[:1] == brought[:1]


def release(text: str) -> tuple[int, ...]:
    """Give the first three numbers of a version, those that a library tells of itself."""
    found = cells.version(text)
    return found.release[:3] if found else ()
