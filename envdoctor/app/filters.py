"""Choose findings: `--select`, `--ignore`, the recipe's own `ignore:`; and decide by what is left how it ends."""

from __future__ import annotations

import dataclasses
import datetime
from typing import TYPE_CHECKING

from envdoctor import checks
from envdoctor.app.options import FAIL_ON, Filters
from envdoctor.errors import UserError, near
from envdoctor.model import Status
from envdoctor.smoke import record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envdoctor.matrix import Matrix
    from envdoctor.model import Finding, Held, Recipe, Report, Waits


def codes(known: Matrix) -> set[str]:
    """Give every code that a finding can have."""
    from envdoctor import link  # only who selects or ignores asks for its codes

    checks.load()
    return {code for code in checks.TITLES if code != "MATRIX"} | {record.CODE} | link.TITLES.keys() | known.codes()


def validate(filters: Filters, recipe: Recipe, known: Matrix) -> None:
    """Refuse a code, or the beginning of one, that no finding can have."""
    if not (filters.select or filters.ignore or recipe.ignores):
        return
    every = codes(known)
    for option, prefixes in (("--select", filters.select), ("--ignore", filters.ignore)):
        for prefix in prefixes:
            if not any(code.startswith(prefix) for code in every):
                raise UserError(f"`{option} {prefix}` matches no code", hint=_nearest(prefix, every))
    for item in recipe.ignores:
        if not any(code.startswith(item.code) for code in every):
            raise UserError(f"`{item.code}` is no code", place=item.place or "", hint=_nearest(item.code, every))


def _nearest(code: str, every: set[str]) -> str:
    families = {known.rstrip("0123456789") for known in every}
    return near(code, every) if code[-1:].isdigit() else near(code, families)


def chosen(judged: checks.Verdict, recipe: Recipe, filters: Filters) -> list[Finding]:
    """Give the selected findings, the ignored ones marked with the reason; a crash is never left out.

    What waits for a fact is selected and ignored by the code of the judgement that waits.
    """
    found = [_marked(f, recipe, filters) for f in judged.found if f.code == checks.CRASHED or _wanted(f.code, filters)]
    waiting: dict[str | None, list[Waits]] = {}
    for one in judged.waiting:
        if _wanted(one.code, filters) or _wanted(checks.UNSEEN, filters):
            waiting.setdefault(_reason(one.code, recipe, filters), []).append(one)
    for reason, group in waiting.items():
        found += [
            dataclasses.replace(f, suppressed=reason) if reason else _marked(f, recipe, filters)
            for f in checks.unseen(group)
        ]
    return found


def _wanted(code: str, filters: Filters) -> bool:
    return not filters.select or code.startswith(filters.select)


def selected(held: Iterable[Held], filters: Filters) -> int:
    """Count the judgements that held, of the selected ones."""
    return sum(one.number for one in held if _wanted(one.code, filters))


def exit_code(report: Report, filters: Filters, *, crashed: bool = False) -> int:
    """Give the exit status: 3 could not look, 1 a finding that fails, 0 nothing of that kind."""
    live = [finding for finding in report.findings if not finding.suppressed]
    unknown = [finding for finding in live if finding.status is Status.UNKNOWN]
    if crashed or (unknown and len(unknown) == len(live) and not report.held):
        return 3
    failing = FAIL_ON[: FAIL_ON.index(filters.fail_on) + 1] if filters.fail_on != "never" else ()
    return int(any(finding.status.value in failing for finding in live) or (filters.strict and bool(unknown)))


def _marked(finding: Finding, recipe: Recipe, filters: Filters) -> Finding:
    if reason := _reason(finding.code, recipe, filters):
        return dataclasses.replace(finding, suppressed=reason)
    for item in recipe.ignores:
        if finding.code.startswith(item.code):
            over = f"it was ignored until {item.until} ({item.reason}); that day is past"
            return dataclasses.replace(finding, cause=f"{finding.cause}; {over}" if finding.cause else over)
    return finding


def _reason(code: str, recipe: Recipe, filters: Filters) -> str | None:
    """Give the reason why a code is ignored, if it is, and its day is not past."""
    for prefix in filters.ignore:
        if code.startswith(prefix):
            return f"--ignore {prefix}"
    today = datetime.datetime.now(datetime.UTC).date()
    for item in recipe.ignores:
        if code.startswith(item.code) and not (item.until and datetime.date.fromisoformat(item.until) < today):
            return f"{item.reason}, until {item.until}" if item.until else item.reason
    return None
