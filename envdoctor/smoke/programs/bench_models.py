"""Figures, never verdicts: what attention costs and keeps in generation, and how fast an nGPT learns beside a GPT."""

from __future__ import annotations

import statistics
import time
from dataclasses import replace
from typing import Callable, Iterator, Optional

import attention
import text
import torch
import train
from harness import told, trial
from measure import device, name, version

NEEDS = ("torch",)

KINDS, CONTEXTS, ROUNDS = ("mha", "gqa", "mqa", "mla"), (1024, 2048, 4096, 8192, 16384), 9
SIZES = {"cpu": ("small", 1), "cuda": ("v2-lite", 16)}  # the preset, and how many texts are generated at once
REPLAYS = 10  # of a GPU's graph in one measurement

# Both models get three rates to choose from, on a seed of its own; the losses of all are told.
GRID = {"gpt": (2e-3, 4e-3, 8e-3), "ngpt": (2.5e-3, 5e-3, 1e-2)}
STEPS, TOKENS, LENGTHS, SEEDS, TUNED_ON = 200, 1024, (256, 512), (0, 1, 2), 100


@trial("bench")
def decode() -> Iterator[dict]:
    """Time and bytes of a token for MHA, GQA, MQA and MLA in generation, beside the speed of the memory.

    One attention layer makes one token more. Each kind runs by PyTorch's own kernel and by the written-out lines, and
    the faster counts. On a CPU it is the time of the processor, which other work on the machine hardly changes.
    """
    preset, batch = SIZES[device()]
    config = attention.PRESETS[preset]
    yield told("sizes", f"{preset}: width {config.width}, {config.heads} heads of {config.head}, batch {batch}")
    yield told("GB/s of reading memory", round(_bandwidth(), 1))
    for dtype in (torch.float32, torch.bfloat16):
        for context in CONTEXTS:
            for kind, (kept, how, seconds) in _times(config, dtype, context, batch).items():
                what = f"{name(dtype)}, context {context}, {kind}"
                yield told(f"{what}: ms a token", round(1000 * seconds, 4))
                yield told(f"{what}: by", how)
                yield told(f"{what}: cache bytes a token", kept // context // batch)
                yield told(f"{what}: GB/s of its cache", round(kept / seconds / 1e9, 2))


def _bandwidth() -> float:
    block = torch.ones(1 << 26, device=device())
    times = [_timed(block.sum) for _ in range(6)]
    return block.numel() * 4 / min(times[1:]) / 1e9


@torch.no_grad()
def _times(config: attention.Config, dtype: torch.dtype, context: int, batch: int) -> dict:
    """Give bytes, kernel and seconds of each kind; they take turns, so that the machine's mood meets all of them."""
    x_BTD = torch.randn(batch, 1, config.width).to(device(), dtype)
    kept, steps = {}, {}
    for kind in KINDS:
        made = replace(config, kind=kind)
        cache = attention.Cache(made, batch, context + 1, x_BTD)
        for buffer in cache.buffers:
            buffer.normal_()
        kept[kind] = cache.bytes * context // (context + 1)
        for how in ("written out", "fused") if version() >= (2, 0) else ("written out",):
            layer = attention.build(made, fused=how == "fused").to(device(), dtype)
            steps[kind, how] = _step(layer, x_BTD, cache, context)
    spent: dict = {one: [] for one in steps}
    for _ in range(ROUNDS + 1):
        for one, step in steps.items():
            spent[one].append(_timed(step))
    best = {one: statistics.median(times[1:]) for one, times in spent.items()}
    faster = {kind: min((one for one in best if one[0] == kind), key=best.__getitem__) for kind in KINDS}
    return {kind: (kept[kind], one[1], best[one]) for kind, one in faster.items()}


def _step(layer: torch.nn.Module, x_BTD: torch.Tensor, cache: attention.Cache, context: int) -> Callable[[], object]:
    """Give what makes a token; on a GPU a graph of its kernels, without the time that Python takes to start them."""

    def step() -> torch.Tensor:
        cache.length = context
        return layer(x_BTD, cache)

    return step if device() == "cpu" else Replayed(step)


class Replayed:
    """The kernels of a step as a graph. It keeps the step, and so what the kernels read and write, alive."""

    def __init__(self, step: Callable[[], object]) -> None:
        self.step, self.graph = step, torch.cuda.CUDAGraph()
        torch.cuda.synchronize()
        side = torch.cuda.Stream()
        with torch.cuda.stream(side):
            for _ in range(3):
                step()
        torch.cuda.synchronize()
        with torch.cuda.graph(self.graph):
            self.made = step()

    def __call__(self) -> None:
        """Run the kernels once more."""
        self.graph.replay()


def _timed(function: Callable[[], object]) -> float:
    """Give the seconds that a call takes: of this thread on a CPU, on a GPU between two events."""
    if device() == "cpu":
        started = time.process_time()
        function()
        return time.process_time() - started
    first, last = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    first.record()
    for _ in range(REPLAYS):
        function()
    last.record()
    torch.cuda.synchronize()
    return first.elapsed_time(last) / 1000 / REPLAYS


@trial("bench")
def learning() -> Iterator[dict]:
    """How many times fewer steps an nGPT needs to a GPT's final loss: one text, the same batches, three seeds."""
    yield told("text", text.digest())
    yield told("entropy of the text", round(text.entropy(text.parts()[1]), 4))
    yield told("steps", STEPS)
    rates = {}
    for kind, grid in GRID.items():
        finals = {rate: _trained(kind, rate, LENGTHS[0], TUNED_ON)["curve"][-1][1] for rate in grid}
        rates[kind] = min(finals, key=finals.__getitem__)
        losses = ", ".join(f"{loss:.4f} at {rate:g}" for rate, loss in finals.items())
        yield told(f"{kind}: losses of three rates at context {LENGTHS[0]}", losses)
    for context in LENGTHS:
        ratios = []
        for seed in SEEDS:
            runs = {kind: _trained(kind, rate, context, seed) for kind, rate in rates.items()}
            reached = _reached(runs["ngpt"]["curve"], runs["gpt"]["curve"][-1][1])
            ratios += [STEPS / reached] if reached else []
            yield from _told(runs, reached, f"context {context}, seed {seed}")
        yield told(f"context {context}: seeds that reach it", f"{len(ratios)} of {len(SEEDS)}")
        spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})" if ratios else "none"
        yield told(f"context {context}: times fewer steps, of those", spread)


def _trained(kind: str, rate: float, context: int, seed: int) -> dict:
    plan = train.Plan(kind, "small", STEPS, rate, TOKENS // context, context, seed, every=20)
    return train.run(plan, device())


def _reached(curve: list, goal: float) -> Optional[float]:
    """Give the step at which a curve comes down to a loss, on the line between two of its points."""
    before, high = curve[0]
    for after, low in curve[1:]:
        if low <= goal:
            return before + (after - before) * (high - goal) / (high - low)
        before, high = after, low
    return None


def _told(runs: dict, reached: Optional[float], what: str) -> Iterator[dict]:
    for kind, run in runs.items():
        yield told(f"{what}: {kind} loss", round(run["curve"][-1][1], 4))
        yield told(f"{what}: {kind} ms a step", run["ms_a_step"])
    yield told(f"{what}: ngpt reaches it at step", round(reached, 1) if reached else "never")
