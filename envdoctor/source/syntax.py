"""Parse a source as the target's Python would, as far as our own parser can say what that one refuses."""

from __future__ import annotations

import ast
import re
import sys
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envdoctor.model.code import Python

_OURS = sys.version_info[:2]
_OLDEST = (3, 7)  # as far back as the parser knows
_NEWER = re.compile(r"only supported in Python (\d+)\.(\d+) and greater")
_PYTHON_2 = re.compile(
    r"Missing parentheses in call to '(?:print|exec)'|invalid hexadecimal literal|leading zeros in decimal"
)


class Unreadable(Exception):
    """A source cannot be parsed here, which says nothing of the target's Python."""


class Refused(Exception):
    """A source has a syntax that the target's Python surely refuses."""

    def __init__(self, line: int, words: str) -> None:
        super().__init__(words)
        self.line = line
        self.words = words


def parsed(blob: bytes, python: Python) -> ast.Module:
    """Give the syntax tree; raise Refused or Unreadable."""
    version = max(python.version, _OLDEST)
    try:
        return _parse(blob, min(version, _OURS))
    except SyntaxError as error:
        words, line = str(error.msg), error.lineno or 1
    except (ValueError, RecursionError, MemoryError) as error:
        raise Unreadable(str(error) or type(error).__name__) from None
    if version < python.version or not _surely(words, version):
        raise Unreadable(words)
    raise Refused(line, words)


def _surely(words: str, version: tuple[int, int]) -> bool:
    """Say whether the target's Python refuses it too: what is newer than it, and what no Python 3 takes."""
    if found := _NEWER.search(words):
        return version < (int(found[1]), int(found[2]))
    return bool(_PYTHON_2.search(words)) or (
        version == _OURS and "nested" not in words and "unknown encoding" not in words
    )


def _parse(blob: bytes, version: tuple[int, int]) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(blob, feature_version=version)
