"""The standard library's compiled modules as our own Python has them: what nothing on the target's disk shows."""

from __future__ import annotations

import importlib
import os
import sys
from functools import cache

_LIBRARY = os.path.dirname(os.__file__)


@cache
def is_compiled(name: str) -> bool:
    """Say whether a module of the standard library is no Python source."""
    if name in sys.builtin_module_names:
        return True
    written = os.path.exists(f"{_LIBRARY}/{name}.py") or os.path.isdir(f"{_LIBRARY}/{name}")
    return name in sys.stdlib_module_names and not written


@cache
def names(name: str) -> frozenset[str]:
    """Give the names in a compiled module of our own standard library; none if it is not here."""
    if not is_compiled(name):
        return frozenset()
    try:
        return frozenset(dir(importlib.import_module(name)))
    except ImportError:
        return frozenset()
