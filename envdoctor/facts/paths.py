"""Show paths as people write them: the home folder as `~`."""

from __future__ import annotations

import os
from functools import lru_cache


@lru_cache(maxsize=1)
def _home() -> str:
    home = os.path.expanduser("~")
    return home if len(home) > 1 and home.startswith("/") else ""


def shown(path: str) -> str:
    """Give a path with the home folder as `~`."""
    home = _home()
    if home and (path == home or path.startswith(home + "/")):
        return "~" + path[len(home) :]
    return path
