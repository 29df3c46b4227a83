"""A BentoML service of the recipe's owner: which names of BentoML does its source use, and how is it tried?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.formats.service import file, uses
from envdoctor.smoke import catalog, plan

if TYPE_CHECKING:
    from pathlib import Path

    from envdoctor.model.smoke import Wanted

__all__ = ["file", "job", "uses"]


def job(wanted: Wanted, folder: Path) -> plan.Job:
    """Give the process that starts a service and asks if it is ready."""
    words = ("--modules", "serve_own", "--only", "service", "--file", wanted.serve)
    harness = str(catalog.PROGRAMS / "harness.py")
    return plan.Job(wanted.serve, (harness, *words), ("service",), ("bentoml",), str(folder))
