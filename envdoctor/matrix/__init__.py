"""The matrix: all that is known to work or fail together, read from the YAML files beside this module.

Rules, tables and names become one noun, the claim. Only claims whose components are there are built for a check.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from envdoctor.errors import UserError
from envdoctor.matrix import cache, claims

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from envdoctor.model import Claim

BUNDLED = Path(__file__).parent


class Matrix(NamedTuple):
    """Every compiled entry, the conda names, and the metadata of packages that have no wheel.

    An entry is stored as its code, trigger, variables and the rest as JSON text, which is read where it is asked for.
    """

    stored: Sequence[tuple[str, Sequence[str], Sequence[str], str]] = ()
    conda_names: Mapping[str, str] = {}
    wheelless: Mapping[str, Mapping[str, Mapping[str, Any]]] = {}

    def concerning(self, present: Collection[str]) -> tuple[Claim, ...]:
        """Give the claims that can say something about a target with these components."""
        asked = (text for _, trigger, _, text in self.stored if all(name in present for name in trigger))
        return tuple(claims.build(json.loads(text)) for text in asked)

    def everything(self) -> tuple[Claim, ...]:
        """Give every claim."""
        return tuple(claims.build(json.loads(text)) for *_, text in self.stored)

    def codes(self) -> frozenset[str]:
        """Give the code of every claim."""
        return frozenset(code for code, *_ in self.stored)

    def variables(self) -> frozenset[str]:
        """Give the names of the variables that some claim asks for."""
        return frozenset(name for _, _, variables, _ in self.stored for name in variables)


def files(folders: Sequence[Path] = ()) -> list[Path]:
    """Give the data files of the bundled matrix and of further folders, in a stable order."""
    for folder in folders:
        if not folder.is_dir():
            raise UserError("no such folder of matrix files", place=str(folder), hint="`--matrix` takes a folder")
    return [path for folder in (BUNDLED, *folders) for path in sorted(folder.rglob("*.yml"))]


def load(folders: Sequence[Path] = ()) -> Matrix:
    """Give the matrix, from the cache where the files have not changed; raise UserError for a mistake in them."""
    compiled = cache.remembered(files(folders), _compile)
    return Matrix(compiled["stored"], compiled["conda"], compiled["wheelless"])


def _compile(sources: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Compile (file, text) pairs; a later entry replaces an earlier one of the same code."""
    from envdoctor.matrix import entries  # not at the start: it reads YAML

    by_code: dict[str, list[dict[str, Any]]] = {}
    conda: dict[str, str] = {}
    wheelless: dict[str, Any] = {}
    for file, source in sources:
        seen: set[str] = set()
        for entry in entries.read(source, file):
            if entry.code in seen:
                raise UserError(f"`{entry.code}` stands in this file twice", place=entry.place)
            seen.add(entry.code)
            if entry.kind == "conda":
                conda.update(entry.names)
            elif entry.kind == "metadata":
                wheelless[entry.code] = entry.versions
            else:
                by_code[entry.code] = list(entry.records)
    records = [record for group in by_code.values() for record in group]
    stored = [(r["code"], r.pop("trigger"), r.pop("variables"), json.dumps(r, ensure_ascii=False)) for r in records]
    return {"stored": stored, "conda": conda, "wheelless": wheelless}


def entry_errors(paths: Sequence[Path]) -> Iterator[UserError]:
    """Give every mistake of form in the files, not only the first."""
    from envdoctor.matrix import entries

    places: dict[str, str] = {}
    for path in paths:
        for found in entries.examine(path.read_text(encoding="utf-8"), str(path)):
            if isinstance(found, UserError):
                yield found
            elif found.code in places and found.kind not in ("conda", "metadata"):
                yield UserError(f"`{found.code}` stands twice", place=found.place, hint=f"also at {places[found.code]}")
            else:
                places[found.code] = str(found.place)
