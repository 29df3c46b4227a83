"""Which GPUs does the job see? NVML lists every device; CUDA_VISIBLE_DEVICES chooses among them.

The variable names devices by their number in CUDA's order, by UUID (an unambiguous beginning is enough) or by the UUID
of a MIG slice. The first entry that names nothing ends the list: it and what follows are not visible. The first one
says whether all are numbers or UUIDs; a number is read as far as its digits go (`0a` is 0, `0x1` is 1); where a device
is named twice none is left (error 101). So a driver of branch 580 took them.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from envdoctor import cells
from envdoctor.model import Fact, State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from envdoctor.model import Facts

VARIABLE = "env.CUDA_VISIBLE_DEVICES"
HIDDEN = "gpu.hidden"
_UUID = ("gpu-", "mig-")
_NUMBER = re.compile(r"\s*\+?(?:0[xX]([0-9a-fA-F]{1,6})|(\d+))")
_EACH = ("gpu.name", "gpu.compute", "gpu.memory", "gpu.uuid", "gpu.mig", "gpu.brand")


def visible(facts: Facts) -> Iterator[Fact]:
    """Give the facts that are others once CUDA_VISIBLE_DEVICES is applied, and how many GPUs it hides."""
    variable, total = facts.get(VARIABLE), count(facts)
    if variable.state is not State.KNOWN or not total:
        return
    sliced = facts.get("gpu.mig").state is State.KNOWN
    chosen = _chosen(entries(variable), total, _uuids(facts), sliced=sliced)
    number = len(entries(variable)) if chosen is None else len(chosen)
    if number >= total and chosen in (None, tuple(range(total))):
        return
    shown = min(number, total)
    yield Fact("gpu.count", str(shown), f"{total} GPUs, CUDA_VISIBLE_DEVICES={variable.value}")
    yield Fact(HIDDEN, str(total - shown), f"{total} GPUs, CUDA_VISIBLE_DEVICES={variable.value}")
    for name in _EACH:
        fact = facts.get(name)
        if fact.state is State.KNOWN:
            yield _narrowed(fact, chosen, shown, facts.get("gpu.compute"))


def count(facts: Facts) -> int:
    """Give the number of GPUs, 0 where it is not known."""
    fact = facts.get("gpu.count")
    return (_number(fact.value) or 0) if fact.state is State.KNOWN else 0


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 6 else None


def entries(variable: Fact) -> tuple[str, ...]:
    """Give what CUDA_VISIBLE_DEVICES lists."""
    return tuple(part.strip() for part in variable.value.split(",")) if variable.value.strip() else ()


def _uuids(facts: Facts) -> tuple[str, ...]:
    fact = facts.get("gpu.uuid")
    return (fact.all or (fact.value,)) if fact.state is State.KNOWN else ()


def _chosen(listed: Sequence[str], total: int, uuids: Sequence[str], *, sliced: bool) -> tuple[int, ...] | None:
    """Give the places of the chosen devices, or None if an entry is a UUID and none was seen to compare."""
    found: list[int] = []
    by_uuid = bool(listed) and listed[0].lower().startswith(_UUID)
    for entry in listed:
        if by_uuid:
            if _is_unknown(entry, sliced, uuids):
                return None
            alike = entry.lower().startswith(_UUID) and len(entry) > len("GPU-")
            places = [p for p, uuid in enumerate(uuids) if alike and uuid.lower().startswith(entry.lower())]
        else:
            number = _leading(entry)
            places = [number] if number is not None and number < total else []
        if len(places) != 1:
            break
        if places[0] in found:
            return ()
        found += places
    return tuple(found)


def _is_unknown(entry: str, sliced: bool, uuids: Sequence[str]) -> bool:
    """Say whether an entry may name a device whose UUID was not seen."""
    if entry.lower().startswith("mig-"):
        return (sliced or not uuids) and not any(uuid.lower().startswith("mig-") for uuid in uuids)
    return not uuids and len(entry) > len("GPU-")


def _leading(entry: str) -> int | None:
    """Give the number that an entry begins with, as C reads it, or None if it begins with none."""
    found = _NUMBER.match(entry)
    if found is None:
        return None
    return int(found[1], 16) if found[1] else int(found[2]) if len(found[2]) < 6 else None


def _narrowed(fact: Fact, chosen: tuple[int, ...] | None, shown: int, compute: Fact) -> Fact:
    every = fact.all or (fact.value,)
    if chosen is None and len(set(every)) > 1:
        return Fact(fact.name, source="CUDA_VISIBLE_DEVICES names a UUID, and none was seen", state=State.UNSEEN)
    kept = every[:shown] if chosen is None else tuple(every[place] for place in chosen if place < len(every))
    if not kept:
        return Fact(fact.name, source="CUDA_VISIBLE_DEVICES hides every GPU", state=State.ABSENT)
    weakest = _weakest(chosen, compute) if chosen else 0
    value = kept[weakest] if weakest < len(kept) else kept[0]
    return dataclasses.replace(fact, value=value, all=kept if len(kept) > 1 else ())


def _weakest(chosen: Sequence[int], compute: Fact) -> int:
    """Give the place, among the chosen, of the device with the least compute capability."""
    levels = [cells.version(compute.all[place]) for place in chosen if place < len(compute.all)]
    known = [(level, place) for place, level in enumerate(levels) if level is not None]
    return min(known)[1] if known else 0
