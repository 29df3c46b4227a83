"""Write TOML as locks need it: tables, arrays of tables, and within them values on one line, in the order given."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def written(document: Mapping[str, Any]) -> str:
    """Give a document as TOML text: plain values first, then its tables."""
    return "\n".join(_table(document, ())) + "\n"


def _table(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    for key, value in table.items():
        if not _is_table(value) and not _is_array(value):
            yield f"{_key(key)} = {_value(value)}"
    for key, value in table.items():
        deeper = (*path, key)
        if _is_table(value):
            if not value or any(not _is_table(one) and not _is_array(one) for one in value.values()):
                yield f"\n[{'.'.join(map(_key, deeper))}]"
            yield from _table(value, deeper)
        elif _is_array(value):
            for item in value:
                yield f"\n[[{'.'.join(map(_key, deeper))}]]"
                yield from _plain(item)


def _is_table(value: object) -> bool:
    return isinstance(value, Mapping)


def _is_array(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, Mapping) for item in value)


def _plain(item: Mapping[str, Any]) -> Iterator[str]:
    """Give the lines of one table of an array, its own tables and files on one line each."""
    for key, value in item.items():
        if _is_array(value) and len(value) > 1:
            yield f"{_key(key)} = ["
            yield from (f"    {_value(one)}," for one in value)
            yield "]"
        else:
            yield f"{_key(key)} = {_value(value)}"


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case datetime.datetime():
            return value.isoformat().replace("+00:00", "Z")
        case int() | float():
            return repr(value)
        case Mapping():
            return (
                "{ " + ", ".join(f"{_key(key)} = {_value(one)}" for key, one in value.items()) + " }" if value else "{}"
            )
        case list() | tuple():
            return "[" + ", ".join(map(_value, value)) + "]"
    return _text(str(value))


def _text(text: str) -> str:
    """Give a basic string; JSON escapes are TOML's too, but for the delete character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
