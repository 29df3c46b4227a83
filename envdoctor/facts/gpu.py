"""Ask NVML, in a process of its own and within a time limit, and say what its answers mean as facts.

NVML can hang on a wedged driver and can bring its process down; what it said before that still counts, and the rest is
unseen with the reason. Where NVML cannot be asked, /proc/driver/nvidia tells the driver and the names of the GPUs.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from envdoctor import processes
from envdoctor.facts.kernel import FACTS
from envdoctor.model import Fact, State

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SOURCE = "NVML"
PATIENCE = 10.0  # without persistence mode the driver wakes every GPU first, which takes seconds
_CHILD = Path(__file__).with_name("nvml.py")
_NOT_FOUND, _MISMATCH = 12, 18
_BRANDS = (
    "unknown quadro tesla nvs grid geforce titan nvidiavapps nvidiavpc nvidiavcs nvidiavws nvidiacloudgaming "
    "quadrortx nvidiartx nvidia geforcertx titanrtx"
).split()


class Answer(NamedTuple):
    """What NVML said: single answers, one mapping a GPU, and why it did not finish (empty if it did)."""

    said: Mapping[str, Any]
    devices: tuple[Mapping[str, Any], ...] = ()
    reason: str = ""


class Question:
    """NVML, asked by a process of envdoctor's own Python that runs beside us; `answer` waits for it."""

    def __init__(self) -> None:
        """Start asking; a Python without the pynvml module is an answer too."""
        folder = _folder_of_pynvml()
        # Isolated: nothing on the job's PYTHONPATH may pose as pynvml. LD_LIBRARY_PATH is the job's, on purpose.
        command = [sys.executable, "-I", "-S", str(_CHILD), folder] if folder else None
        self._process = processes.start(command) if command else None

    def answer(self, limit: float) -> Answer:
        """Give what NVML said within a time limit."""
        if self._process is None:
            return Answer({}, reason="nvidia-ml-py is not installed beside envdoctor")
        limit = min(limit, PATIENCE)
        done = processes.finish(self._process, limit)
        if done.status is None:
            return _read(done.out, f"{SOURCE} does not answer within {limit:g} s")
        return _read(done.out, _ending(done.status))

    def close(self) -> None:
        """End the process if it still runs."""
        if self._process is not None:
            processes.end(self._process)


def counts(answer: Answer) -> bool:
    """Say whether NVML's word stands, or the system has to be asked in its place.

    It stands once NVML was initialised, and where its refusal is what is wrong: a driver that was replaced while the
    old one is loaded.
    """
    return "driver" in answer.said or ("failed" in answer.said and answer.said.get("number") == _MISMATCH)


def _folder_of_pynvml() -> str | None:
    from importlib.util import find_spec

    found = find_spec("pynvml")
    places = [found.origin] if found and found.origin else []
    if found and found.submodule_search_locations:
        places = list(found.submodule_search_locations)
    return os.path.dirname(places[0]) if places else None


def _ending(code: int) -> str:
    if code >= 0:
        return f"{SOURCE} ended with status {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"{SOURCE} brought its process down ({name})"


def _read(out: str, ending: str) -> Answer:
    """Put the lines together; `ending` is how the process ended, which is the reason if it did not finish."""
    said: dict[str, Any] = {}
    devices: list[Mapping[str, Any]] = []
    for line in out.splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue  # the last line of a process that was ended
        if isinstance(row, dict):
            devices += [row["device"]] if isinstance(row.get("device"), dict) else []
            said |= row
    if said.get("done"):
        return Answer(said, tuple(devices))
    if "failed" in said:
        return Answer(said, tuple(devices), _failed(said))
    asked = f" (asked for {said['asking']})" if said.get("asking") else ""
    return Answer(said, tuple(devices), ending + asked)


def _failed(said: Mapping[str, Any]) -> str:
    if said.get("number") == _NOT_FOUND:
        return "libnvidia-ml.so.1 not found"
    version = f" (NVML library version: {said['library']})" if said.get("library") else ""
    return f"{SOURCE}: {said['failed']}{version}"


def facts(answer: Answer, variables: Mapping[str, str]) -> Iterator[Fact]:
    """Give the driver and the GPUs that NVML knows; what it refused or did not come to is unseen, with the reason."""
    yield _single(answer, "driver", answer.said.get("driver"))
    yield _single(answer, "cuda.driver", _dotted(answer.said.get("cuda")))
    if answer.reason:
        yield from (_unseen(name, answer.reason) for name in FACTS[2:])
        return
    count = answer.said.get("count", {})
    if "refused" in count:
        yield from (_unseen(name, f"{SOURCE}: {count['refused']}") for name in FACTS[2:])
        return
    lost = [device["unreachable"] for device in answer.devices if "unreachable" in device]
    if lost:
        yield from (_unseen(name, f"{SOURCE}: {lost[0]['refused']}") for name in FACTS[2:])
        return
    yield from _devices(_in_cuda_order(answer.devices, variables), variables)


