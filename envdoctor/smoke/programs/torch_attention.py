"""Does attention compute what the papers say: MHA, GQA, MQA and MLA, in every form, type and kernel there is?"""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import json
import os
from typing import Iterator

import attention
import torch
import harness
from harness import HERE, equal, least, most, told, trial
from measure import bits, device, dtypes, error, name, need, version

NEEDS = ("torch",)

# About three times the largest error seen over seeds, forms and processors, relative to float64; see the README.
FORWARD = {torch.float32: 3e-6, torch.bfloat16: 2e-2, torch.float16: 3e-3}
TOKENS, PROMPT, CHUNK = 24, 9, 8


def _drawn(config: attention.Config, **options: object) -> torch.nn.Module:
    """Give a layer whose matrices keep the size of what they are given: torch's own draw leaves attention uniform."""
    torch.manual_seed(0)
    layer = attention.build(config, **options)
    with torch.no_grad():
        for parameter in layer.parameters():
            if parameter.dim() == 2:
                parameter.copy_(torch.randn(parameter.shape) * parameter.shape[1] ** -0.5)
    return layer


def _decoded(layer: torch.nn.Module, x_BTD: torch.Tensor, cache: attention.Cache) -> torch.Tensor:
    """Give what comes of a prompt in two chunks and then token by token."""
    starts = [0, PROMPT, PROMPT + CHUNK, *range(PROMPT + CHUNK + 1, x_BTD.shape[1])]
    ends = [*starts[1:], x_BTD.shape[1]]
    with torch.no_grad():
        return torch.cat([layer(x_BTD[:, start:end], cache) for start, end in zip(starts, ends)], 1)


def _forms(kind: str) -> list:
    kernels = [False, True] if version() >= (2, 0) else [False]
    forms = ("expanded", "recomputed", "absorbed") if kind == "mla" else ("",)
    return [(form, fused) for form in forms for fused in kernels]


