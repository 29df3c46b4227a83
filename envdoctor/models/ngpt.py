"""nGPT: a GPT whose states and matrices stay on the unit sphere (arXiv 2410.01131).

The state of a token is a point on the sphere; each block proposes another point, and the state moves towards it by a
learned step α, one for each feature (section 2.2 and Table 1):

    h ← Norm(h + α_A (Norm(ATTN(h)) − h))        h ← Norm(h + α_M (Norm(MLP(h)) − h))        logits = s_z E_out h

What makes it so, in the order of the paper's summary (section 2.6):

    1  there is no RMSNorm or LayerNorm
    2  after every training step each matrix is normalised along its axis of width D: `NGPT.normalize`
    3  α starts at α_init, of the order of 1 / layers, and is stored scaled by 1 / √D               eq. 10 and 11
    4  attention's softmax is scaled by √K; queries and keys are normalised, then scaled by s_qk      eq. 15 and 16
    5  the MLP's u is scaled by s_u, its gate by s_v √D                                             eq. 20 and 21
    6  logits are scaled by s_z, which sets the softmax's temperature                                 eq. 3
    7  there is no weight decay and no warm-up: `NGPT.optimizer`

Shapes are the suffixes of names:

    B  batch     T  tokens     D  width     H  heads     K  size of a head, D / H     M  width of the MLP     N  words
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional

import torch
from torch import Tensor, nn
from torch.nn import functional as F

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Config:
    """The sizes of a language model over bytes, and where its scales start.

    The paper's `logit_scale` is 1. Logits are `s_z` × a cosine, and s_z grows by about the learning rate × √D a step:
    runs of a few hundred steps cannot wait for that, hence 10.
    """

    vocabulary: int = 256
    width: int = 32
    heads: int = 4
    layers: int = 2
    context: int = 64
    mlp: int = 128  # M, 4 D
    base: float = 10_000.0
    alpha: float = 0.25  # of the order of 1 / layers; 0.05 in the paper
    logit_scale: float = 10.0
    move: str = "lerp"  # or "slerp"


PRESETS = {"tiny": Config(alpha=0.5), "small": Config(width=128, layers=4, context=256, mlp=512)}


def norm(x: Tensor, dim: int = -1) -> Tensor:
    """Give x with length one, along an axis; in float32 at least, and without an epsilon."""
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    return (wide / wide.norm(dim=dim, keepdim=True)).to(x.dtype)


def lerp(a: Tensor, b: Tensor, alpha: Tensor) -> Tensor:
    """Go from a towards b along the chord, and back up onto the sphere: eq. 10, the paper's choice."""
    return norm(a + alpha * (b - a))


def slerp(a: Tensor, b: Tensor, alpha: Tensor) -> Tensor:
    """Go from a towards b along the great circle that joins them, eq. 6.

    With one α for all features the result is on the sphere; with one for each it has to be put back there. The angle
    is kept away from 0 and π, where the circle is not unique and the gradient of arccos not finite.
    """
    theta = (a * b).sum(-1, keepdim=True).clamp(-1 + 1e-7, 1 - 1e-7).acos()
    return norm((((1 - alpha) * theta).sin() * a + (alpha * theta).sin() * b) / theta.sin())


def angles(tokens: int, size: int, base: float) -> tuple[Tensor, Tensor]:
    """Give cos and sin of the angle by which each pair of features is turned at each position, as (T, size / 2)."""
    exponents = torch.arange(0, size, 2, dtype=torch.float64) / size
    turns = torch.arange(tokens, dtype=torch.float64)[:, None] * base**-exponents
    return turns.cos(), turns.sin()


