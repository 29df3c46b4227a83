"""The checks of GPUs by example, and by what a real driver did."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

from envdoctor.model import Status
from tests.examples import box, wanting
from tests.test_host_checks import H100, found, torch

RESULTS = Path(__file__).parents[1] / "fixtures" / "results" / "gpu.json"
UUID = "GPU-01234567-89ab-cdef-0123-456789abcdef"
SPELT = {"UUID-short": UUID[:12], "UUID-upper": UUID.upper(), "UUID": UUID, "N": "1"}


def test_a_choice_of_gpus_is_taken_as_a_real_driver_took_it() -> None:
    seen = json.loads(RESULTS.read_text())
    assert seen["nvidia-smi"]["count"] == "1"
    for choice, answers in seen["choices"].items():
        spelt = re.sub("|".join(SPELT), lambda match: SPELT[match[0]], choice) if choice != "NoDevFiles" else choice
        facts = box({**H100, "gpu.uuid": UUID, "env.CUDA_VISIBLE_DEVICES": spelt})
        hidden = found(facts, "HOST002")
        none = hidden is not None and hidden.status is Status.ERROR
        assert none == (answers["truth"]["count"] == 0), choice


def test_a_mig_machine_without_instances_and_a_container_that_is_passed_none_say_so() -> None:
    none = {**H100, "gpu.count": "0"}
    facts = box({name: value for name, value in none.items() if name != "gpu.compute"})
    missing = {**facts.missing, "gpu.compute": "NVML: MIG is on, and no instance was made"}
    divided = found(dataclasses.replace(facts, missing=missing), "RECIPE005")
    assert divided is not None
    assert divided.culprit == ("gpu.mig", "gpu.count")
    kept_out = found(box({**none, "env.NVIDIA_VISIBLE_DEVICES": "void"}), "RECIPE005")
    assert kept_out is not None
    assert kept_out.fixes[0].env == {"NVIDIA_VISIBLE_DEVICES": "all"}


def test_a_process_sees_one_mig_instance() -> None:
    two = {**H100, "gpu.count": "2", "gpu.mig": "3g.20gb"}
    several = found(box(two), "RECIPE005", wanting(accelerator="cuda", gpu_count=">=2"))
    assert several is not None
    assert several.status is Status.WARNING
    assert found(box(two), "RECIPE005", wanting(accelerator="cuda", gpu_count=">=1")) is None


def test_ptx_is_no_code_where_the_driver_may_not_compile_it() -> None:
    facts = {**H100, "torch.arch_list": "sm_70 compute_70", "env.CUDA_DISABLE_PTX_JIT": "1"}
    disabled = found(box(facts, torch(build="git1")), "CUDA102")
    assert disabled is not None
    assert disabled.culprit == ("env.CUDA_DISABLE_PTX_JIT", "torch")
    assert found(box({**facts, "gpu.compute": "7.5"}, torch(build="git1")), "CUDA102") is None


def test_a_system_with_another_c_library_is_an_error_for_what_needs_glibc() -> None:
    facts = box({"needs.glibc.torch": "2.28"}, torch(), missing={"glibc": "/lib/ld-musl-x86_64.so.1, no glibc"})
    absent = found(facts, "HOST007")
    assert absent is not None
    assert absent.culprit == ("torch", "glibc")
