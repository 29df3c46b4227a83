"""What every training script takes for granted: arithmetic, optimizers, checkpoints, NumPy, threads, equal bits."""

from __future__ import annotations

import os
import tempfile
from typing import Iterator

import gpt
import ngpt
import torch
import harness
from harness import Unable, equal, least, most, told, trial
from measure import device, dtypes, error, gpu, name, version

NEEDS = ("torch",)

# Twice to ten times the largest error that was measured, relative to float64; see the README.
MATMUL = {torch.float64: 1e-14, torch.float32: 2e-6, torch.bfloat16: 4e-3, torch.float16: 6e-4}


@trial()
def numpy() -> Iterator[dict]:
    """Tensors and NumPy arrays share their numbers, both ways."""
    import numpy as np

    tensor = torch.arange(6.0).view(2, 3)
    yield equal("tensor to array", bool((tensor.numpy() == np.arange(6.0).reshape(2, 3)).all()), True)
    array = np.zeros(3, dtype=np.float32)
    torch.from_numpy(array).add_(1)
    yield equal("array to tensor, in one memory", array.tolist() == [1.0, 1.0, 1.0], True)
    yield told("numpy", np.__version__)


@trial()
def matmul() -> Iterator[dict]:
    """A matrix product is as exact as its type allows, against float64 sums that use no matrix product."""
    yield told("float32 matrix products", torch.get_float32_matmul_precision())
    for dtype in [torch.float64, *dtypes()]:
        worst = 0.0
        for rows, inner, columns in ((1, 256, 64), (17, 33, 65), (64, 64, 64), (127, 1024, 129)):
            torch.manual_seed(rows)
            a, b = torch.randn(rows, inner).to(dtype), torch.randn(columns, inner).to(dtype)
            exact = (a.double()[:, None, :] * b.double()[None]).sum(-1)
            worst = max(worst, error(torch.nn.functional.linear(a.to(device()), b.to(device())), exact))
        yield most(name(dtype), worst, MATMUL[dtype])


@trial()
def optimizer() -> Iterator[dict]:
    """Each variant of AdamW makes the steps that its equations say, written out in float64."""
    rate, first, second, decay, count = 1e-2, 0.9, 0.95, 0.1, 20
    torch.manual_seed(0)
    start, gradients = torch.randn(300), torch.randn(count, 300)
    exact, m, v = start.double(), torch.zeros(300).double(), torch.zeros(300).double()
    for step, gradient in enumerate(gradients.double(), 1):
        m, v = first * m + (1 - first) * gradient, second * v + (1 - second) * gradient**2
        exact = exact * (1 - rate * decay)
        exact = exact - rate * (m / (1 - first**step)) / ((v / (1 - second**step)).sqrt() + 1e-8)
    fused = version() >= (2, 4) or harness.settings.device != "cpu"
    for variant in ({"foreach": False}, {"foreach": True}, *([{"fused": True}] if fused else [])):
        parameter = torch.nn.Parameter(start.clone().to(device()))
        adam = torch.optim.AdamW([parameter], lr=rate, betas=(first, second), weight_decay=decay, **variant)
        for gradient in gradients:
            parameter.grad = gradient.to(device())
            adam.step()
        yield most(" ".join(f"{key}={value}" for key, value in variant.items()), error(parameter, exact), 1e-6)


def _steps(model: torch.nn.Module, adam: torch.optim.Optimizer, count: int) -> None:
    tokens = torch.arange(4 * 33, device=device()).view(4, 33) * 37 % 256
    for _ in range(count):
        adam.zero_grad()
        model(tokens[:, :-1], tokens[:, 1:]).backward()
        adam.step()
        if hasattr(model, "normalize"):
            model.normalize()


def _alike(a: torch.nn.Module, b: torch.nn.Module) -> bool:
    return all(torch.equal(one, other) for one, other in zip(a.parameters(), b.parameters()))


