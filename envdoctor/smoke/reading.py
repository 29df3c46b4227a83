"""Make nouns of what a process of trials printed: `envdoctor.smoke/1`, which may be anything, from anyone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from envdoctor.model.smoke import Attempt, Figure, Ran

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envdoctor.model.smoke import Got
    from envdoctor.processes import Done
    from envdoctor.smoke.plan import Job, Settings

SCHEMA = "envdoctor.smoke/1"
_SPENT = ("cpu_s", "children_cpu_s", "wall_s", "peak_mib")
_CONDITIONS = ("most", "least", "equal")
MOST_TEXT = 4000


def ran(job: Job, done: Done, settings: Settings, *, over: bool = False) -> Ran:
    """Give how a process ended and what it measured; what is no result is a fault, never an exception."""
    last = next((line for line in reversed(done.err.splitlines()) if line.strip()), "").strip()[:500]
    found = Ran(job.name, job.asked, done.status, needs=job.needs, last=last, limit=settings.wall)
    if done.status is None and not over:
        return found._replace(status=0, fault="it said more than can be read")
    try:
        document = json.loads(done.out)
        if document.get("schema") != SCHEMA:
            return found._replace(fault=f"it printed no {SCHEMA}")
        return _with(found, document, job)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return found._replace(fault=f"what it printed is no {SCHEMA}" if done.out.strip() else "it printed nothing")


def _with(found: Ran, document: Mapping[str, Any], job: Job) -> Ran:
    imports = document.get("imports") or {}
    return found._replace(
        attempts=[_attempt(row) for row in document["trials"]],
        versions={str(name): str(value) for name, value in (document.get("versions") or {}).items()},
        refused=_text(imports.get("reason")),
        lacks=_text(imports.get("module")),
        traceback=_text(imports.get("traceback")),
        warnings=[_text(line) for line in imports.get("warnings") or ()],
        spent={key: float(document[key]) for key in _SPENT if document.get(key)}
        | ({"import_cpu_s": float(imports["cpu_s"])} if "cpu_s" in imports else {}),
        asked=job.asked if job.needs else tuple(_text(row["trial"]) for row in document["trials"]),
    )


def _attempt(row: Mapping[str, Any]) -> Attempt:
    status = row["status"]
    if status not in ("done", "error", "unable"):
        raise ValueError(status)
    return Attempt(
        trial=_text(row["trial"]),
        status=status,
        proves=_text(row.get("proves")),
        reason=_text(row.get("reason")),
        traceback=_text(row.get("traceback")),
        figures=[figure(one) for one in row.get("figures") or ()],
        cpu=float(row.get("cpu_s") or 0) + float(row.get("children_cpu_s") or 0),
    )


def figure(row: Mapping[str, Any]) -> Figure:
    """Give a figure as it was printed."""
    condition = next((name for name in _CONDITIONS if name in row), "")
    return Figure(_text(row["name"]), _value(row.get("got")), condition, _value(row.get(condition)))


def _value(value: Any) -> Got:
    return value if isinstance(value, float | int | str) or value is None else json.dumps(value)[:500]


def _text(value: Any) -> str:
    return "" if value is None else str(value)[:MOST_TEXT]
