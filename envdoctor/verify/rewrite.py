"""Write what trials showed back into the matrix files: the day, the grade, and the versions that a fix gives today.

Only those values change; comments, order and layout of a file stay as they are.
"""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from envdoctor import yamlpos
from envdoctor.formats import files
from envdoctor.model.verification import Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from envdoctor.model.verification import Verification

    Edit = tuple[int, int, str]

WIDTH = 140
_PLAIN = re.compile(r"[A-Za-z0-9][\w.+-]*")


def rewrite(path: Path, results: Mapping[str, Verification]) -> int:
    """Bring the entries of a file up to date and give how many changed; a contradicted one stays as it is."""
    source = files.read_text(path)
    listed = yamlpos.sequence(yamlpos.read(source, str(path)), "a matrix file")
    edits: list[Edit] = []
    changed = 0
    for node in listed:
        entry = yamlpos.mapping(node, "an entry")
        result = next((results[code] for code in _codes(entry) if code in results), None)
        found = list(_edits(entry, result, source)) if result is not None and not result.refuted else []
        changed += bool(found)
        edits += found
    for start, end, text in sorted(edits, reverse=True):
        source = source[:start] + text + source[end:]
    if edits:
        files.write_whole(path, source)
    return changed


def _codes(entry: yamlpos.Map) -> Iterator[str]:
    for kind in ("rule", "table", "names"):
        if kind in entry.items:
            yield yamlpos.text(entry.get(kind), kind).value


def _edits(entry: yamlpos.Map, result: Verification, source: str) -> Iterator[Edit]:
    if result.executed:
        for key, value in (("checked", result.checked), ("evidence", "executed")):
            yield from _replaced(yamlpos.text(entry.get(key), key), value, source)
    solved = [outcome for outcome in result.outcomes if outcome.role == Role.FIX]
    for fix, outcome in zip(_fixes(entry), solved, strict=False):
        gives = fix.get("gives")
        if outcome.held and isinstance(gives, yamlpos.Map):
            now = {name: outcome.versions.get(name, yamlpos.text(old, name).value) for name, old in gives.items.items()}
            yield from _replaced(gives, _flow(now, gives.place.column), source)


def _fixes(entry: yamlpos.Map) -> Iterator[yamlpos.Map]:
    """Give the fixes that can be tried, in the order in which they are."""
    for item in yamlpos.sequence(entry.get("fixes"), "`fixes`") if "fixes" in entry.items else ():
        fix = yamlpos.mapping(item, "a fix")
        if {"pins", "env", "python"} & fix.items.keys():
            yield fix


def _replaced(node: yamlpos.Text | yamlpos.Map, text: str, source: str) -> Iterator[Edit]:
    start, end = yamlpos.offset(source, node.place), yamlpos.offset(source, node.end)
    if " ".join(source[start:end].split()) != " ".join(text.split()):
        yield start, end, text


def _flow(versions: Mapping[str, str], column: int) -> str:
    """Give a mapping on as few lines as fit, those after the first below its first word."""
    pairs = (f"{name}: {v}" if _PLAIN.fullmatch(v) else f'{name}: "{v}"' for name, v in versions.items())
    indent = " " * column
    wrapped = textwrap.wrap("{" + ", ".join(pairs) + "}", WIDTH, initial_indent=indent[1:], subsequent_indent=indent)
    return "\n".join(wrapped).lstrip()