def turn(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn each pair (2i, 2i + 1) of the last axis by the angle of its position; the length stays."""
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2).to(x.dtype)


def causal(q_BHTK: Tensor, k_BHTK: Tensor, v_BHTK: Tensor) -> Tensor:
    """Give softmax(√K q · k) v, each token seeing those up to itself: unit vectors have small products.

    PyTorch's kernel scales by 1 / √K, so the query brings the factor K, a power of two for every usual head.
    """
    T, K = q_BHTK.shape[2:]
    if hasattr(F, "scaled_dot_product_attention"):
        return F.scaled_dot_product_attention(q_BHTK * float(K), k_BHTK, v_BHTK, is_causal=True)
    hidden = torch.ones(T, T, dtype=torch.bool, device=q_BHTK.device).triu(1)
    scores_BHTT = q_BHTK @ k_BHTK.transpose(-1, -2) * K**0.5
    return scores_BHTT.masked_fill(hidden, float("-inf")).softmax(-1) @ v_BHTK


class Scale(nn.Module):
    """A learned vector that starts at `start` and is stored at `stored` (section 2.5).

    Adam moves what is stored by about the learning rate a step, so the value moves by start / stored times as much.
    """

    def __init__(self, size: int, start: float, stored: float) -> None:
        super().__init__()
        self.stored = nn.Parameter(torch.full((size,), stored))
        self.ratio = start / stored

    def forward(self) -> Tensor:
        """Give the value."""
        return self.stored * self.ratio


class Block(nn.Module):
    """Attention and an MLP, each of which moves the state over the sphere."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        D, M = config.width, config.mlp
        self.config = config
        self.move = {"lerp": lerp, "slerp": slerp}[config.move]
        self.to_q, self.to_k, self.to_v = (nn.Linear(D, D, bias=False) for _ in range(3))
        self.to_out = nn.Linear(D, D, bias=False)
        self.to_u, self.to_gate = nn.Linear(D, M, bias=False), nn.Linear(D, M, bias=False)
        self.down = nn.Linear(M, D, bias=False)
        self.alpha_attention, self.alpha_mlp = (Scale(D, config.alpha, D**-0.5) for _ in range(2))
        self.s_qk = Scale(D, 1.0, D**-0.5)
        self.s_u, self.s_v = Scale(M, 1.0, 1.0), Scale(M, 1.0, 1.0)

    def forward(self, h_BTD: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """Give the state after this block: eq. 10 and 11. A step never goes backwards, hence |α|."""
        h_BTD = self.move(h_BTD, norm(self.attention(h_BTD, cos, sin)), self.alpha_attention().abs())
        return self.move(h_BTD, norm(self.mlp(h_BTD)), self.alpha_mlp().abs())

    def attention(self, h_BTD: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """Give what each token takes from those up to itself, eq. 15 and 16."""
        H = self.config.heads
        q_BHTK, k_BHTK, v_BHTK = (
            linear(h_BTD).unflatten(-1, (H, -1)).transpose(1, 2) for linear in (self.to_q, self.to_k, self.to_v)
        )
        s_H1K = self.s_qk().view(H, 1, -1)
        q_BHTK = norm(turn(q_BHTK, cos, sin)) * s_H1K
        k_BHTK = norm(turn(k_BHTK, cos, sin)) * s_H1K
        return self.to_out(causal(q_BHTK, k_BHTK, v_BHTK).transpose(1, 2).flatten(2))

    def mlp(self, h_BTD: Tensor) -> Tensor:
        """Give W_down (u · SiLU(gate)), eq. 20 and 21; √D, since the gate is a cosine, of the order of 1 / √D."""
        u_BTM = self.to_u(h_BTD) * self.s_u()
        gate_BTM = self.to_gate(h_BTD) * self.s_v() * self.config.width**0.5
        return self.down(u_BTM * F.silu(gate_BTM))


class NGPT(nn.Module):
    """A language model on the sphere; call `normalize` after every step of the optimizer."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.embed = nn.Embedding(config.vocabulary, config.width)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.head = nn.Linear(config.width, config.vocabulary, bias=False)
        self.s_z = Scale(config.vocabulary, config.logit_scale, config.width**-0.5)
        cos, sin = angles(config.context, config.width // config.heads, config.base)
        self.register_buffer("cos", cos.float(), persistent=False)
        self.register_buffer("sin", sin.float(), persistent=False)
        for matrix, _ in self.matrices():
            nn.init.normal_(matrix)
        self.normalize()

    def matrices(self) -> Iterator[tuple[nn.Parameter, int]]:
        """Give every matrix and its axis of width D: 1 where it reads the state, 0 where it writes it."""
        yield self.embed.weight, 1
        yield self.head.weight, 1
        for block in self.blocks:
            for reads in (block.to_q, block.to_k, block.to_v, block.to_u, block.to_gate):
                yield reads.weight, 1
            for writes in (block.to_out, block.down):
                yield writes.weight, 0

    @torch.no_grad()
    def normalize(self) -> None:
        """Put every vector of every matrix back onto the sphere."""
        for matrix, axis in self.matrices():
            matrix.copy_(norm(matrix, axis))

    def forward(self, tokens_BT: Tensor, targets_BT: Optional[Tensor] = None) -> Tensor:
        """Give the logits (B, T, N), or with targets their mean cross-entropy in nats."""
        h_BTD = self.embed(tokens_BT)
        T = tokens_BT.shape[1]
        for block in self.blocks:
            h_BTD = block(h_BTD, self.cos[:T], self.sin[:T])
        logits_BTN = self.head(h_BTD) * self.s_z()
        if targets_BT is None:
            return logits_BTN
        return F.cross_entropy(logits_BTN.flatten(0, 1), targets_BT.flatten())

    def optimizer(self, rate: float) -> torch.optim.Optimizer:
        """Give Adam: without weight decay, and for a learning rate that is not warmed up."""
        return torch.optim.AdamW(self.parameters(), lr=rate, betas=(0.9, 0.95), weight_decay=0.0)
