"""Choose findings: `--select` and `--ignore`, and the recipe's own `ignore:` with reason and expiry."""

from __future__ import annotations

import dataclasses
import datetime
from typing import TYPE_CHECKING

from envdoctor import checks
from envdoctor.errors import UserError, near

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from envdoctor.matrix import Matrix
    from envdoctor.model import Finding, Held, Ignore, Recipe


def codes(known: Matrix) -> set[str]:
    """Give every code that a finding can have."""
    checks.load()
    own = {code for code in checks.TITLES if code != "MATRIX"} | {"HOST001"}
    return own | {str(record["code"]) for record in known.records}


def validate(select: Iterable[str], ignore: Iterable[str], recipe: Recipe, known: Matrix) -> None:
    """Refuse a code, or the beginning of one, that no finding can have."""
    if not (select or ignore or recipe.ignores):
        return
    every = codes(known)
    for option, prefixes in (("--select", select), ("--ignore", ignore)):
        for prefix in prefixes:
            if not any(code.startswith(prefix) for code in every):
                raise UserError(
                    f"`{option} {prefix}` matches no code",
                    hint=near(prefix, every) if len(prefix) > 3 else "`envdoctor rules` lists them",
                )
    for item in recipe.ignores:
        if not any(code.startswith(item.code) for code in every):
            raise UserError(f"`{item.code}` is no code", place=item.place or "", hint=near(item.code, every))


def chosen(
    findings: Iterable[Finding], recipe: Recipe, *, select: Sequence[str], ignore: Sequence[str]
) -> list[Finding]:
    """Give the selected findings, the ignored ones marked with the reason."""
    kept = [finding for finding in findings if not select or finding.code.startswith(tuple(select))]
    return [_marked(finding, recipe.ignores, ignore) for finding in kept]


def selected(held: Iterable[Held], select: Sequence[str]) -> int:
    """Count the judgements that held, of the selected ones."""
    return sum(1 for one in held if not select or one.code.startswith(tuple(select)))


def _marked(finding: Finding, ignores: Iterable[Ignore], ignore: Sequence[str]) -> Finding:
    for prefix in ignore:
        if finding.code.startswith(prefix):
            return dataclasses.replace(finding, suppressed=f"--ignore {prefix}")
    for item in ignores:
        if finding.code.startswith(item.code):
            return _by_recipe(finding, item)
    return finding


def _by_recipe(finding: Finding, item: Ignore) -> Finding:
    if item.until and datetime.date.fromisoformat(item.until) < datetime.datetime.now(datetime.UTC).date():
        over = f"it was ignored until {item.until} ({item.reason}); that day is past"
        return dataclasses.replace(finding, cause=f"{finding.cause}; {over}" if finding.cause else over)
    until = f", until {item.until}" if item.until else ""
    return dataclasses.replace(finding, suppressed=f"{item.reason}{until}")
