"""Compile the entries that judge (rules, tables, names) into the records that claims are built from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from envdoctor import cells, yamlpos
from envdoctor.errors import UserError
from envdoctor.matrix import fields
from envdoctor.model import is_host

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def _rule(node: yamlpos.Map, code: str) -> Iterator[dict[str, Any]]:
    when, needs, requires = (fields.cells_of(node, key) for key in ("when", "needs", "requires"))
    if not when:
        raise UserError("a rule must say `when` it applies", place=node.place)
    fields.required(node, "cause")
    rows = [{"needs": needs, "requires": requires}]
    yield _triggered(_common(node, code) | {"when": when, "rows": rows})


def _table(node: yamlpos.Map, code: str) -> Iterator[dict[str, Any]]:
    key = fields.required(node, "key")
    columns = fields.strings(node, "columns")
    known = cells.specifier(fields.required(node, "known"))
    rows: list[dict[str, Any]] = []
    for item in yamlpos.sequence(node.get("rows"), "`rows`"):
        place, row = item.place, _row(yamlpos.mapping(item, "a row"), key, columns)
        if not cells.overlap(row["when"][key], known):
            raise UserError(f"no {key} within `known` ({known}) reaches this row", place=place)
        if row in rows:
            raise UserError("this row stands here twice", place=place)
        rows.append(row)
    for column, severity in columns.items():
        if severity not in fields.SEVERITIES:
            raise UserError(f"column `{column}`: `{severity}` is not a severity", place=node.items["columns"].place)
    more = {"when": {key: "*"}, "key": key, "known": known, "columns": columns, "rows": rows}
    yield _triggered(_common(node, code) | more)


def _row(row: yamlpos.Map, key: str, columns: Mapping[str, str]) -> dict[str, Any]:
    row.only({key, *columns}, "a row")
    cells_ = fields.cells_in(row)
    if key not in cells_:
        raise UserError(f"the row does not name its key `{key}`", place=row.place)
    return {"when": {key: cells_.pop(key)}, "needs": cells_}


def _names(node: yamlpos.Map, code: str) -> Iterator[dict[str, Any]]:
    """Give a record a name and range in which the package does not have it; silent unless the name is used.

    `brought` names the distribution that brings a name back: where it is installed, the name is not missing.
    """
    package = fields.required(node, "package")
    instead, brought = fields.strings(node, "instead"), fields.strings(node, "brought")
    common = _common(node, code)
    if not yamlpos.mapping(node.get("gone"), "`gone`").items:
        raise UserError("`gone` names nothing", place=node.place)
    for name, ranges in fields.ranges_of(node, "gone").items():
        cause = common["cause"] or f"{package} does not have it in {' and in '.join(ranges)}"
        told = {
            "title": f"`{name}` is not in the installed {package}",
            "cause": f"{cause}; write {instead[name]} in its place" if name in instead else cause,
            "uses": [name],
            "silent": True,
            "package": package,
        }
        for range_ in ranges:
            back = {brought[name]: "*"} if name in brought else {}
            others = [fields.NO_CHANGE | {"pins": back}] if back else []
            fixes = common["fixes"] or [*others, *_outside(package, range_, ranges)]
            row = {"requires": back} if back else {}
            yield _triggered(common | told | {"when": {package: range_}, "rows": [row], "fixes": fixes})


def _outside(package: str, range_: str, ranges: Sequence[str]) -> list[dict[str, Any]]:
    """Give the fixes that leave a range in which a name is missing, without entering another such range."""
    others = [cells.outside(other) for other in ranges if other != range_]
    bounds = [other[0] for other in others if len(other) == 1]
    wanted = [",".join(dict.fromkeys([clause, *bounds])) for clause in cells.outside(range_)]
    if package == "python":
        return [fields.NO_CHANGE | {"python": cell} for cell in wanted]
    return [fields.NO_CHANGE | {"pins": {package: cell}} for cell in wanted]


def _common(node: yamlpos.Map, code: str) -> dict[str, Any]:
    return {
        "code": code,
        "title": fields.required(node, "title"),
        "severity": fields.choice(node, "severity", fields.SEVERITIES, "error"),
        "kind": fields.choice(node, "kind", fields.KINDS, ""),
        "cause": fields.optional(node, "cause"),
        "culprit": fields.words(node, "culprit"),
        "fixes": fields.fixes(node),
        "refuted": fields.refuted(node),
        "symptoms": fields.patterns(node, "symptoms"),
        "uses": fields.words(node, "uses"),
        "source": fields.required(node, "source"),
        "checked": fields.required(node, "checked"),
        "evidence": fields.required(node, "evidence"),
        "bad": fields.examples(node, "bad"),
        "good": fields.examples(node, "good"),
        "probe": fields.optional(node, "probe"),
        "place": [node.place.file, node.place.line, node.place.column],
        "silent": _silent(node),
        "package": "",
        "key": "",
        "known": "",
        "columns": {},
        "when": {},
    }


_READ_WHERE_ASKED = ("env.", "needs.")


def _silent(node: yamlpos.Map) -> bool:
    """Say whether nothing is to be said where the names in `uses` are not used: what everybody has and few use."""
    said = fields.choice(node, "silent", ("true", "false"), "false") == "true"
    if said and "uses" not in node.items:
        raise UserError("`silent` without `uses` would never be said", place=node.items["silent"].place)
    return said


def _triggered(record: dict[str, Any]) -> dict[str, Any]:
    """Add what a target must have for the claim to concern it, and the variables and slow facts it asks for."""
    when: dict[str, str] = record["when"]
    asked = {name for row in record["rows"] for part in ("needs", "requires") for name in row.get(part, {})}
    trigger = [n for n, cell in when.items() if not is_host(n) and cell not in ("absent", "unset")]
    if record["package"]:
        trigger = [f"uses {name}" for name in record["uses"]]
    variables = sorted(n for n in {*when, *asked} if n.startswith(_READ_WHERE_ASKED) or n.endswith(".arch_list"))
    return record | {"trigger": trigger, "variables": variables}


READERS = {"rule": _rule, "table": _table, "names": _names}
