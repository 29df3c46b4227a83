"""Four ways to remember a text: MHA, GQA, MQA, and the latent attention (MLA) of DeepSeek-V2.

An attention layer keeps something of every token it has seen, and during generation that memory is what fills the
machine. The four differ in what they keep of a token in each layer (DeepSeek-V2, Table 1):

    MHA   a key and a value for each head     2 H K
    GQA   a key and a value for each group    2 G K
    MQA   one key and one value               2 K
    MLA   one latent and one rotary key       C + R     of which every head's key and value can be made again

Sources: MHA arXiv 1706.03762, section 3.2.2; MQA 1911.02150; GQA 2305.13245; RoPE 2104.09864, section 3.2.2;
MLA 2405.04434 (DeepSeek-V2), sections 2.1.1 to 2.1.3; the norm of the latents is from its section 3.1.2.

Shapes are the suffixes of names:

    B  batch                  H  heads                        C  latent of keys and values   (the paper's d_c)
    T  tokens that are new    G  heads of keys and values     L  latent of queries           (d_c')
    S  tokens seen so far     K  size of a head    (d_h)      R  rotary part of a head       (d_h^R)
    D  width of the model     V  size of a value              X  what is kept of a token
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class Config:
    """The sizes of an attention layer; `kind` is mha, gqa, mqa or mla."""

    kind: str = "mla"
    width: int = 64  # D
    heads: int = 4  # H
    head: int = 16  # K, without the rotary part of MLA
    groups: int = 2  # G of GQA
    value: int = 16  # V of MLA
    latent: int = 64  # C of MLA, 4 K in the paper
    query_latent: int = 48  # L of MLA, 0 for queries that are not compressed
    rotary: int = 8  # R of MLA, K / 2 in the paper
    base: float = 10_000.0
    epsilon: float = 1e-6

    @property
    def kept_heads(self) -> int:
        """Give G: for how many heads keys and values are made."""
        return {"gqa": self.groups, "mqa": 1}.get(self.kind, self.heads)

    def kept(self, form: str = "absorbed") -> tuple[tuple[int, int], ...]:
        """Give (G, X) of each buffer in which a layer keeps its tokens: Table 1, summed over the buffers."""
        if self.kind != "mla":
            return ((self.kept_heads, self.head), (self.kept_heads, self.head))
        if form == "expanded":
            return ((self.heads, self.head + self.rotary), (self.heads, self.value))
        return ((1, self.latent + self.rotary),)


# The ratios C = 4 K and R = K / 2 of the paper throughout; `v2` and `v2-lite` are DeepSeek's own sizes.
PRESETS = {
    "tiny": Config(),
    "small": Config(width=1024, heads=16, head=64, groups=4, value=64, latent=256, query_latent=768, rotary=32),
    "v2-lite": Config(width=2048, heads=16, head=128, groups=8, value=128, latent=512, query_latent=0, rotary=64),
    "v2": Config(width=5120, heads=128, head=128, groups=8, value=128, latent=512, query_latent=1536, rotary=64),
}
LAYERS = {"tiny": 2, "small": 4, "v2-lite": 27, "v2": 60}


def angles(start: int, tokens: int, size: int, base: float, like: Tensor) -> tuple[Tensor, Tensor]:
    """Give cos and sin of the angle by which each pair of features is turned at each position, as (T, size / 2).

    The angles are float64 whatever the model is: a bfloat16 cannot tell position 257 from 256.
    """
    exponents = torch.arange(0, size, 2, dtype=torch.float64, device=like.device) / size
    positions_T = torch.arange(start, start + tokens, dtype=torch.float64, device=like.device)
    turns = positions_T[:, None] * base**-exponents
    wide = torch.promote_types(like.dtype, torch.float32)
    return turns.cos().to(wide), turns.sin().to(wide)


def turn(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn each pair (2i, 2i + 1) of the last axis; only the difference of two positions is left in q · k."""
    even, odd = x[..., 0::2], x[..., 1::2]
    turned = torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1)
    return turned.flatten(-2).to(x.dtype)


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


class Cache:
    """What one layer keeps of the tokens seen so far, in buffers of a fixed length."""

    def __init__(self, config: Config, batch: int, most: int, like: Tensor, form: str = "absorbed") -> None:
        self.buffers = [
            torch.empty(batch, heads, most, size, dtype=like.dtype, device=like.device)
            for heads, size in config.kept(form)
        ]
        self.length = 0

    def append(self, *new_BGTX: Tensor) -> list[Tensor]:
        """Keep some tokens more and give all that are kept."""
        until = self.length + new_BGTX[0].shape[2]
        for buffer, rows in zip(self.buffers, new_BGTX):
            buffer[:, :, self.length : until] = rows
        self.length = until
        return [buffer[:, :, :until] for buffer in self.buffers]

    @property
    def bytes(self) -> int:
        """Give the size of the buffers."""
        return sum(buffer.numel() * buffer.element_size() for buffer in self.buffers)


