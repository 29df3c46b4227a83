"""Which virtual packages does a computer have for conda, which PyTorch, which Python? None is ever made up.

`__cuda` is there only where a driver is declared; the C library is the one that is declared, else the oldest that
conda-forge builds for. The processor is the plain one of its kind: whoever makes a lock may have a newer one.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from envdoctor import cells, yamlpos
from envdoctor.formats import files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envdoctor.lock.spots import Spot

Virtual = dict[str, tuple[str, str]]
_TABLE = Path(__file__).with_name("computers.yml")


@cache
def table() -> dict[str, dict[str, str]]:
    """Give what is known of computers and channels: floors, drivers, and what `defaults` stands for."""
    root = yamlpos.mapping(yamlpos.read(files.read_text(_TABLE), str(_TABLE)), "the table")
    parts = {key: node for key, node in root.items.items() if isinstance(node, yamlpos.Map)}
    return {key: {k: yamlpos.text(v, k).value for k, v in part.items.items()} for key, part in parts.items()}


def of(spot: Spot) -> Virtual:
    """Give the virtual packages of a computer: name → version and build."""
    known = table()
    said = {name: fact.value for name, fact in spot.facts.items()}
    floors = known["floors"]
    if spot.system == "windows":
        found: Virtual = {"__win": ("0", "")}
    elif spot.system == "darwin":
        found = {"__unix": ("0", ""), "__osx": (said.get("os.version", floors["osx"]), "")}
    else:
        kernel = said.get("os.kernel", floors["linux"]).partition("-")[0]
        libc = said.get("glibc", floors["glibc"])
        found = {"__unix": ("0", ""), "__linux": (kernel, ""), "__glibc": (libc, "")}
    arch = {"AMD64": "x86_64"}.get(spot.arch, spot.arch)
    found["__archspec"] = "1", arch
    cuda = said.get("cuda.driver") or _cuda(said.get("driver", ""), known["drivers"])
    return {**found, **({"__cuda": (cuda, "")} if cuda else {})}


def torch_for(spot: Spot) -> str:
    """Give the newest variant of PyTorch whose CUDA the declared driver runs, or nothing."""
    driver = spot.facts.get("driver")
    rows = table()["torch"].items() if driver else ()
    return next((name for name, least in rows if driver and cells.contains(f">={least}", driver.value)), "")


def pythons(instant: str) -> list[str]:
    """Give the minor releases of Python that there were at an instant, newest first."""
    return [python for python, day in table()["pythons"].items() if day <= instant]


def _cuda(driver: str, drivers: Mapping[str, str]) -> str:
    """Give the newest CUDA that a driver runs."""
    return next((cuda for cuda, least in drivers.items() if driver and cells.contains(f">={least}", driver)), "")