def _compared(config: attention.Config, dtype: torch.dtype) -> Iterator[dict]:
    """Compare every form with the plain one in float64, of the same rounded weights."""
    base = _drawn(config).to(device(), dtype)
    x_BTD = torch.randn(2, TOKENS, config.width).to(device(), dtype)
    pull_BTD = torch.randn(2, TOKENS, config.width).to(device(), dtype)
    exact = copy.deepcopy(base).cpu().double()
    exact.form = "expanded"
    exact_BTD = exact(x_BTD.cpu().double())
    exact_BTD.backward(pull_BTD.cpu().double())
    for form, fused in _forms(config.kind):
        layer = copy.deepcopy(base)
        layer.form, layer.fused = form, fused
        got_BTD = layer(x_BTD)
        got_BTD.backward(pull_BTD)
        cache = attention.Cache(config, 2, TOKENS, x_BTD, form or "absorbed")
        decoded_BTD = _decoded(layer, x_BTD, cache)
        pairs = zip(layer.parameters(), exact.parameters())
        what = " ".join(part for part in (config.kind, form, "fused" if fused else "", name(dtype)) if part)
        yield most(f"{what} forward", error(got_BTD, exact_BTD), FORWARD[dtype])
        yield most(f"{what} decode", error(decoded_BTD, exact_BTD), FORWARD[dtype])
        yield most(f"{what} gradient", max(error(a.grad, b.grad) for a, b in pairs), 3 * FORWARD[dtype])
        kept = sum(heads * size for heads, size in config.kept(form or "absorbed"))
        yield equal(f"{what} cache bytes", cache.bytes, kept * 2 * TOKENS * bits(dtype) // 8)


@trial()
def mla() -> Iterator[dict]:
    """Latent attention is the same expanded, recomputed, absorbed: whole, in chunks, by token, and backwards."""
    for dtype in dtypes():
        yield from _compared(attention.PRESETS[harness.settings.preset], dtype)


@trial()
def grouped() -> Iterator[dict]:
    """MHA, GQA and MQA agree with float64: whole, in chunks, token by token, and backwards."""
    for kind in ("mha", "gqa", "mqa"):
        for dtype in dtypes():
            yield from _compared(dataclasses.replace(attention.PRESETS[harness.settings.preset], kind=kind), dtype)


@trial()
def identities() -> Iterator[dict]:
    """GQA with a group for each head is MHA, with one group MQA, bit for bit; else it is MHA of repeated heads."""
    config = attention.PRESETS[harness.settings.preset]
    x_BTD = torch.randn(2, TOKENS, config.width, device=device())
    pairs = {"gqa(H) = mha": ("gqa", config.heads, "mha"), "gqa(1) = mqa": ("gqa", 1, "mqa")}
    for what, (kind, groups, other) in pairs.items():
        one = _drawn(dataclasses.replace(config, kind=kind, groups=groups)).to(device())
        two = _drawn(dataclasses.replace(config, kind=other)).to(device())
        two.load_state_dict(one.state_dict())
        yield equal(what, torch.equal(one(x_BTD), two(x_BTD)), True)
    few = _drawn(dataclasses.replace(config, kind="gqa")).to(device())
    many = _drawn(dataclasses.replace(config, kind="mha")).to(device())
    state = few.state_dict()
    for key in ("to_k.weight", "to_v.weight"):
        heads_GKD = state[key].view(config.groups, config.head, config.width)
        state[key] = heads_GKD.repeat_interleave(config.heads // config.groups, 0).flatten(0, 1)
    many.load_state_dict(state)
    yield most("gqa = mha of repeated heads", error(few(x_BTD), many(x_BTD)), FORWARD[torch.float32])


@trial()
def rope() -> Iterator[dict]:
    """A rotary score depends on the difference of two positions alone, far out too, and turning keeps the length."""
    torch.manual_seed(0)
    q, k = torch.randn(2, 1, 64, device=device())

    def score(m: int, n: int) -> float:
        turned_q = attention.turn(q, *attention.angles(m, 1, 64, 10_000.0, q))
        turned_k = attention.turn(k, *attention.angles(n, 1, 64, 10_000.0, k))
        return float((turned_q.double() * turned_k.double()).sum())

    near = score(40, 8)
    for far in (1, 511, 100_000):
        yield most(f"shifted by {far}", abs(score(40 + far, 8 + far) - near), 2e-5)
    yield least("another distance", abs(score(41, 8) - near), 1e-3)
    turned = attention.turn(q, *attention.angles(777, 1, 64, 10_000.0, q))
    yield most("length", abs(float(turned.norm() / q.norm()) - 1), 1e-6)


@trial()
def cache() -> Iterator[dict]:
    """What is allocated for a token is what the papers' formula says, for DeepSeek-V2's own sizes too."""
    for preset, layers in attention.LAYERS.items():
        c = attention.PRESETS[preset]
        formulas = {"mha": 2 * c.heads * c.head, "gqa": 2 * c.groups * c.head, "mqa": 2 * c.head}
        formulas["mla"] = c.latent + c.rotary
        for kind, elements in formulas.items():
            like = torch.zeros((), dtype=torch.bfloat16, device=device())
            made = attention.Cache(dataclasses.replace(c, kind=kind), 1, 1, like).bytes * layers
            yield equal(f"{preset} {kind} bytes a token", made, elements * layers * 2)
    yield equal("DeepSeek-V2 bytes a token", made, 69_120)
    yield equal("DeepSeek-V2 halves of a head", 2 * (c.latent + c.rotary) / c.head, 9.0)


@trial()
def golden() -> Iterator[dict]:
    """Weights that were saved once give, here too, the numbers that they gave then."""
    with open(os.path.join(HERE, "golden.bin"), "rb") as file:
        saved = file.read()
    with open(os.path.join(HERE, "golden.json"), encoding="utf-8") as file:
        then = json.load(file)
    yield equal("sha256 of golden.bin", hashlib.sha256(saved).hexdigest(), then["sha256"])
    config = attention.Config(**then["config"])
    layer = attention.build(config)
    weights = torch.frombuffer(bytearray(saved), dtype=torch.float32)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(weights[: parameter.numel()].view_as(parameter))
            weights = weights[parameter.numel() :]
    layer = layer.double().to(device())
    x_BTD = torch.sin(torch.arange(8 * config.width, dtype=torch.float64) * 0.37).view(1, 8, config.width)
    x_BTD = x_BTD.to(device())
    for form in ("expanded", "absorbed"):
        layer.form = form
        with torch.no_grad():
            got_D = layer(x_BTD)[0, -1]
        yield most(form, error(got_D, torch.tensor(then["last"], dtype=torch.float64)), 1e-12)


# (B, heads of queries, of keys, T, S, size, mask): shapes that have broken kernels, odd lengths and groups among them
SHAPES = (
    (2, 4, 4, 64, 64, 64, "causal"),
    (2, 4, 4, 64, 64, 64, "mask"),
    (1, 8, 2, 192, 192, 64, "mask"),
    (1, 8, 1, 65, 65, 128, "causal"),
    (2, 8, 1, 1, 97, 64, ""),
    (1, 4, 4, 33, 129, 64, "mask"),
)


@trial()
def sdpa() -> Iterator[dict]:
    """Each kernel of scaled dot-product attention that runs here is right, with its gradients, on odd shapes too."""
    need((2, 5), "choosing a kernel, with grouped heads,")
    from torch.nn.attention import SDPBackend

    for kernel in ("MATH", "FLASH_ATTENTION", "EFFICIENT_ATTENTION", "CUDNN_ATTENTION"):
        errors = {dtype: [] for dtype in dtypes()}
        for shape in SHAPES:
            for dtype, found in errors.items():
                found.extend(_kernel_errors(getattr(SDPBackend, kernel), shape, dtype))
        yield told(f"{kernel} cases run", f"{sum(map(len, errors.values()))} of {len(SHAPES) * len(errors)}")
        for dtype, found in errors.items():
            # Scores near -96 make exp() magnify the last bit of a float32.
            limit = FORWARD[dtype] * (10 if dtype == torch.float32 else 2)
            yield from [most(f"{kernel} {name(dtype)}", max(found), limit)] if found else []


def _kernel_errors(kernel: object, shape: tuple, dtype: torch.dtype) -> list:
    """Give the largest error of result and gradients, or nothing where this kernel does not take the shape."""
    from torch.nn.attention import sdpa_kernel

    B, H, G, T, S, K, mask = shape
    torch.manual_seed(1)
    made = (torch.randn(B, H, T, K) * 0.3 + 1, torch.randn(B, G, S, K) * 0.3 - 1.5, torch.randn(B, G, S, K))
    q, k, v = (tensor.to(device(), dtype).requires_grad_() for tensor in made)
    seen = torch.ones(T, S, dtype=torch.bool).tril(S - T)
    options = {"attn_mask": seen.to(device()) if mask == "mask" else None, "is_causal": mask == "causal"}
    try:
        with sdpa_kernel(kernel):
            out = torch.nn.functional.scaled_dot_product_attention(q, k, v, enable_gqa=G != H, **options)
            out.float().sum().backward()
    except RuntimeError as refusal:
        if "No available kernel" in str(refusal) or "No viable backend" in str(refusal):
            return []
        raise RuntimeError(f"{kernel} takes the shape {shape} in {dtype} and fails: {refusal}") from refusal
    eq, ek, ev = (tensor.detach().cpu().double().requires_grad_() for tensor in (q, k, v))
    scores = eq @ ek.repeat_interleave(H // G, 1).transpose(-1, -2) * K**-0.5
    scores = scores.masked_fill(~seen, float("-inf")) if mask else scores
    exact = scores.softmax(-1) @ ev.repeat_interleave(H // G, 1)
    exact.sum().backward()
    finite = all(bool(torch.isfinite(tensor.grad).all()) for tensor in (q, k, v))
    return [max(error(out, exact), error(v.grad, ev.grad))] if finite else [float("nan")]