def attend(q_BHTK: Tensor, k_BGSK: Tensor, v_BGSV: Tensor, scale: float, *, fused: bool) -> Tensor:
    """Give softmax(q · k scale) v as (B, H, T, V); the T queries are the last of the S tokens, and see none after them.

    The H / G heads that share a key stand below one another on the axis of queries, so no key is ever repeated.
    `fused` asks for PyTorch's own kernel in place of the three written-out lines.
    """
    B, H, T, K = q_BHTK.shape
    G, S = k_BGSK.shape[1:3]
    q_BGTK = q_BHTK.reshape(B, G, H // G * T, K)
    hidden = None
    if T > 1:
        hidden = torch.ones(T, S, dtype=torch.bool, device=q_BHTK.device).triu(S - T + 1).repeat(H // G, 1)
    if fused:
        # The kernel's own scale is 1 / √K; the rest goes into the query, since not every torch takes a `scale`.
        seen = None if hidden is None else ~hidden
        o_BGTV = F.scaled_dot_product_attention(q_BGTK * (scale * K**0.5), k_BGSK, v_BGSV, attn_mask=seen)
    else:
        scores_BGTS = q_BGTK @ k_BGSK.transpose(-1, -2) * scale
        if hidden is not None:
            scores_BGTS = scores_BGTS.masked_fill(hidden, float("-inf"))
        wide = torch.promote_types(scores_BGTS.dtype, torch.float32)
        o_BGTV = scores_BGTS.softmax(-1, dtype=wide).to(v_BGSV.dtype) @ v_BGSV
    return o_BGTV.reshape(B, H, T, v_BGSV.shape[-1])


class Grouped(nn.Module):
    """MHA, GQA and MQA: one equation, in which G = H, 1 < G < H and G = 1."""

    def __init__(self, config: Config, *, fused: bool = False) -> None:
        super().__init__()
        self.config, self.fused = config, fused
        self.to_q = nn.Linear(config.width, config.heads * config.head, bias=False)
        self.to_k = nn.Linear(config.width, config.kept_heads * config.head, bias=False)
        self.to_v = nn.Linear(config.width, config.kept_heads * config.head, bias=False)
        self.to_out = nn.Linear(config.heads * config.head, config.width, bias=False)

    def forward(self, x_BTD: Tensor, cache: Optional[Cache] = None) -> Tensor:
        """Give what each new token takes from the tokens up to itself, as (B, T, D)."""
        c = self.config
        B, T, _ = x_BTD.shape
        turned = angles(cache.length if cache else 0, T, c.head, c.base, x_BTD)
        q_BHTK = turn(self.to_q(x_BTD).view(B, T, c.heads, c.head).transpose(1, 2), *turned)
        k_BGTK = turn(self.to_k(x_BTD).view(B, T, c.kept_heads, c.head).transpose(1, 2), *turned)
        v_BGTV = self.to_v(x_BTD).view(B, T, c.kept_heads, c.head).transpose(1, 2)
        k_BGSK, v_BGSV = cache.append(k_BGTK, v_BGTV) if cache else (k_BGTK, v_BGTV)
        o_BHTV = attend(q_BHTK, k_BGSK, v_BGSV, c.head**-0.5, fused=self.fused)
        return self.to_out(o_BHTV.transpose(1, 2).reshape(B, T, -1))


class Latent(nn.Module):
    """Latent attention; `form` says how it computes, never what.

    expanded    keys and values of every head are made once and kept, as MHA keeps them
    recomputed  latents are kept, and the keys and values of all tokens made again at every step
    absorbed    latents are kept and never expanded: W^UK goes into the query and W^UV into the output (end of
                section 2.1.2), so that attention runs on the latents as if they were MQA's one head
    """

    def __init__(self, config: Config, *, form: str = "absorbed", fused: bool = False) -> None:
        super().__init__()
        self.config, self.form, self.fused = config, form, fused
        queries = config.heads * (config.head + config.rotary)
        if config.query_latent:
            self.down_q = nn.Linear(config.width, config.query_latent, bias=False)  # W^DQ
            self.norm_q = RMSNorm(config.query_latent, config.epsilon)
        self.up_q = nn.Linear(config.query_latent or config.width, queries, bias=False)  # W^UQ and W^QR, head by head
        self.down_kv = nn.Linear(config.width, config.latent, bias=False)  # W^DKV
        self.norm_kv = RMSNorm(config.latent, config.epsilon)
        self.to_kr = nn.Linear(config.width, config.rotary, bias=False)  # W^KR
        self.up_k = nn.Linear(config.latent, config.heads * config.head, bias=False)  # W^UK
        self.up_v = nn.Linear(config.latent, config.heads * config.value, bias=False)  # W^UV
        self.to_out = nn.Linear(config.heads * config.value, config.width, bias=False)  # W^O
        self.scale = (config.head + config.rotary) ** -0.5  # eq. 18; of the expanded head, also when absorbed

    def forward(self, x_BTD: Tensor, cache: Optional[Cache] = None) -> Tensor:
        """Give what each new token takes from the tokens up to itself, as (B, T, D)."""
        c = self.config
        turned = angles(cache.length if cache else 0, x_BTD.shape[1], c.rotary, c.base, x_BTD)
        q_BHTK, q_BHTR = self._queries(x_BTD, turned)
        row_B1TX = self._row(x_BTD, turned)
        if self.form == "expanded":
            k_BHTX, v_BHTV = self._expanded(row_B1TX)
            k_BHSX, v_BHSV = cache.append(k_BHTX, v_BHTV) if cache else (k_BHTX, v_BHTV)
            return self._out(attend(torch.cat((q_BHTK, q_BHTR), -1), k_BHSX, v_BHSV, self.scale, fused=self.fused))
        row_B1SX = cache.append(row_B1TX)[0] if cache else row_B1TX
        if self.form == "recomputed":
            k_BHSX, v_BHSV = self._expanded(row_B1SX)
            return self._out(attend(torch.cat((q_BHTK, q_BHTR), -1), k_BHSX, v_BHSV, self.scale, fused=self.fused))
        return self._out(self._absorbed(q_BHTK, q_BHTR, row_B1SX))

    def _queries(self, x_BTD: Tensor, turned: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Give the queries of every head, eq. 12 to 14: a plain part and a part that knows its position."""
        c = self.config
        latent_BTL = self.norm_q(self.down_q(x_BTD)) if c.query_latent else x_BTD
        q_BTHX = self.up_q(latent_BTL).view(*x_BTD.shape[:2], c.heads, c.head + c.rotary)
        q_BHTK, q_BHTR = q_BTHX.transpose(1, 2).split([c.head, c.rotary], -1)
        return q_BHTK, turn(q_BHTR, *turned)

    def _row(self, x_BTD: Tensor, turned: tuple[Tensor, Tensor]) -> Tensor:
        """Give all that is kept of a token: its latent, eq. 9, beside the rotary key of all heads, eq. 15."""
        latent_BTC = self.norm_kv(self.down_kv(x_BTD))
        return torch.cat((latent_BTC, turn(self.to_kr(x_BTD), *turned)), -1)[:, None]

    def _expanded(self, row_B1SX: Tensor) -> tuple[Tensor, Tensor]:
        """Give keys and values of every head, eq. 10, 11 and 17."""
        c = self.config
        latent_BSC, kr_BSR = row_B1SX[:, 0].split([c.latent, c.rotary], -1)
        B, S, _ = latent_BSC.shape
        k_BHSK = self.up_k(latent_BSC).view(B, S, c.heads, c.head).transpose(1, 2)
        v_BHSV = self.up_v(latent_BSC).view(B, S, c.heads, c.value).transpose(1, 2)
        kr_BHSR = kr_BSR[:, None].expand(B, c.heads, S, c.rotary)
        return torch.cat((k_BHSK, kr_BHSR), -1), v_BHSV

    def _absorbed(self, q_BHTK: Tensor, q_BHTR: Tensor, row_B1SX: Tensor) -> Tensor:
        """Give eq. 18 without one key or value: q · (W^UK c) is (W^UKᵀ q) · c, and Σ p W^UV c is W^UV (Σ p c)."""
        c = self.config
        up_k_HKC = self.up_k.weight.view(c.heads, c.head, c.latent)
        up_v_HVC = self.up_v.weight.view(c.heads, c.value, c.latent)
        q_BHTX = torch.cat((q_BHTK @ up_k_HKC, q_BHTR), -1)
        # The rotary columns are summed too and cut off: values as wide as keys let the fused kernel run.
        o_BHTX = attend(q_BHTX, row_B1SX, row_B1SX, self.scale, fused=self.fused)
        return o_BHTX[..., : c.latent] @ up_v_HVC.transpose(1, 2)

    def _out(self, o_BHTV: Tensor) -> Tensor:
        """Give eq. 19: the heads side by side, through W^O."""
        return self.to_out(o_BHTV.transpose(1, 2).flatten(2))


def build(config: Config, *, form: str = "absorbed", fused: bool = False) -> nn.Module:
    """Give the attention layer of a config."""
    return Latent(config, form=form, fused=fused) if config.kind == "mla" else Grouped(config, fused=fused)
