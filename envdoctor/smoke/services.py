"""A BentoML service of the recipe's owner: which names of BentoML does its source use, and how is it tried?"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from envdoctor.errors import UserError
from envdoctor.formats import files
from envdoctor.smoke import catalog, plan
from envdoctor.source import programs

if TYPE_CHECKING:
    from pathlib import Path

    from envdoctor.model import Wanted


def job(wanted: Wanted, folder: Path) -> plan.Job:
    """Give the process that starts a service and asks if it is ready."""
    words = ("--modules", "serve_own", "--only", "service", "--file", wanted.serve)
    harness = str(catalog.PROGRAMS / "harness.py")
    return plan.Job(wanted.serve, (harness, *words), ("service",), ("bentoml",), str(folder))


def file(served: str) -> str:
    """Give the source of `service.py:svc` or `service:svc`."""
    name = served.partition(":")[0]
    return name if name.endswith(".py") else f"{name.replace('.', '/')}.py"


def uses(path: Path) -> tuple[str, ...]:
    """Give the dotted names of BentoML that a source uses, an argument of a call as a further part."""
    text = files.read_text(path)
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise UserError(f"is not Python: {error}", place=str(path)) from None
    return tuple(name for name in programs.names(tree) if name.partition(".")[0] == "bentoml")
