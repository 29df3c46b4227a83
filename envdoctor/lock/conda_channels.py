"""Where do conda packages come from? Channels as people name them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.lock import virtual

if TYPE_CHECKING:
    from collections.abc import Iterable

DEFAULTS, NONE = "defaults", "nodefaults"


def expanded(channels: Iterable[str]) -> list[str]:
    """Give the channels to ask: `defaults` stands for several, `nodefaults` for none."""
    found: list[str] = []
    for channel in channels:
        found += virtual.table()["channels"].values() if channel == DEFAULTS else [channel] if channel != NONE else []
    return list(dict.fromkeys(found))
