"""Train a GPT or an nGPT on the text, each as its paper says, on the same batches."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import NamedTuple

import gpt
import ngpt
import text
import torch

WARM_UP = 0.1  # of the steps, for the GPT; the nGPT needs none


class Plan(NamedTuple):
    """What to train: `kind` is gpt or ngpt."""

    kind: str
    preset: str
    steps: int
    rate: float
    rows: int
    context: int
    seed: int = 0
    every: int = 0


def model(plan: Plan) -> torch.nn.Module:
    """Give the model of a plan, drawn by its seed."""
    torch.manual_seed(plan.seed)
    if plan.kind == "ngpt":
        return ngpt.NGPT(replace(ngpt.PRESETS[plan.preset], context=plan.context))
    return gpt.GPT(replace(gpt.PRESETS[plan.preset], context=plan.context))


def rate(plan: Plan, step: int) -> float:
    """Give the learning rate of a step: for the GPT a warm-up, for both a cosine to zero."""
    warm = int(plan.steps * WARM_UP) if plan.kind == "gpt" else 0
    if step < warm:
        return plan.rate * (step + 1) / warm
    return plan.rate * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, plan.steps - warm)))


def run(plan: Plan, device: str = "cpu") -> dict:
    """Train and give the curve of the loss on the held-out part, and what a step costs."""
    learn, judge = text.parts()
    made = model(plan).to(device)
    optimizer = made.optimizer(plan.rate)
    generator = torch.Generator().manual_seed(1000 + plan.seed)
    curve, spent = [(0, loss(made, judge, plan, device))], 0.0
    for step in range(plan.steps):
        started = _clock(device)
        for group in optimizer.param_groups:
            group["lr"] = rate(plan, step)
        tokens, targets = text.batch(learn, plan.rows, plan.context, generator)
        optimizer.zero_grad(set_to_none=True)
        made(tokens.to(device), targets.to(device)).backward()
        torch.nn.utils.clip_grad_norm_(made.parameters(), 1.0)
        optimizer.step()
        if plan.kind == "ngpt":
            made.normalize()
        spent += _clock(device) - started
        if step + 1 == plan.steps or (plan.every and (step + 1) % plan.every == 0):
            curve.append((step + 1, loss(made, judge, plan, device)))
    return {**plan._asdict(), "curve": curve, "ms_a_step": round(1000 * spent / plan.steps, 1)}


def _clock(device: str) -> float:
    """Give the processor's time; of a GPU the wall's, once it has done all that it was given."""
    if device == "cpu":
        return time.process_time()
    torch.cuda.synchronize()
    return time.perf_counter()


@torch.no_grad()
def loss(made: torch.nn.Module, judge: torch.Tensor, plan: Plan, device: str) -> float:
    """Give the loss on always the same rows of the held-out part."""
    tokens, targets = text.batch(judge, 6144 // plan.context, plan.context, torch.Generator().manual_seed(7))
    pairs = list(zip(tokens.split(16), targets.split(16)))
    return sum(float(made(a.to(device), b.to(device))) * len(a) for a, b in pairs) / len(tokens)
