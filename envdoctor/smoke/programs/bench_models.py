"""Figures, never verdicts: what attention costs and keeps in generation, and how fast an nGPT learns beside a GPT."""

from __future__ import annotations

import statistics
import time
from dataclasses import replace
from typing import Iterator

import attention
import harness
import text
import torch
import train
from harness import told, trial
from measure import device, dtypes, name

NEEDS = ("torch",)
ROUNDS, STEPS = 5, 3
RATES = {"gpt": 4e-3, "ngpt": 5e-3}  # the best of a grid of three for each, one seed; see the README
CONTEXTS, TRAINED, SEEDS = (256, 512), 200, 3


@trial("bench")
def decode() -> Iterator[dict]:
    """Time a token and bytes kept a token of MHA, GQA, MQA and MLA, beside what the memory can do."""
    config = attention.PRESETS[harness.settings.preset]
    contexts = (1024, 4096, 16384) if harness.settings.preset == "small" else (1024, 4096)
    yield told("GB/s of reading memory", round(_bandwidth(), 1))
    for dtype in dtypes()[:2]:
        for context in contexts:
            times = _times(config, dtype, context)
            for kind, (bytes_a_token, spent) in times.items():
                what = f"{name(dtype)}, context {context}, {kind}"
                yield told(f"{what}: ms a token", round(1000 * statistics.median(spent), 3))
                yield told(f"{what}: bytes a token", bytes_a_token)


def _bandwidth() -> float:
    block = torch.ones(1 << 26, device=device())
    block.sum()
    best = min(_timed(block.sum) for _ in range(5))
    return block.numel() * 4 / best / 1e9


def _timed(function: object) -> float:
    started = time.process_time() if harness.settings.device == "cpu" else time.perf_counter()
    function()
    if harness.settings.device == "cuda":
        torch.cuda.synchronize()
        return time.perf_counter() - started
    return time.process_time() - started


@torch.no_grad()
def _times(config: attention.Config, dtype: torch.dtype, context: int) -> dict:
    """Time one token more for each kind, in turns, so that a change of the machine's mood meets all of them."""
    layers = {}
    x_BTD = torch.randn(1, 1, config.width, device=device(), dtype=dtype)
    for kind in ("mha", "gqa", "mqa", "mla"):
        fused = hasattr(torch.nn.functional, "scaled_dot_product_attention")
        layer = attention.build(replace(config, kind=kind), fused=fused)
        cache = attention.Cache(replace(config, kind=kind), 1, context + 1, x_BTD)
        for buffer in cache.buffers:
            buffer.normal_()
        layers[kind] = (layer.to(device(), dtype), cache)
    spent: dict = {kind: [] for kind in layers}
    for _ in range(ROUNDS * STEPS + 1):
        for kind, (layer, cache) in layers.items():
            cache.length = context
            spent[kind].append(_timed(lambda layer=layer, cache=cache: layer(x_BTD, cache)))
    return {kind: (cache.bytes // (context + 1), spent[kind][1:]) for kind, (_, cache) in layers.items()}


@trial("bench")
def learning() -> Iterator[dict]:
    """Steps that an nGPT needs to the final loss of a GPT, on the same real text and batches, for three seeds."""
    yield told("text", text.digest())
    yield told("entropy", round(text.entropy(text.parts()[1]), 3))
    for context in CONTEXTS:
        for seed in range(SEEDS):
            runs = {}
            for kind, rate in RATES.items():
                plan = train.Plan(kind, "small", TRAINED, rate, 1024 // context, context, seed, every=10)
                runs[kind] = train.run(plan, harness.settings.device)
            yield from _told(runs, f"context {context}, seed {seed}")


def _told(runs: dict, what: str) -> Iterator[dict]:
    goal = runs["gpt"]["curve"][-1][1]
    reached = next((step for step, loss in runs["ngpt"]["curve"] if loss <= goal), None)
    for kind, run in runs.items():
        yield told(f"{what}: {kind} loss", round(run["curve"][-1][1], 4))
        yield told(f"{what}: {kind} CPU ms a step", run["cpu_ms_a_step"])
    yield told(f"{what}: ngpt reaches it at step", reached)
    yield told(f"{what}: times fewer steps", round(TRAINED / reached, 2) if reached else None)
