"""Which names of BentoML does the source of a service use? By its syntax tree; nothing of it is run."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from envdoctor.errors import UserError
from envdoctor.formats import files, used_names

if TYPE_CHECKING:
    from pathlib import Path


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
    return tuple(name for name in used_names.of(tree) if name.partition(".")[0] == "bentoml")
