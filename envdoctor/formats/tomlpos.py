"""Where in a TOML text does each string stand?

`tomllib` reads the document and says nothing of places. The text that it took is gone through once more for its
strings, each with the keys that lead to it.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any, NamedTuple

from envdoctor.errors import UserError
from envdoctor.model import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

_AT = re.compile(r" \(at line (\d+), column (\d+)\)$")
_CONFLICT = re.compile(r"^(?:<{7}|={7}|>{7})(?: |$)", re.MULTILINE)
_STRINGS = (r'"""(?:\\.|[^\\])*?"{3,5}', r"'''.*?'{3,5}", r'"(?:\\.|[^"\\\n])*"', r"'[^'\n]*'")
_STRING = "|".join(_STRINGS)
_TOKEN = re.compile(rf"(?P<string>{_STRING})|#[^\n]*|(?P<open>[\[{{])|(?P<close>[\]}}])|(?P<equals>=)|\n", re.DOTALL)
_HEADER = re.compile(r"[ \t]*\[{1,2}[^\n]*?\]{1,2}[ \t]*(?:#[^\n]*)?$", re.MULTILINE)

Path = tuple[str, ...]


class String(NamedTuple):
    """A string of a document and where it stands."""

    value: str
    place: Place


def read(text: str, file: str, *, hint: str = "") -> dict[str, Any]:
    """Give the document of a TOML text; raise UserError with the place."""
    conflict = _CONFLICT.search(text)
    if conflict:
        place = Place(file, text.count("\n", 0, conflict.start()) + 1)
        raise UserError("a merge left its marks in it", place=place, hint="take one side whole")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        at = _AT.search(said)
        place = Place(file, int(at[1]), int(at[2])) if at else Place(file, max(1, text.count("\n")))
        raise UserError(f"not TOML: {_AT.sub('', said)[:200].lower()}", place=place, hint=hint) from None
    except (RecursionError, ValueError) as error:  # nested too deeply; a number or a date that is none
        problem = "nested too deeply" if isinstance(error, RecursionError) else f"not TOML: {str(error)[:200]}"
        raise UserError(problem, place=Place(file), hint=hint) from None


def strings(text: str, file: str) -> dict[Path, list[String]]:
    """Give the strings of a document that `read` took, by the keys that lead to each, in the order of the file."""
    found: dict[Path, list[String]] = {}
    table: Path = ()
    for start, statement in _statements(text):
        if _HEADER.fullmatch(statement):
            table = _keys(statement.partition("#")[0].strip().strip("[]"))
            continue
        key, value = _divided(statement)
        path = (*table, *_keys(statement[:key]))
        found.setdefault(path, []).extend(_values(text, file, start + value, start + len(statement)))
    return found


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Give each header and each `key = value`, which may go on over several lines, and where it starts."""
    start = depth = 0
    is_value = False
    for token in _TOKEN.finditer(text):
        depth += bool(token["open"]) - bool(token["close"])
        is_value = is_value or bool(token["equals"])
        if token[0] == "\n" and (depth <= 0 or not is_value):
            if text[start : token.start()].strip():
                yield start, text[start : token.start()]
            start, depth, is_value = token.end(), 0, False
    if text[start:].strip():
        yield start, text[start:]


def _divided(statement: str) -> tuple[int, int]:
    """Give where the key of a statement ends and where its value begins."""
    for token in _TOKEN.finditer(statement):
        if token["equals"]:
            return token.start(), token.end()
    return 0, len(statement)


def _keys(written: str) -> Path:
    """Give the keys of a dotted key, quoted or not."""
    keys = []
    try:
        inner: Any = tomllib.loads(f"{written.strip()} = 1")
    except (ValueError, RecursionError):  # a comment between two statements
        return ()
    while isinstance(inner, dict) and inner:
        ((key, inner),) = inner.items()
        keys.append(key)
    return tuple(keys)


def _values(text: str, file: str, start: int, end: int) -> Iterator[String]:
    for token in _TOKEN.finditer(text, start, end):
        if token["string"]:
            at = token.start()
            place = Place(file, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
            yield String(tomllib.loads(f"x = {token[0]}")["x"], place)
