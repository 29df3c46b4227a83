"""Does a BentoML service of your own start? `service.py` in the working folder is served, and asked if it is ready."""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import Iterator

import harness
from harness import equal, trial
from serve_iris import serving

NEEDS = ("bentoml",)


@trial("own")
def service() -> Iterator[dict]:
    """A service of your own starts and says that it is ready, from your own store of models."""
    file = harness.settings.file
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(os.path.dirname(os.path.abspath(file)), os.path.join(folder, "own"), symlinks=True)
        with serving(os.path.join(folder, "own"), os.path.basename(file)) as server:
            yield equal("GET /readyz", server.post("/readyz", None)[0], 200)
