"""A real text on every machine: 300,000 bytes of the Python Language Reference, and batches of it.

`text.gz` is the beginning of `pydoc_data.topics` of CPython 3.11, in ASCII; its licence is in `text.LICENSE`. Every
twentieth block of 4 KiB is held out.
"""

from __future__ import annotations

import gzip
import hashlib
import os

import torch
from harness import HERE

BLOCK, HELD_OUT = 4096, 20


def read() -> bytes:
    """Give the text."""
    with gzip.open(os.path.join(HERE, "text.gz"), "rb") as file:
        return file.read()


def digest() -> str:
    """Give the identity of the text."""
    return hashlib.sha256(read()).hexdigest()[:16]


def parts() -> tuple:
    """Give the part to learn from and the part to be judged by, as tokens: one a byte."""
    tokens = torch.frombuffer(bytearray(read()), dtype=torch.uint8).long()
    blocks = tokens[: len(tokens) // BLOCK * BLOCK].view(-1, BLOCK)
    held = torch.arange(len(blocks)) % HELD_OUT == 0
    return blocks[~held].flatten(), blocks[held].flatten()


def batch(tokens: torch.Tensor, rows: int, context: int, generator: torch.Generator) -> tuple:
    """Draw rows of tokens, and what follows each token."""
    starts = torch.randint(0, len(tokens) - context - 1, (rows,), generator=generator)
    drawn = torch.stack([tokens[start : start + context + 1] for start in starts.tolist()])
    return drawn[:, :-1], drawn[:, 1:]


def entropy(tokens: torch.Tensor) -> float:
    """Give the loss, in nats, of the best model that knows how often each byte occurs and nothing else."""
    shares = torch.bincount(tokens, minlength=256).double() / len(tokens)
    shares = shares[shares > 0]
    return float(-(shares * shares.log()).sum())
