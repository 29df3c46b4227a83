"""What differs between two targets, and which difference a finding follows from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from envdoctor.app import diff
from envdoctor.app.options import At

if TYPE_CHECKING:
    from pathlib import Path


def snapshot(path: Path, build: str, **facts: str) -> At:
    """Write the snapshot of a torch on a machine with two GPUs, one of them too old for it."""
    torch = {"name": "torch", "version": "2.10.0", "location": "/venv", "build": build}
    values = {"arch": "x86_64", "gpu.count": "2", **facts}
    seen: dict[str, object] = {name: {"value": value, "source": "x"} for name, value in values.items()}
    seen["gpu.compute"] = {"value": "6.0", "all": ["8.9", "6.0"], "source": "NVML"}
    target = {"kind": "interpreter", "path": "p", "label": "n"}
    document = {"schema": "envdoctor.facts/1", "taken": "", "target": target, "facts": seen}
    path.write_text(json.dumps({**document, "missing": {}, "distributions": [torch]}))
    return At(str(path))


def test_a_variable_that_shows_a_gpu_without_code_is_the_difference_that_matters(tmp_path: Path) -> None:
    hidden = snapshot(tmp_path / "a.json", "cu128", **{"env.CUDA_VISIBLE_DEVICES": "0"})
    compared = diff.compare(hidden, snapshot(tmp_path / "b.json", "cu128"))
    assert [(one.name, one.codes) for one in compared.differences] == [("env.CUDA_VISIBLE_DEVICES", ("GPU010",))]
    assert compared.exit_code == 1


def test_two_builds_of_one_version_differ(tmp_path: Path) -> None:
    compared = diff.compare(snapshot(tmp_path / "a.json", "cu128"), snapshot(tmp_path / "b.json", "cu126"))
    (torch,) = [one for one in compared.differences if one.name == "torch"]
    assert (torch.one, torch.other, torch.codes) == ("2.10.0 (cu128)", "2.10.0 (cu126)", ("GPU010",))
    assert len(set(compared.fingerprints)) == 2
