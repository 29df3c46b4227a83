"""Does a BentoML service of your own start? `service.py:svc` is served, and asked if it is ready."""

from __future__ import annotations

import os
import tempfile
from typing import Iterator

import harness
from harness import equal, trial
from serve_iris import serving

NEEDS = ("bentoml",)


@trial("own")
def service() -> Iterator[dict]:
    """A service of your own starts and says that it is ready, from your own store of models."""
    with tempfile.TemporaryDirectory() as logs, serving(os.getcwd(), harness.settings.file, logs) as server:
        yield equal("GET /readyz", server.post("/readyz", None)[0], 200)
