"""Where something comes from, as it may stand in a lock: without secrets."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

_TOKEN = re.compile(r"/t/[^/]+(?=/)")


def plain(url: str) -> str:
    """Give an index, a channel or the URL of a package without user, password and token."""
    if "://" not in url:
        return url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], path=_TOKEN.sub("", parts.path)))
