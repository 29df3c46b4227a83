"""How does a JSON text that may say anything become plain data?"""

from __future__ import annotations

import json
from typing import Any

from envdoctor.errors import UserError
from envdoctor.model import Place


def parse(text: str, file: str) -> Any:
    """Give what a JSON text says; raise UserError with the place if it is none."""
    try:
        return json.loads(text)
    except RecursionError:
        raise UserError("nested too deeply", place=Place(file)) from None
    except ValueError as error:
        line, column = getattr(error, "lineno", 1), getattr(error, "colno", 1)
        raise UserError(f"not JSON: {error}", place=Place(file, line, column)) from None
