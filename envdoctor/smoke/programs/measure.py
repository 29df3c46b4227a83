"""What the trials of torch share: how far two tensors are apart, which types to try, and which torch this is."""

from __future__ import annotations

import os
import re

os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # has to stand there before a GPU is first used

import harness
import torch

torch.set_num_threads(harness.settings.threads)  # a library that takes all cores of a loaded machine only waits


def version() -> tuple:
    """Give torch's major and minor version."""
    found = re.match(r"(\d+)\.(\d+)", torch.__version__)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def need(wanted: tuple, what: str) -> None:
    """Go on only if torch is new enough."""
    if version() < wanted:
        raise harness.Unable(f"{what} begins with torch {wanted[0]}.{wanted[1]}, this is {torch.__version__}")


def device() -> str:
    """Give the device to try; go on only if this torch has it."""
    if harness.settings.device == "cuda" and not torch.cuda.is_available():
        raise harness.Unable("torch sees no CUDA device")
    return harness.settings.device


def gpu() -> str:
    """Give the GPU to try; go on only if the trials are asked for there."""
    if harness.settings.device == "cpu":
        raise harness.Unable("asks for a GPU: `--device cuda`")
    return device()


def dtypes() -> list:
    """Give the types that models are trained and served in."""
    half = [torch.float16] if harness.settings.device == "cuda" or version() >= (2, 2) else []
    return [torch.float32, torch.bfloat16, *half]


def name(dtype: torch.dtype) -> str:
    """Give a type as people write it."""
    return str(dtype).split(".")[1]


def bits(dtype: torch.dtype) -> int:
    """Give the size of a number."""
    return torch.finfo(dtype).bits


def error(got: torch.Tensor, exact: torch.Tensor) -> float:
    """Give the distance of two tensors relative to the length of the exact one; NaN if anything is not finite."""
    got, exact = got.detach().double().cpu(), exact.detach().double().cpu()
    if not bool(torch.isfinite(got).all()):
        return float("nan")
    return float((got - exact).norm() / exact.norm().clamp_min(1e-300))
