"""Read what the system shows of NVIDIA's devices without asking any library: /dev, /proc, /sys, WSL, Jetson.

This tells a machine without a GPU from one whose driver is missing, and a container that was started without the
device: it still sees its host's /proc/driver/nvidia. Everything is read below a root, which is `/` but for the tests.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envdoctor.facts import beginnings
from envdoctor.model import Fact, State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VERSION = "proc/driver/nvidia/version"
FACTS = ("driver", "cuda.driver", "gpu.count", "gpu.name", "gpu.compute", "gpu.memory")
_VENDOR = "0x10de"
_DISPLAY, _SWITCH = ("0x0300", "0x0302"), ("0x0680",)
_MODULE = r"Kernel Module(?: for \S+)?\s+(\d+(?:\.\d+)+)"
_TEGRA = r"# R(\d+) \(release\), REVISION: ([\d.]+)"
_PCI_NAMES = ("usr/share/misc/pci.ids", "usr/share/hwdata/pci.ids")
_MOST_LIST = 16_777_216


def facts(root: Path) -> Iterator[Fact]:
    """Give what the system shows, whether or not NVML can be asked."""
    yield from _platform(root)
    text = beginnings.text(root / VERSION)
    found = re.search(_MODULE, text) if text else None
    if found:
        source = f"/{VERSION}"
        yield Fact("nvidia.kernel", found[1], source)
        yield Fact("nvidia.kernel.flavour", "open" if "Open Kernel Module" in text else "proprietary", source)
    boards = list(_on_bus(root, _DISPLAY))
    if boards:
        named = [_named(root, board) for board in boards]
        yield Fact("gpu.pci", named[0], "/sys/bus/pci/devices", tuple(named) if len(named) > 1 else ())
    if boards or found:
        yield from _fabric(root)


def shown_devices(root: Path) -> bool:
    """Say whether the system shows anything that NVML could speak of."""
    return any((root / name).exists() for name in ("dev/nvidiactl", VERSION, "dev/dxg")) or bool(_nodes(root))


def without_nvml(root: Path, reason: str) -> Iterator[Fact]:
    """Give driver and GPUs as far as /proc and /dev tell, where NVML was not asked or failed."""
    text = beginnings.text(root / VERSION)
    found = re.search(_MODULE, text) if text else None
    if found:
        yield Fact("driver", found[1], f"/{VERSION}")
    else:
        yield _unseen("driver", reason if (root / VERSION).exists() else f"{reason}; /proc/driver/nvidia absent")
    yield _unseen("cuda.driver", reason if found else f"{reason}; /proc/driver/nvidia absent")
    if not shown_devices(root) or (found and not _nodes(root)):
        yield Fact("gpu.count", "0", "/dev")
        yield from (_unseen(name, "no NVIDIA device") for name in ("gpu.name", "gpu.compute", "gpu.memory"))
        return
    names = list(_names(root))
    if names:
        source = "/proc/driver/nvidia/gpus"
        yield Fact("gpu.count", str(len(names)), source)
        yield Fact("gpu.name", names[0], source, tuple(names) if len(names) > 1 else ())
    unseen = ("gpu.compute", "gpu.memory") if names else ("gpu.count", "gpu.name", "gpu.compute", "gpu.memory")
    yield from (_unseen(name, reason) for name in unseen)


def _platform(root: Path) -> Iterator[Fact]:
    version = beginnings.text(root / "proc/version")
    if "microsoft" in version.lower():
        yield Fact("os.wsl", "2" if "WSL2" in version or (root / "dev/dxg").exists() else "1", "/proc/version")
    release = beginnings.text(root / "etc/nv_tegra_release")
    tegra = re.match(_TEGRA, release) if release else None
    if tegra:
        yield Fact("os.jetson", f"{tegra[1]}.{tegra[2]}", "/etc/nv_tegra_release")


def _on_bus(root: Path, classes: tuple[str, ...]) -> Iterator[str]:
    """Give `10de:2330` for each NVIDIA device of some classes."""
    bus = root / "sys/bus/pci/devices"
    for name in beginnings.names(bus):
        if beginnings.text(bus / name / "vendor").strip() != _VENDOR:
            continue
        if beginnings.text(bus / name / "class").startswith(classes):
            device = beginnings.text(bus / name / "device").strip().removeprefix("0x")
            yield f"{_VENDOR.removeprefix('0x')}:{device}"


def _named(root: Path, board: str) -> str:
    """Give a device with the name that the system's list of PCI devices has for it."""
    vendor, _, device = board.partition(":")
    for place in _PCI_NAMES:
        listed = beginnings.content(root / place, _MOST_LIST)
        start = listed.find(f"\n{vendor} ".encode())
        found = re.compile(rf"\n\t{re.escape(device)}  ([^\n]+)".encode()).search(listed, max(start, 0))
        if start >= 0 and found:
            return f"{board} {found[1].decode('utf-8', 'replace')}"
    return board


def _fabric(root: Path) -> Iterator[Fact]:
    """Give the NVSwitches and the Fabric Manager, without which the GPUs behind them cannot be used."""
    switches = len(list(_on_bus(root, _SWITCH)))
    yield Fact("gpu.nvswitch", str(switches), "/sys/bus/pci/devices")
    if not switches:
        return
    if not any((root / folder / "nv-fabricmanager").exists() for folder in ("usr/bin", "usr/sbin")):
        yield _unseen("nvidia.fabricmanager", "nv-fabricmanager not installed")
        return
    version = _packaged_version(root)
    if version:
        yield Fact("nvidia.fabricmanager", version, "/var/lib/dpkg/status")
    else:
        yield _unseen("nvidia.fabricmanager", "nv-fabricmanager is there; no package says its version")
    runs = any(
        beginnings.text(root / "proc" / number / "comm").strip() == "nv-fabricmanage" for number in _processes(root)
    )
    yield Fact("nvidia.fabricmanager.state", "running" if runs else "not running", "/proc")


def _packaged_version(root: Path) -> str:
    listed = beginnings.content(root / "var/lib/dpkg/status", _MOST_LIST)
    found = re.search(rb"\nPackage: nvidia-fabricmanager[^\n]*\n(?:[^\n]+\n)*?Version: (?:\d+:)?([\d.]+)", listed)
    return found[1].decode() if found else ""


def _processes(root: Path) -> list[str]:
    return [name for name in beginnings.names(root / "proc") if name.isdigit()]


def _names(root: Path) -> Iterator[str]:
    """Give the model of each GPU of the driver whose device this process can reach."""
    folder = root / "proc/driver/nvidia/gpus"
    for name in beginnings.names(folder):
        told = dict(line.partition(":")[::2] for line in beginnings.text(folder / name / "information").splitlines())
        if told.get("Device Minor", "").strip() in _nodes(root):
            yield told.get("Model", "").strip()


def _nodes(root: Path) -> set[str]:
    """Give the numbers of the GPUs that have a device here."""
    names = (name.removeprefix("nvidia") for name in beginnings.names(root / "dev") if name.startswith("nvidia"))
    return {number for number in names if number.isdigit()}


def _unseen(name: str, reason: str) -> Fact:
    return Fact(name, source=reason, state=State.UNSEEN)
