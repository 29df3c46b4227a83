"""Where do conda packages come from? Channels as people name them, and as they may stand in a lock: without secrets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from envdoctor.lock import virtual

if TYPE_CHECKING:
    from collections.abc import Iterable

_TOKEN = re.compile(r"/t/[^/]+(?=/)")
DEFAULTS, NONE = "defaults", "nodefaults"


def expanded(channels: Iterable[str]) -> list[str]:
    """Give the channels to ask: `defaults` stands for several, `nodefaults` for none."""
    found: list[str] = []
    for channel in channels:
        found += virtual.table()["channels"].values() if channel == DEFAULTS else [channel] if channel != NONE else []
    return list(dict.fromkeys(found))


def plain(url: str) -> str:
    """Give a channel or the URL of a package without user, password and token."""
    if "://" not in url:
        return url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], path=_TOKEN.sub("", parts.path)))
