"""The machine as the job sees it: visible devices, reasons that mean absent, builds, and what is worth waiting for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from envdoctor.checks import builds, nvml, sight
from envdoctor.model import Case, Distribution, Fact, Recipe, State
from tests.examples import box, claim, judged, told, versions, wanting

if TYPE_CHECKING:
    from envdoctor.model import Facts

TWO: dict[str, str | list[str]] = {
    "gpu.count": "2",
    "gpu.compute": ["9.0", "6.0"],
    "gpu.memory": ["81559 MiB", "16384 MiB"],
}
UUIDS = {"gpu.uuid": ["GPU-aa11", "GPU-bb22"]}


def seen(facts: Facts, wanted: Recipe | None = None) -> Facts:
    return sight.of(Case(wanted or Recipe(), facts)).facts


def shown(value: str, more: dict[str, list[str]] | None = None) -> Facts:
    return seen(box({**TWO, **(more or {}), "env.CUDA_VISIBLE_DEVICES": value}))


@pytest.mark.parametrize(
    ("value", "count", "compute"),
    [
        ("0,1", "2", ("9.0", "6.0")),
        ("1,0", "2", ("6.0", "9.0")),
        ("0", "1", ()),
        ("0,7", "1", ()),
        ("0,-1,1", "1", ()),
        ("", "0", ()),
        ("7", "0", ()),
        ("-1", "0", ()),
        ("9" * 5000, "0", ()),
    ],
)
def test_the_first_entry_that_names_no_device_ends_the_list(value: str, count: str, compute: tuple[str, ...]) -> None:
    facts = shown(value)
    assert facts.get("gpu.count").value == count
    assert facts.get("gpu.compute").all == compute


def test_a_device_that_is_not_listed_is_not_seen() -> None:
    assert shown("0").get("gpu.compute").value == "9.0"
    assert shown("1").get("gpu.memory").value == "16384 MiB"
    assert shown("").get("gpu.compute").state is State.ABSENT


def test_a_uuid_is_matched_by_its_beginning() -> None:
    assert shown("GPU-bb", UUIDS).get("gpu.compute").value == "6.0"
    assert shown("GPU-cc", UUIDS).get("gpu.count").value == "0"


def test_a_uuid_without_a_list_of_them_leaves_unlike_devices_unseen() -> None:
    facts = shown("GPU-aa11")
    assert facts.get("gpu.count").value == "1"
    assert facts.get("gpu.compute").state is State.UNSEEN


def test_a_mig_slice_is_one_device() -> None:
    one = box({"gpu.count": "1", "gpu.memory": "40192 MiB", "env.CUDA_VISIBLE_DEVICES": "MIG-8210e6aa"})
    assert seen(one).get("gpu.memory").value == "40192 MiB"


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        ("nvcc not on PATH, no CUDA_HOME", State.ABSENT),
        ("nv-fabricmanager not installed", State.ABSENT),
        ("libnvidia-ml.so.1 not found; /proc/driver/nvidia absent", State.ABSENT),
        ("NVML: no devices found", State.ABSENT),
        ("NVML: Not Supported", State.UNSEEN),
        ("nvidia-ml-py is not installed beside envdoctor", State.UNSEEN),
        ("libnvidia-ml.so.1 not found", State.UNSEEN),
        ("NVML: Insufficient Permissions", State.UNSEEN),
        ("a lock has no host", State.UNSEEN),
    ],
)
def test_the_reason_decides_between_absent_and_unseen(reason: str, state: State) -> None:
    assert seen(box({}, missing={"driver": reason})).get("driver").state is state


def test_under_wsl_the_module_is_that_of_windows() -> None:
    facts = seen(box({"os.wsl": "2"}, missing={"driver": "libnvidia-ml.so.1 not found; /proc/driver/nvidia absent"}))
    assert facts.get("driver").state is State.UNSEEN


def test_a_reason_of_a_package_stays_a_reason() -> None:
    facts = seen(box({}, missing={"setuptools": "no libsetuptools found"}))
    assert facts.get("setuptools").state is State.UNSEEN


@pytest.mark.parametrize(
    ("build", "cuda"),
    [
        ("cu121", "12.1"),
        ("cu118", "11.8"),
        ("cu92", "9.2"),
        ("cuda112py310he33e0d6_200", "11.2"),
        ("py3.10_cuda11.8_cudnn8.7.0_0", "11.8"),
        ("source cuda13.3", "13.3"),
        ("cu12torch2.6cxx11abiFALSE", "12"),
        ("cpu_generic_py311_h84c58cd_6", None),
        ("rocm6.4", None),
    ],
)
def test_a_build_says_for_which_cuda_it_is(build: str, cuda: str | None) -> None:
    fact = seen(box({}, Distribution("torch", "2.6.0", build=build))).get("torch.cuda")
    assert (fact.value if fact.state is State.KNOWN else None) == cuda
    assert fact.state is not State.UNSEEN


def test_a_local_version_says_it_where_no_build_does() -> None:
    assert seen(versions(torch="2.4.0+cu121")).get("torch.cuda").value == "12.1"
    assert seen(versions(torch="2.4.0")).get("torch.cuda").state is State.UNSEEN


def test_a_wheel_is_official_by_its_variant_alone() -> None:
    assert builds.official(Distribution("torch", "2.6.0", build="cu124")) == "cu124"
    assert builds.official(Distribution("torch", "2.4.0+cu121")) == "cu121"
    assert builds.official(Distribution("torch", "2.5.1", build="cuda126_generic_py312")) == ""


def test_the_runtime_of_a_list_is_that_of_its_wheel() -> None:
    assert seen(versions(nvidia_cuda_runtime_cu12="12.4.127")).get("cuda.runtime").value == "12.4.127"


def test_the_loader_takes_the_drivers_libcuda_unless_another_is_seen() -> None:
    assert seen(box({"driver": "550.54.15"})).get(sight.LIBCUDA).value == "550.54.15"
    compat = box({"driver": "535.183.01", sight.LIBCUDA: "580.65.06"})
    assert seen(compat).get(sight.LIBCUDA).value == "580.65.06"


def test_a_recipe_for_the_cpu_sees_no_gpu_unless_it_asks_for_one() -> None:
    facts = box({"driver": "440.33.01", "gpu.count": "1"})
    assert seen(facts, wanting(accelerator="cpu")).get("driver").state is State.ABSENT
    asking = seen(facts, wanting(accelerator="cpu", driver=">=400"))
    assert asking.get("driver").value == "440.33.01"


def test_a_broken_driver_is_told_from_a_value_that_is_not_supported() -> None:
    reason = "NVML: Driver/library version mismatch (NVML library version: 550.144)"
    assert nvml.broken(Fact("driver", source=reason, state=State.UNSEEN))
    assert not nvml.broken(Fact("gpu.memory", source="NVML: Not Supported", state=State.UNSEEN))


DRIVER = claim("- rule: CUDA901\n  title: t\n  when: {torch: '*', driver: '<525'}\n  cause: c")
FINE = claim("- rule: CUDA902\n  title: t\n  when: {torch: '*', gpu.nvswitch: '>0'}\n  cause: c")


def test_nothing_waits_for_a_driver_where_nobody_asks_for_a_gpu() -> None:
    facts = versions(torch="2.4")
    assert "`driver`" not in str(told(facts, None, DRIVER))
    assert any("`driver`" in f.title for f in judged(facts, wanting(accelerator="cuda"), DRIVER).findings)


def test_a_fine_fact_that_nobody_tried_to_read_is_not_waited_for() -> None:
    wanted = wanting(accelerator="cuda")
    assert not any("nvswitch" in f.title for f in judged(box({}, Distribution("torch", "2.4")), wanted, FINE).findings)
    tried = box({}, Distribution("torch", "2.4"), missing={"gpu.nvswitch": "NVML: Not Supported"})
    assert any("nvswitch" in f.title for f in judged(tried, wanted, FINE).findings)


def test_a_table_of_machine_facts_that_were_not_seen_does_not_speak_of_its_end() -> None:
    table = claim(
        "- table: CUDA903\n  title: t\n  key: torch\n  columns: {cudnn: error}\n  known: '<2.6'\n"
        "  rows: [{torch: 2.5.*, cudnn: '>=9'}]"
    )
    assert "CUDA903" not in told(versions(torch="2.17"), None, table)
    assert told(box({"cudnn": "9.1"}, Distribution("torch", "2.17")), None, table)["CUDA903"].startswith("unknown")


def test_a_silent_rule_says_nothing_where_its_names_are_not_used() -> None:
    rule = claim(
        "- rule: USE901\n  title: t\n  silent: true\n  uses: [torch.compile]\n  when: {torch: '*'}\n"
        "  needs: {gpu.compute: '>=7'}\n  cause: c"
    )
    facts = box({"gpu.compute": "6.0"}, Distribution("torch", "2.4"))
    assert "USE901" not in told(facts, None, rule)
    assert told(facts, wanting("torch.compile"), rule)["USE901"].startswith("error")
