"""A GPT as it is built today, and the baseline of nGPT: pre-norm, RMSNorm, RoPE, SwiGLU, no bias.

    h ← h + ATTN(RMSNorm(h))        h ← h + MLP(RMSNorm(h))        logits = E_out RMSNorm(h)

Sources: pre-norm arXiv 2002.04745; RMSNorm 1910.07467; RoPE 2104.09864; SwiGLU 2002.05202; together they are the
left column of Table 1 in 2410.01131.

Shapes are the suffixes of names:

    B  batch     T  tokens     D  width     H  heads     K  size of a head, D / H     M  width of the MLP     N  words
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class Config:
    """The sizes of a language model over bytes."""

    vocabulary: int = 256
    width: int = 32
    heads: int = 4
    layers: int = 2
    context: int = 64
    mlp: int = 128  # M, 4 D
    base: float = 10_000.0
    epsilon: float = 1e-6


PRESETS = {"tiny": Config(), "small": Config(width=128, layers=4, context=256, mlp=512)}


def angles(tokens: int, size: int, base: float) -> tuple[Tensor, Tensor]:
    """Give cos and sin of the angle by which each pair of features is turned at each position, as (T, size / 2)."""
    exponents = torch.arange(0, size, 2, dtype=torch.float64) / size
    turns = torch.arange(tokens, dtype=torch.float64)[:, None] * base**-exponents
    return turns.cos(), turns.sin()


def turn(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn each pair (2i, 2i + 1) of the last axis by the angle of its position."""
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2).to(x.dtype)


def causal(q_BHTK: Tensor, k_BHTK: Tensor, v_BHTK: Tensor) -> Tensor:
    """Give softmax(q · k / √K) v, each token seeing those up to itself; by PyTorch's own kernel if there is one."""
    if hasattr(F, "scaled_dot_product_attention"):
        return F.scaled_dot_product_attention(q_BHTK, k_BHTK, v_BHTK, is_causal=True)
    T = q_BHTK.shape[2]
    scores_BHTT = q_BHTK @ k_BHTK.transpose(-1, -2) * q_BHTK.shape[-1] ** -0.5
    hidden = torch.ones(T, T, dtype=torch.bool, device=q_BHTK.device).triu(1)
    return scores_BHTT.masked_fill(hidden, float("-inf")).softmax(-1) @ v_BHTK


class RMSNorm(nn.Module):
    """Divide by the root mean square, in float32 at least; nn.RMSNorm is not in every torch."""

    def __init__(self, size: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        """Give x with a root mean square of one, times the learned weight."""
        wide = x.to(torch.promote_types(x.dtype, torch.float32))
        return (wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.epsilon)).to(x.dtype) * self.weight


class Block(nn.Module):
    """Attention and an MLP, each of which adds something to the state."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        D, M = config.width, config.mlp
        self.heads = config.heads
        self.norm_attention, self.norm_mlp = RMSNorm(D, config.epsilon), RMSNorm(D, config.epsilon)
        self.to_q, self.to_k, self.to_v = (nn.Linear(D, D, bias=False) for _ in range(3))
        self.to_out = nn.Linear(D, D, bias=False)
        self.to_u, self.to_gate = nn.Linear(D, M, bias=False), nn.Linear(D, M, bias=False)
        self.down = nn.Linear(M, D, bias=False)

    def forward(self, h_BTD: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """Give the state after this block."""
        h_BTD = h_BTD + self.attention(self.norm_attention(h_BTD), cos, sin)
        return h_BTD + self.mlp(self.norm_mlp(h_BTD))

    def attention(self, x_BTD: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """Give what each token takes from those up to itself."""
        q_BHTK, k_BHTK, v_BHTK = (
            linear(x_BTD).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for linear in (self.to_q, self.to_k, self.to_v)
        )
        o_BHTK = causal(turn(q_BHTK, cos, sin), turn(k_BHTK, cos, sin), v_BHTK)
        return self.to_out(o_BHTK.transpose(1, 2).flatten(2))

    def mlp(self, x_BTD: Tensor) -> Tensor:
        """Give W_down (u · SiLU(gate))."""
        return self.down(self.to_u(x_BTD) * F.silu(self.to_gate(x_BTD)))


class GPT(nn.Module):
    """A language model: the state of a token is a sum that every block adds to."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.embed = nn.Embedding(config.vocabulary, config.width)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = RMSNorm(config.width, config.epsilon)
        self.head = nn.Linear(config.width, config.vocabulary, bias=False)
        cos, sin = angles(config.context, config.width // config.heads, config.base)
        self.register_buffer("cos", cos.float(), persistent=False)
        self.register_buffer("sin", sin.float(), persistent=False)
        self.reset()

    @torch.no_grad()
    def reset(self) -> None:
        """Draw every matrix anew; those that write into the state start smaller by √(2 layers), as in GPT-2."""
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                writes = name.endswith(("to_out.weight", "down.weight"))
                depth = (2 * self.config.layers) ** -0.5 if writes else 1.0
                nn.init.normal_(parameter, std=self.config.width**-0.5 * depth)

    def forward(self, tokens_BT: Tensor, targets_BT: Optional[Tensor] = None) -> Tensor:
        """Give the logits (B, T, N), or with targets their mean cross-entropy in nats."""
        h_BTD = self.embed(tokens_BT)
        T = tokens_BT.shape[1]
        for block in self.blocks:
            h_BTD = block(h_BTD, self.cos[:T], self.sin[:T])
        logits_BTN = self.head(self.norm(h_BTD))
        if targets_BT is None:
            return logits_BTN
        return F.cross_entropy(logits_BTN.flatten(0, 1), targets_BT.flatten())

    def optimizer(self, rate: float) -> torch.optim.Optimizer:
        """Give AdamW with weight decay on the matrices; the learning rate is to be warmed up."""
        matrices = [parameter for parameter in self.parameters() if parameter.dim() == 2]
        vectors = [parameter for parameter in self.parameters() if parameter.dim() < 2]
        groups = [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}]
        return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.95))