@trial()
def checkpoint() -> Iterator[dict]:
    """What is saved is loaded, and a resumed training goes on as if it had never stopped, bit for bit."""
    torch.manual_seed(0)
    model = gpt.GPT(gpt.PRESETS["tiny"]).to(device())
    adam = model.optimizer(1e-2)
    _steps(model, adam, 2)
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "checkpoint.pt")
        torch.save({"model": model.state_dict(), "optimizer": adam.state_dict()}, file)
        # the reader of torch 1.13 knows no floats when it loads weights only
        options = {"weights_only": True} if version() >= (2, 0) else {}
        kept = torch.load(file, map_location=device(), **options)
        safe = _safetensors(model, os.path.join(folder, "model.safetensors"))
    other = gpt.GPT(gpt.PRESETS["tiny"]).to(device())
    other.load_state_dict(kept["model"])
    yield equal("loaded as saved", _alike(model, other), True)
    resumed = other.optimizer(1e-2)
    resumed.load_state_dict(kept["optimizer"])
    _steps(model, adam, 2)
    _steps(other, resumed, 2)
    yield equal("resumed as never stopped", _alike(model, other), True)
    yield equal("safetensors", safe, True) if isinstance(safe, bool) else told("safetensors", safe)


def _safetensors(model: torch.nn.Module, file: str) -> object:
    try:
        from safetensors.torch import load_file, save_file
    except ModuleNotFoundError:
        return "not installed"
    state = {key: value.contiguous() for key, value in model.state_dict().items()}
    save_file(state, file)
    return all(torch.equal(state[key].cpu(), value) for key, value in load_file(file).items())


@trial()
def determinism() -> Iterator[dict]:
    """The same seed gives the same training, bit for bit."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)
    models = []
    try:
        for _ in range(2):
            torch.manual_seed(3)
            model = ngpt.NGPT(ngpt.PRESETS["tiny"]).to(device())
            _steps(model, model.optimizer(1e-2), 5)
            models.append(model)
    finally:
        torch.use_deterministic_algorithms(before)
    yield equal("bits of two runs", _alike(*models), True)


@trial()
def threads() -> Iterator[dict]:
    """One thread and all of them give the same sums, and one OpenMP runtime is loaded, not two that fight."""
    # a variable that OpenMP cannot read is ignored by it with a warning at most, and all cores are taken
    asked = os.environ.get("OMP_NUM_THREADS", "")
    readable = all(part.strip().isdigit() and int(part) > 0 for part in asked.split(","))
    yield equal(f"OMP_NUM_THREADS={asked[:40]} is a number", readable or not asked, True)
    torch.manual_seed(0)
    matrix = torch.randn(256, 512)
    torch.set_num_threads(1)
    one = matrix @ matrix.T
    torch.set_num_threads(max(2, min(os.cpu_count() or 2, 8)))
    several = matrix @ matrix.T
    torch.set_num_threads(harness.settings.threads)
    yield most("one thread against all", error(several, one.double()), 1e-6)
    if not os.path.exists("/proc/self/maps"):
        raise Unable("which OpenMP runtimes are loaded can be read on Linux only")
    runtimes = _openmp()
    yield told("OpenMP", ", ".join(sorted(os.path.basename(path) for path in runtimes)) or "none")
    kinds = sorted({os.path.basename(path).split("-")[0].split(".")[0] for path in runtimes})
    yield equal("OpenMP runtimes", " and ".join(kinds), kinds[0] if kinds else "")


def _openmp() -> set:
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
        files = {line.split(None, 5)[5].strip() for line in maps if line.count("/")}
    return {path for path in files if os.path.basename(path).startswith(("libgomp", "libiomp", "libomp"))}


@trial("gpu")
def memory() -> Iterator[dict]:
    """Nearly all the memory that the GPU states can be taken and holds what is written."""
    for number in range(torch.cuda.device_count() if gpu() else 0):
        torch.cuda.empty_cache()  # what other trials took counts as free
        free, total = torch.cuda.mem_get_info(number)
        what = f"GPU {number}, {torch.cuda.get_device_name(number)}"
        yield told(f"{what}: GiB", round(total / 2**30, 2))
        yield least(f"{what}: free of total", free / total, 0.8)
        block = torch.empty(int(free * 0.9) // 4, dtype=torch.int32, device=f"cuda:{number}")
        block.fill_(0x5A5A5A5A)
        yield equal(f"{what}: holds what is written", bool((block[:: 1 << 16] == 0x5A5A5A5A).all()), True)
        del block
        torch.cuda.empty_cache()
