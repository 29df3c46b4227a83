"""The checks of the machine by example: one that fires, one that does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from envdoctor import matrix
from envdoctor.checks import run_all
from envdoctor.model import Case, Distribution, Finding, Recipe, Status
from tests.examples import box, told, wanting

if TYPE_CHECKING:
    from envdoctor.model import Facts

CUDA = wanting(accelerator="cuda")
BUILDING = wanting("torch.utils.cpp_extension.CUDAExtension", accelerator="cuda")
KNOWN = {claim.code: claim for claim in matrix.load().everything()}
H100 = {"driver": "550.54.15", "cuda.driver": "12.4", "gpu.count": "1", "gpu.compute": "9.0"}


def torch(version: str = "2.6.0", build: str = "cu124") -> Distribution:
    return Distribution("torch", version, build=build)


def found(facts: Facts, code: str, wanted: Recipe = CUDA) -> Finding | None:
    """Give the finding of a code, where the claims of the matrix that check reads are known."""
    claims = tuple(KNOWN[name] for name in (code,) if name in KNOWN)
    return next((f for f in run_all(Case(wanted, facts, claims)).findings if f.code == code), None)


def test_a_variable_that_hides_every_gpu_is_an_error_where_one_is_wanted() -> None:
    hidden = found(box({**H100, "env.CUDA_VISIBLE_DEVICES": "7"}), "HOST002")
    assert hidden is not None
    assert hidden.fixes[0].env == {"CUDA_VISIBLE_DEVICES": None}
    assert "RECIPE005" not in told(box({**H100, "env.CUDA_VISIBLE_DEVICES": "7"}), CUDA)
    assert found(box({**H100, "env.CUDA_VISIBLE_DEVICES": ""}), "HOST002", Recipe()) is None
    assert found(box({**H100, "env.CUDA_VISIBLE_DEVICES": "0"}), "HOST002") is None


def test_a_variable_with_a_device_too_many_is_a_warning() -> None:
    listed = found(box({**H100, "gpu.count": "2", "env.CUDA_VISIBLE_DEVICES": "0,7"}), "HOST002")
    assert listed is not None
    assert listed.status is Status.WARNING


def test_gpus_that_the_variable_hides_are_named_where_their_number_is_too_small() -> None:
    facts = box({**H100, "gpu.count": "4", "env.CUDA_VISIBLE_DEVICES": "0"})
    short = found(facts, "RECIPE005", wanting(accelerator="cuda", gpu_count=">=2"))
    assert short is not None
    assert short.culprit == ("gpu.count", "env.CUDA_VISIBLE_DEVICES")
    assert "hides 3 more" in short.cause


def test_a_mismatch_of_driver_and_library_is_an_error_and_nothing_waits_for_it() -> None:
    reason = "NVML: Driver/library version mismatch (NVML library version: 550.144)"
    facts = box({"nvidia.kernel": "550.120"}, torch(), missing={"driver": reason, "gpu.count": reason})
    broken = found(facts, "HOST003")
    assert broken is not None
    assert "the kernel runs 550.120" in broken.cause
    assert not any("waits for `driver`" in title for title in told(facts, CUDA).values())
    assert found(facts, "HOST003", wanting(accelerator="cpu")) is None
    assert found(box({}, missing={"driver": "NVML: Insufficient Permissions"}), "HOST003") is None


@pytest.mark.parametrize(
    ("library", "source", "more", "fault"),
    [
        ("stub", "/usr/local/cuda/lib64/stubs/libcuda.so.1", {}, "stub"),
        ("550.54.15", "/usr/local/cuda-12.4/compat/libcuda.so.1", {"gpu.name": "NVIDIA GeForce RTX 4090"}, "804"),
        ("535.54.03", "/usr/local/cuda-12.2/compat/libcuda.so.1", {"gpu.name": "NVIDIA A100"}, "803"),
        ("545.23.08", "/usr/lib/x86_64-linux-gnu/libcuda.so.1", {}, "803"),
        ("580.65.06", "/usr/local/cuda-13.0/compat/libcuda.so.1", {"gpu.name": "NVIDIA A100"}, ""),
        ("550.54.15", "/usr/lib/x86_64-linux-gnu/libcuda.so.1", {}, ""),
    ],
)
def test_the_libcuda_that_is_taken_has_to_fit(library: str, source: str, more: dict[str, str], fault: str) -> None:
    seen = {**H100, "nvidia.kernel": "550.54.15", "nvidia.libcuda": library, **more}
    finding = found(box(seen, sources={"nvidia.libcuda": source}), "HOST004")
    assert fault in finding.cause if finding else not fault


def test_a_libcuda_from_the_library_path_is_mended_there() -> None:
    seen = {**H100, "nvidia.libcuda": "stub", "env.LD_LIBRARY_PATH": "/opt/lib:/usr/local/cuda/lib64/stubs/:"}
    finding = found(box(seen, sources={"nvidia.libcuda": "/usr/local/cuda/lib64/stubs/libcuda.so.1"}), "HOST004")
    assert finding is not None
    assert finding.kind == "env-var"
    assert finding.fixes[0].env == {"LD_LIBRARY_PATH": "/opt/lib"}


def test_the_fabric_manager_is_of_the_drivers_version_where_there_are_switches() -> None:
    other = {**H100, "nvidia.fabricmanager": "550.90.07"}
    assert found(box({**other, "gpu.nvswitch": "4"}), "HOST005") is not None
    assert found(box({**other, "gpu.nvswitch": "0"}), "HOST005") is None
    assert found(box({**H100, "nvidia.fabricmanager": "550.54.15", "gpu.nvswitch": "4"}), "HOST005") is None


NEEDS = "cuda>=12.8 brand=tesla,driver>=535,driver<536 brand=geforce,driver>=535,driver<536"


@pytest.mark.parametrize(
    ("seen", "refused"),
    [
        ({"driver": "550.144.03", "cuda.driver": "12.4", "gpu.brand": "tesla"}, True),
        ({"driver": "535.183.01", "cuda.driver": "12.2", "gpu.brand": "tesla"}, False),
        ({"driver": "535.183.01", "cuda.driver": "12.2", "gpu.name": "NVIDIA GeForce RTX 4090"}, False),
        ({"driver": "535.183.01", "cuda.driver": "12.2", "gpu.name": "NVIDIA RTX A6000"}, False),
        ({"driver": "570.26", "cuda.driver": "12.8"}, False),
        ({"driver": "550.144.03", "cuda.driver": "12.4", "env.NVIDIA_DISABLE_REQUIRE": "1"}, False),
    ],
)
def test_one_alternative_of_what_an_image_asks_for_is_enough(seen: dict[str, str], refused: bool) -> None:
    facts = box({"container": "image", "env.NVIDIA_REQUIRE_CUDA": NEEDS, **seen})
    assert (found(facts, "HOST006") is not None) == refused


def test_a_container_that_runs_was_let_in() -> None:
    seen = {"container": "docker", "driver": "550.144.03", "cuda.driver": "12.4", "env.NVIDIA_REQUIRE_CUDA": NEEDS}
    assert found(box(seen, kind="interpreter"), "HOST006") is None
    assert found(box(seen), "HOST006") is not None


def test_a_binary_that_asks_for_newer_symbols_than_the_loader_has() -> None:
    old = {"glibc": "2.31", "libstdcxx": "3.4.28", "needs.glibc.vllm": "2.32", "needs.glibcxx.torch": "3.4.30"}
    claims = told(box(old, torch()))
    assert claims["HOST007"].startswith("error")
    assert found(box({**old, "glibc": "2.35", "libstdcxx": "3.4.30"}, torch()), "HOST007") is None


def test_an_older_copy_of_a_library_in_front_of_the_wheels_own_is_an_error() -> None:
    wheel = Distribution("nvidia-nvjitlink-cu12", "12.4.127")
    path = {"nvjitlink": "/usr/local/cuda/lib64/libnvJitLink.so.12"}
    older = box({"nvjitlink": "12.1.105", "env.LD_LIBRARY_PATH": "/usr/local/cuda/lib64"}, wheel, sources=path)
    finding = found(older, "CUDA101")
    assert finding is not None
    assert finding.fixes[0].env == {"LD_LIBRARY_PATH": None}
    assert found(box({"nvjitlink": "12.8.93"}, wheel, sources=path), "CUDA101") is None
    inside = {"nvjitlink": "/venv/lib/python3.11/site-packages/nvidia/nvjitlink/lib/libnvJitLink.so.12"}
    assert found(box({"nvjitlink": "12.1.105"}, wheel, sources=inside), "CUDA101") is None


def test_a_copy_of_another_major_version_hides_nothing() -> None:
    wheel = Distribution("nvidia-cudnn-cu12", "9.1.0.70")
    assert found(box({"cudnn": "8.9.7"}, wheel, sources={"cudnn": "/usr/lib/libcudnn.so.8"}), "CUDA101") is None


def test_cudnn_is_not_older_than_what_the_framework_was_compiled_with() -> None:
    assert found(box({"cudnn": "8.2.4", "cudnn.built": "8.7.0"}), "CUDA101") is not None
    assert found(box({"cudnn": "9.15.1", "cudnn.built": "9.10.2"}), "CUDA101") is None


@pytest.mark.parametrize(
    ("targets", "gpus", "code"),
    [
        ("sm_80 sm_86", ["8.9"], ""),
        ("sm_60", ["6.1"], ""),
        ("sm_80 sm_90", ["9.0", "8.0"], ""),
        ("sm_120", ["12.1"], ""),
        ("sm_100f", ["10.3"], ""),
        ("sm_80 compute_80", ["9.0"], ""),
        ("sm_86", ["8.0"], "gpu-arch"),
        ("sm_90", ["10.0"], "gpu-arch"),
        ("sm_90a", ["9.0", "10.0"], "gpu-arch"),
        ("sm_100a", ["10.3"], "gpu-arch"),
        ("sm_80 compute_90a", ["10.0"], "gpu-arch"),
        ("sm_80", ["8.0", "6.0"], "gpu-arch"),
    ],
)
def test_code_runs_by_the_rules_of_cubin_and_ptx(targets: str, gpus: list[str], code: str) -> None:
    seen: dict[str, str | list[str]] = {
        "torch.arch_list": targets,
        "cuda.toolkit": "12.4.131",
        "cuda.driver": "12.4",
        "gpu.compute": gpus,
    }
    finding = found(box(seen, torch("2.6.0", "source cuda12.4")), "CUDA102")
    assert (finding.kind if finding else "") == code


def test_ptx_of_a_newer_toolkit_than_the_driver_knows_is_an_error_of_the_driver() -> None:
    seen = {"vllm.arch_list": "sm_80 compute_80", "cuda.driver": "13.0", "gpu.compute": "12.1"}
    newer = box(seen, Distribution("vllm", "0.24", build="source cuda13.3"))
    finding = found(newer, "CUDA102")
    assert finding is not None
    assert finding.kind == "driver"
    assert found(box(seen, Distribution("vllm", "0.24", build="source cuda13.0")), "CUDA102") is None


def test_the_torch_wheel_is_looked_up_by_release_cuda_and_processor() -> None:
    pascal = {"gpu.compute": "6.0", "gpu.name": "Tesla P100"}
    finding = found(box(pascal, torch("2.10.0", "cu128")), "GPU010")
    assert finding is not None
    assert finding.fixes[0].note.startswith("torch 2.10 built for CUDA 12.6")
    assert found(box(pascal, torch("2.10.0", "cu126")), "GPU010") is None
    assert found(box({**pascal, "arch": "aarch64"}, torch("2.13.0", "cu126")), "GPU010") is not None


def test_the_torch_wheel_of_a_gpu_too_new_is_a_newer_one() -> None:
    finding = found(box({"gpu.compute": "12.0"}, torch()), "GPU010")
    assert finding is not None
    assert finding.fixes[0].note.startswith("torch 2.7 built for CUDA 12.8")


def test_two_kinds_of_gpu_are_judged_together_unless_one_is_hidden() -> None:
    mixed: dict[str, str | list[str]] = {"gpu.count": "2", "gpu.compute": ["8.9", "6.0"]}
    finding = found(box(mixed, torch("2.10.0", "cu128")), "GPU010")
    assert finding is not None
    assert "CUDA_VISIBLE_DEVICES" in finding.fixes[-1].note
    assert found(box({**mixed, "env.CUDA_VISIBLE_DEVICES": "0"}, torch("2.10.0", "cu128")), "GPU010") is None


def test_what_the_table_does_not_know_is_unknown_and_a_build_of_ones_own_is_not_judged() -> None:
    past = found(box(H100, torch("2.17.0", "cu134")), "GPU010")
    assert past is not None
    assert past.status is Status.UNKNOWN
    assert found(box(H100, torch("2.17.0", "cuda134_generic_py312")), "GPU010") is None


def test_an_unseen_gpu_leaves_the_wheel_unjudged() -> None:
    facts = box({}, torch(), missing={"gpu.compute": "NVML: Insufficient Permissions"})
    claims = (KNOWN["GPU010"],)
    titles = [f.title for f in run_all(Case(CUDA, facts, claims)).findings]
    assert "1 judgement waits for `gpu.compute`" in titles


@pytest.mark.parametrize(
    ("seen", "code"),
    [
        ({"cuda.toolkit": "11.8.89"}, "CUDA103"),
        ({"cuda.toolkit": "12.6.77", "gcc": "13.2.0", "gpu.compute": "9.0"}, ""),
        ({"cuda.toolkit": "12.4.131", "gcc": "14.2.0"}, "CUDA030"),
        ({"cuda.toolkit": "12.4.131", "gpu.compute": "12.0"}, "CUDA031"),
        ({"cuda.toolkit": "12.4.131", "gpu.compute": "12.0", "env.TORCH_CUDA_ARCH_LIST": "9.0"}, ""),
    ],
)
def test_toolkit_and_compiler_count_where_something_is_compiled(seen: dict[str, str], code: str) -> None:
    facts = box(seen, torch())
    claims = (KNOWN["CUDA030"], KNOWN["CUDA031"])
    codes = {f.code for f in run_all(Case(BUILDING, facts, claims)).findings if f.status is Status.ERROR}
    assert codes == ({code} if code else set())
    quiet = run_all(Case(CUDA, facts, claims)).findings
    assert not any(f.status is Status.ERROR for f in quiet)


def test_no_nvcc_is_an_error_where_an_extension_is_compiled() -> None:
    facts = box({}, torch(), missing={"cuda.toolkit": "nvcc not on PATH, no CUDA_HOME"})
    assert found(facts, "CUDA103", BUILDING) is not None
    assert found(facts, "CUDA103", wanting("torch.utils.cpp_extension.CppExtension")) is None


def test_a_wheel_for_another_torch_is_an_error() -> None:
    wheel = Distribution("flash-attn", "2.7.4.post1", build="cu12torch2.6cxx11abiFALSE")
    assert found(box({}, torch(), wheel), "CUDA104") is None
    assert found(box({}, torch("2.7.1", "cu126"), wheel), "CUDA104") is not None


def test_a_wish_for_cuda_is_one_for_what_the_driver_runs() -> None:
    assert found(box(H100), "RECIPE005", wanting(cuda=">=12.4")) is None
    assert found(box(H100), "RECIPE005", wanting(cuda=">=13")) is not None


def test_a_claim_of_another_check_is_that_checks_table() -> None:
    old = box({"cuda.toolkit": "12.4.131", "gcc": "14.2.0"}, torch())
    assert "CUDA030" not in {f.code for f in run_all(Case(CUDA, old, (KNOWN["CUDA030"],))).findings}


@pytest.mark.parametrize(
    "text", ["", "*", "[", "9" * 6000, "sm_", ",,,", "\x00\u202e", ">=1", "x" * 100_000, "1!2", "²"]
)
def test_no_text_of_a_snapshot_crashes_a_check(text: str) -> None:
    names = (
        "driver cuda.driver cuda.runtime cuda.toolkit cudnn cudnn.built nccl nvjitlink gcc glibc libstdcxx gpu.count "
        "gpu.compute gpu.memory gpu.name gpu.pci gpu.brand gpu.uuid gpu.nvswitch nvidia.libcuda nvidia.kernel "
        "nvidia.kernel.flavour nvidia.fabricmanager torch.arch_list needs.glibc.torch needs.glibcxx.torch "
        "env.CUDA_VISIBLE_DEVICES env.NVIDIA_REQUIRE_CUDA env.LD_LIBRARY_PATH container"
    ).split()
    wheels = [torch(text, text), torch("2.6.0", text), Distribution("nvidia-cudnn-cu12", text)]
    facts = box(dict.fromkeys(names, text), *wheels, sources={"nvidia.libcuda": text})
    wanted = wanting("torch.utils.cpp_extension.load", accelerator="cuda", gpu_count=">=1", gpu_memory=">=8 GiB")
    verdict = run_all(Case(wanted, facts, tuple(KNOWN.values())))
    assert [f.title for f in verdict.findings if f.code == "HOST999"] == []
    assert not verdict.crashed
