"""A real library plays NVML: found by the loader, loaded by pynvml, in the process that envdoctor starts for it."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from envdoctor import facts
from envdoctor.facts import At, gpu, machine
from envdoctor.facts.kernel import FACTS
from envdoctor.model import State
from tests.machine.building import library, needs_compiler

if TYPE_CHECKING:
    from collections.abc import Callable

    from envdoctor.model import Facts

    Play = Callable[..., Facts]

pytestmark = needs_compiler


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder that holds the library."""
    where = tmp_path_factory.mktemp("nvml")
    library(where / "libnvidia-ml.so.1", Path(__file__).with_name("played_nvml.c"))
    return where


@pytest.fixture
def play(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    """Look at this Python on a machine that the library plays."""

    def look(name: str, *, timeout: float = 30.0, static: bool = False, **variables: str) -> Facts:
        monkeypatch.setenv("PLAYED_NVML", name)
        monkeypatch.setenv("LD_LIBRARY_PATH", str(folder))
        for variable, value in variables.items():
            monkeypatch.setenv(variable, value)
        begun = facts.Look(At(sys.executable, timeout=timeout, static=static))
        try:
            return begun.facts()
        finally:
            begun.close()

    return look


def test_a_healthy_machine_is_known_in_full(play: Play) -> None:
    seen = play("h100")
    known = {name: (seen.get(name).value, seen.get(name).source) for name in FACTS}
    assert known == {
        "driver": ("550.54.15", "NVML"),
        "cuda.driver": ("12.4", "NVML"),
        "gpu.count": ("1", "NVML"),
        "gpu.name": ("NVIDIA H100 80GB HBM3", "NVML"),
        "gpu.compute": ("9.0", "NVML"),
        "gpu.memory": ("81559 MiB", "NVML"),
    }
    assert seen.get("gpu.compute").all == ()
    assert seen.get("gpu.brand").value == "nvidia"


def test_gpus_of_two_kinds_are_listed_as_cuda_numbers_them_and_the_weakest_is_the_value(play: Play) -> None:
    fastest_first = play("mixed").get("gpu.name")
    assert fastest_first.all == ("NVIDIA H100 80GB HBM3", "Tesla T4")
    by_bus = play("mixed", CUDA_DEVICE_ORDER="PCI_BUS_ID")
    assert by_bus.get("gpu.name").all == ("Tesla T4", "NVIDIA H100 80GB HBM3")
    assert by_bus.get("gpu.compute").all == ("7.5", "9.0")
    assert fastest_first.value == by_bus.get("gpu.name").value == "Tesla T4"
    assert by_bus.get("gpu.memory").value == "15360 MiB"
    assert by_bus.get("gpu.count").value == "2"


def test_a_divided_gpu_counts_as_its_instances_and_one_without_instances_as_none(play: Play) -> None:
    divided = play("mig")
    assert divided.get("gpu.count").value == "2"
    assert divided.get("gpu.mig").all == ("3g.20gb", "3g.20gb")
    assert divided.get("gpu.memory").value == "19968 MiB"
    assert divided.get("gpu.compute").value == "8.0"
    undivided = play("undivided")
    assert undivided.get("gpu.count").value == "0"
    assert "no instance was made" in undivided.missing["gpu.compute"]


def test_a_uuid_is_a_fact_only_where_the_job_chooses_its_gpus_by_it(play: Play) -> None:
    assert "gpu.uuid" not in play("h100", CUDA_VISIBLE_DEVICES="0").facts
    uuid = "GPU-00000000-0000-0000-0000-000000000001"
    assert play("h100", CUDA_VISIBLE_DEVICES=uuid).get("gpu.uuid").value == uuid


def test_a_replaced_driver_is_told_in_the_words_of_the_library(play: Play) -> None:
    seen = play("mismatch")
    words = "NVML: Driver/library version mismatch (NVML library version: 550.144)"
    assert {seen.missing[name] for name in FACTS} == {words}


def test_no_device_is_a_count_of_none(play: Play) -> None:
    seen = play("none")
    assert (seen.get("gpu.count").value, seen.get("gpu.count").source) == ("0", "NVML")
    assert seen.missing["gpu.compute"] == "NVML: no devices found"
    assert seen.get("driver").value == "550.54.15"


def test_a_refused_question_is_unseen_and_the_others_are_known(play: Play) -> None:
    seen = play("unified")
    assert seen.missing["gpu.memory"] == "NVML: Not Supported"
    assert seen.get("gpu.compute").value == "12.1"


def test_missing_permission_is_unseen_with_its_reason(play: Play) -> None:
    seen = play("forbidden")
    assert "NVML: Insufficient Permissions" in seen.missing["driver"]
    assert seen.get("gpu.compute").state is State.UNSEEN


def test_a_crash_of_the_library_ends_its_own_process_alone(play: Play) -> None:
    assert "brought its process down (SIGABRT) (asked for nvmlInit)" in play("crash").missing["driver"]


def test_a_library_that_hangs_is_ended_in_time(play: Play) -> None:
    begun = time.monotonic()
    seen = play("hang", timeout=3)
    assert time.monotonic() - begun < 30
    assert "NVML does not answer within 3 s (asked for nvmlInit)" in seen.missing["driver"]


def test_what_a_library_said_before_it_hung_counts(play: Play) -> None:
    seen = play("late", timeout=5)
    assert seen.get("driver").value == "550.54.15"
    assert seen.missing["gpu.count"] == "NVML does not answer within 5 s (asked for nvmlDeviceGetHandleByIndex)"


def test_a_look_that_starts_nothing_does_not_ask_nvml_and_says_so(play: Play) -> None:
    assert "--static" in play("h100", static=True).missing["driver"]


def test_where_there_is_no_sign_of_a_driver_no_process_is_started(tmp_path: Path) -> None:
    if machine.shows_nvml({}):
        pytest.skip("this machine has an NVIDIA driver")
    assert not machine.shows_nvml({"LD_LIBRARY_PATH": str(tmp_path)})
    seen = facts.Look(At(sys.executable)).facts()
    assert seen.missing["driver"] == "libnvidia-ml.so.1 not found; /proc/driver/nvidia absent"
    assert (seen.get("gpu.count").value, seen.get("gpu.count").source) == ("0", "/dev")


def test_lines_that_make_no_sense_are_passed_over() -> None:
    answer = gpu._read('{"driver": {"answer": "1"}}\n[1]\n{"dev', "it ended")
    assert answer.said["driver"] == {"answer": "1"}
    assert answer.reason == "it ended"
    assert {fact.name for fact in gpu.facts(answer, os.environ)} == set(FACTS)
