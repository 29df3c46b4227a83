"""Give a comparison as lines, or as JSON (`envdoctor.diff/1`)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from envdoctor import __version__
from envdoctor.model.differences import GROUPS
from envdoctor.report.json import finding as as_json
from envdoctor.report.layout import Line, clean, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from envdoctor.model import Finding, Target
    from envdoctor.model.differences import Comparison, Difference

SCHEMA = "envdoctor.diff/1"


def lines(compared: Comparison, *, width: int = 80) -> Iterator[Line]:
    """Give the two targets, what differs in groups, and the findings that only one has."""
    yield from wrapped(f"a: {_target(compared.one)}", width, style="bold")
    yield from wrapped(f"b: {_target(compared.other)}", width, style="bold")
    for group in GROUPS:
        yield from _group(group, [one for one in compared.differences if one.group == group])
    for name, findings in (("a", compared.only_one), ("b", compared.only_other)):
        yield from _alone(name, findings, width)
    yield Line("")
    yield _count(compared)


def _target(target: Target) -> str:
    why = f" ({target.label})" if target.label and target.label != target.path else ""
    return f"{target.kind} {target.path}{why}"


def _group(title: str, differences: Sequence[Difference]) -> Iterator[Line]:
    if not differences:
        return
    yield Line("")
    yield Line(title, "bold")
    room = min(max(len(one.name) for one in differences), 32)
    for one in differences:
        codes = f"  ({', '.join(one.codes)})" if one.codes else ""
        text = clean(f"  {one.name.removeprefix('env.'):{room}}  {one.one} → {one.other}{codes}")
        yield Line(text, "warning" if one.codes else "")


def _alone(name: str, findings: Sequence[Finding], width: int) -> Iterator[Line]:
    if not findings:
        return
    yield Line("")
    yield Line(f"only {name} has", "bold")
    for one in findings:
        yield from wrapped(f"{one.status} {one.code}: {one.title}", width, indent=2, style=one.status)
        yield from wrapped(f"cause: {one.cause}", width, indent=4) if one.cause else ()


def _count(compared: Comparison) -> Line:
    number = len(compared.differences)
    if not number:
        return Line("no differences", "ok")
    matter = sum(1 for one in compared.differences if one.codes)
    told = f"{matter} of them in a finding that only one has" if matter else "none that the matrix knows to matter"
    style = "error" if compared.exit_code else "warning" if matter else "ok"
    return Line(f"{number} difference{'s' if number > 1 else ''}, {told}", style)


def render(compared: Comparison) -> str:
    """Give the comparison as one JSON document."""
    return json.dumps(document(compared), indent=1, ensure_ascii=False) + "\n"


def document(compared: Comparison) -> dict[str, Any]:
    """Give the comparison as plain data."""
    sides = zip((compared.one, compared.other), compared.fingerprints, strict=True)
    a, b = ({"kind": t.kind, "path": t.path, "label": t.label, "fingerprint": number} for t, number in sides)
    return {
        "schema": SCHEMA,
        "tool": {"name": "envdoctor", "version": __version__},
        "a": a,
        "b": b,
        "exit_code": compared.exit_code,
        "differences": [_difference(one) for one in compared.differences],
        "only_a": [as_json(one) for one in compared.only_one],
        "only_b": [as_json(one) for one in compared.only_other],
    }


def _difference(one: Difference) -> dict[str, Any]:
    return {"group": one.group, "name": one.name, "a": one.one, "b": one.other, "codes": list(one.codes)}