def _single(answer: Answer, name: str, said: Mapping[str, Any] | None) -> Fact:
    if said and "answer" in said:
        return Fact(name, str(said["answer"]), SOURCE)
    return _unseen(name, f"{SOURCE}: {said['refused']}" if said else answer.reason)


def _dotted(said: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Give the CUDA version of the driver as people write it: 12040 is 12.4."""
    if not said or "answer" not in said:
        return said
    number = int(said["answer"])
    return {"answer": f"{number // 1000}.{number % 1000 // 10}"}


def _unseen(name: str, reason: str) -> Fact:
    return Fact(name, source=reason, state=State.UNSEEN)


def _in_cuda_order(devices: Sequence[Mapping[str, Any]], variables: Mapping[str, str]) -> list[Mapping[str, Any]]:
    """Give GPUs as CUDA numbers them: by bus with CUDA_DEVICE_ORDER=PCI_BUS_ID, else the fastest first.

    CUDA does not say how it guesses which is fastest; cores times clock is what it is thought to be.
    """
    if variables.get("CUDA_DEVICE_ORDER") == "PCI_BUS_ID":
        return list(devices)
    return sorted(devices, key=_speed, reverse=True)


def _speed(device: Mapping[str, Any]) -> tuple[int, list[int]]:
    cores, clock = (_answered(device, name) for name in ("cores", "clock"))
    compute = _answered(device, "compute")
    return (cores * clock if cores and clock else 0, compute if isinstance(compute, list) else [])


def _answered(device: Mapping[str, Any], name: str) -> Any:
    said = device.get(name)
    return said.get("answer") if isinstance(said, dict) else None


def _devices(devices: Sequence[Mapping[str, Any]], variables: Mapping[str, str]) -> Iterator[Fact]:
    rows = [row for device in devices for row in _rows(device)]
    yield Fact("gpu.count", str(len(rows)), SOURCE)
    if not rows:
        why = "MIG is on, and no instance was made" if devices else "no devices found"
        yield from (_unseen(name, f"{SOURCE}: {why}") for name in FACTS[3:])
        return
    weakest = min(range(len(rows)), key=lambda number: _weight(rows[number]))
    asked = ["name", "compute", "memory", "brand"]
    asked += ["mig"] if any("mig" in row for row in rows) else []
    # A UUID tells two like machines apart, so it is a fact only where the job chooses its GPUs by it.
    asked += ["uuid"] if "-" in variables.get("CUDA_VISIBLE_DEVICES", "") else []
    for name in asked:
        yield _column(name, rows, weakest)


def _rows(device: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give a GPU as CUDA sees it: whole, or each of its MIG instances."""
    compute, brand = _answered(device, "compute"), _answered(device, "brand")
    whole = {
        "name": device.get("name"),
        "compute": {"answer": ".".join(map(str, compute))} if isinstance(compute, list) else device.get("compute"),
        "memory": device.get("memory"),
        "uuid": device.get("uuid"),
        "brand": {"answer": _BRANDS[brand] if isinstance(brand, int) and 0 <= brand < len(_BRANDS) else "unknown"},
    }
    if not device.get("divided"):
        yield whole
        return
    for part in device.get("mig", ()):
        profile = str(_answered(part, "name") or "").rpartition(" MIG ")[2]
        yield whole | dict(part) | {"mig": {"answer": profile}}


def _weight(row: Mapping[str, Any]) -> tuple[list[int], int]:
    compute = str(_answered(row, "compute") or "0").split(".")
    return ([int(part) for part in compute], int(_answered(row, "memory") or 0))


def _column(name: str, rows: Sequence[Mapping[str, Any]], weakest: int) -> Fact:
    refused = next((row[name]["refused"] for row in rows if row.get(name) and "refused" in row[name]), None)
    if refused is not None:
        return _unseen(f"gpu.{name}", f"{SOURCE}: {refused}")
    values = [_answered(row, name) for row in rows]
    told = [f"{value // 2**20} MiB" if name == "memory" else str(value or "") for value in values]
    return Fact(f"gpu.{name}", told[weakest], SOURCE, tuple(told) if len(told) > 1 else ())
