"""Do a GPT and an nGPT train here, does the nGPT stay on its sphere, and is mixed precision as good as it should be?"""

from __future__ import annotations

import copy
from typing import Iterator

import gpt
import harness
import ngpt
import text
import torch
import train
from harness import least, most, told, trial
from measure import device, error, name

NEEDS = ("torch",)


def _tokens(rows: int = 4, context: int = 32) -> tuple:
    torch.manual_seed(0)
    drawn = torch.randint(0, 256, (rows, context + 1), device=device())
    return drawn[:, :-1], drawn[:, 1:]


def _off(model: torch.nn.Module) -> float:
    return max(float((matrix.detach().norm(dim=axis) - 1).abs().max()) for matrix, axis in model.matrices())


@trial("core")
def _ngpt() -> Iterator[dict]:
    """After every step each matrix and each state has length one, and logits are cosines times s_z."""
    torch.manual_seed(0)
    model = ngpt.NGPT(ngpt.PRESETS[harness.settings.preset]).to(device())
    tokens, targets = _tokens()
    states: list = []
    for block in model.blocks:
        block.register_forward_hook(lambda _block, _given, state: states.append(state.detach()))
    optimizer = model.optimizer(1e-2)
    losses, matrices, drift = [], [_off(model)], 0.0
    for _ in range(10):
        optimizer.zero_grad()
        loss = model(tokens, targets)
        loss.backward()
        optimizer.step()
        drift = max(drift, _off(model))
        model.normalize()
        matrices.append(_off(model))
        losses.append(float(loss.detach()))
    yield most("matrices, length - 1", max(matrices), 1e-6)
    yield most("states, length - 1", max(float((state.norm(dim=-1) - 1).abs().max()) for state in states), 1e-6)
    yield least("matrices before they are put back", drift, 1e-4)
    yield most("largest cosine", float((model(tokens) / model.s_z()).detach().abs().max()), 1 + 1e-5)
    yield most("loss, last - first", losses[-1] - losses[0], -0.1)


def _gradient(model: torch.nn.Module) -> torch.Tensor:
    return torch.cat([parameter.grad.cpu().double().flatten() for parameter in model.parameters()])


@trial()
def autocast() -> Iterator[dict]:
    """Under autocast the loss and its gradient stay near those of float64, for both models."""
    tokens, targets = _tokens()
    for make in (gpt.GPT, ngpt.NGPT):
        torch.manual_seed(0)
        model = make((gpt if make is gpt.GPT else ngpt).PRESETS["tiny"]).to(device())
        exact = copy.deepcopy(model).cpu().double()
        exact_loss = exact(tokens.cpu(), targets.cpu())
        exact_loss.backward()
        # On a CPU float16 is not for training; a GPU scales its gradients, which is not tried here.
        for dtype in (torch.bfloat16,):
            model.zero_grad()
            with torch.autocast(harness.settings.device, dtype):
                loss = model(tokens, targets)
            loss.backward()
            gradients = [_gradient(one) for one in (model, exact)]
            yield most(f"{make.__name__} {name(dtype)} loss", abs(float((loss.double() - exact_loss).detach())), 2e-2)
            yield most(f"{make.__name__} {name(dtype)} gradient", error(*gradients), 8e-2)


@trial()
def train_step() -> Iterator[dict]:
    """Forty steps on a real text teach both models more than how often each byte occurs."""
    bound = text.entropy(text.parts()[1])
    yield told("entropy of the text", round(bound, 3))
    device()
    for kind, rate in (("gpt", 1e-2), ("ngpt", 1e-2)):
        plan = train.Plan(kind, harness.settings.preset, 40, rate, rows=8, context=64)
        first, last = (loss for _, loss in train.run(plan, harness.settings.device)["curve"])
        yield told(f"{kind} first loss", round(first, 3))
        yield most(f"{kind} last loss", last, bound - 0.2)
