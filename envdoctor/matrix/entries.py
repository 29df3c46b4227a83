"""Read the entries of a matrix file: rules, tables, names, conda names and metadata, each checked for its form.

An entry compiles to plain records (text, lists, mappings), which can be kept as JSON and built into claims later.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from envdoctor import cells, yamlpos
from envdoctor.errors import UserError
from envdoctor.matrix import fields
from envdoctor.model import Place, is_host

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMMON = {"title", "severity", "kind", "cause", "culprit", "fixes", "refuted", "symptoms", "source", "checked"}
_COMMON |= {"evidence", "bad", "good", "uses", "note"}
_KEYS = {
    "rule": {"rule", "when", "needs", "requires"} | _COMMON,
    "table": {"table", "key", "columns", "known", "rows"} | _COMMON,
    "names": {"names", "package", "gone"} | _COMMON,
    "conda": {"conda", "title", "source", "checked", "evidence"},
    "metadata": {"metadata", "versions", "source", "checked", "evidence"},
}
_CODE = re.compile(r"[A-Z]{2,12}\d{3}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a file, compiled."""

    kind: str
    code: str
    place: Place
    records: tuple[dict[str, Any], ...] = ()
    names: dict[str, str] = field(default_factory=dict)
    versions: dict[str, Any] = field(default_factory=dict)


def read(source: str, file: str) -> Iterator[Entry]:
    """Give the entries of a file; raise UserError at the first mistake."""
    for found in examine(source, file):
        if isinstance(found, UserError):
            raise found
        yield found


def examine(source: str, file: str) -> Iterator[Entry | UserError]:
    """Give the entries of a file, and in place of a wrong one its error."""
    try:
        listed = yamlpos.sequence(yamlpos.read(source, file), "a matrix file")
    except UserError as error:
        yield error
        return
    for node in listed:
        try:
            yield _entry(yamlpos.mapping(node, "an entry"))
        except UserError as error:
            yield error


def _entry(node: yamlpos.Map) -> Entry:
    kind = next((key for key in _KEYS if key in node.items), None)
    if kind is None:
        known = ", ".join(f"`{key}`" for key in _KEYS)
        raise UserError("an entry must be one of " + known, place=node.place)
    node.only(_KEYS[kind], f"a `{kind}` entry")
    for needed in ("source", "checked", "evidence"):
        fields.required(node, needed)
    fields.date(node, "checked")
    fields.choice(node, "evidence", fields.GRADES)
    if kind == "conda":
        return Entry(kind, "conda", node.place, names=fields.strings(node, "conda"))
    if kind == "metadata":
        return Entry(kind, fields.required(node, "metadata"), node.place, versions=_versions(node))
    return Entry(kind, _code(node, kind), node.place, tuple(_RECORDS[kind](node)))


def _code(node: yamlpos.Map, kind: str) -> str:
    code = fields.required(node, kind)
    if not _CODE.fullmatch(code):
        raise UserError(f"`{code}` is not a code", place=node.items[kind].place, hint="letters and three digits: TF001")
    return code


def _common(node: yamlpos.Map, kind: str) -> dict[str, Any]:
    return {
        "code": _code(node, kind),
        "title": fields.required(node, "title"),
        "severity": fields.choice(node, "severity", fields.SEVERITIES, "error"),
        "kind": fields.choice(node, "kind", fields.KINDS, ""),
        "cause": fields.optional(node, "cause"),
        "culprit": fields.words(node, "culprit"),
        "fixes": fields.fixes(node),
        "refuted": fields.refuted(node),
        "symptoms": fields.symptoms(node),
        "uses": fields.words(node, "uses"),
        "source": fields.required(node, "source"),
        "checked": fields.required(node, "checked"),
        "evidence": fields.required(node, "evidence"),
        "bad": fields.examples(node, "bad"),
        "good": fields.examples(node, "good"),
        "place": [node.place.file, node.place.line, node.place.column],
        "silent": False,
        "key": "",
        "known": "",
        "columns": {},
        "when": {},
    }


def _rule(node: yamlpos.Map) -> Iterator[dict[str, Any]]:
    when, needs, requires = (fields.cells_of(node, key) for key in ("when", "needs", "requires"))
    if not when:
        raise UserError("a rule must say `when` it applies", place=node.place)
    fields.required(node, "cause")
    rows = [{"needs": needs, "requires": requires}]
    yield _triggered(_common(node, "rule") | {"when": when, "rows": rows})


def _table(node: yamlpos.Map) -> Iterator[dict[str, Any]]:
    key = fields.required(node, "key")
    columns = fields.strings(node, "columns")
    known = fields.required(node, "known")
    rows = []
    for item in yamlpos.sequence(node.get("rows"), "`rows`"):
        row = yamlpos.mapping(item, "a row")
        row.only({key, *columns}, "a row")
        cells_ = fields.cells_in(row)
        if key not in cells_:
            raise UserError(f"the row does not name its key `{key}`", place=row.place)
        rows.append({"when": {key: cells_.pop(key)}, "needs": cells_})
    for column, severity in columns.items():
        if severity not in fields.SEVERITIES:
            raise UserError(f"column `{column}`: `{severity}` is not a severity", place=node.items["columns"].place)
    more = {"when": {key: "*"}, "key": key, "known": cells.specifier(known), "columns": columns, "rows": rows}
    yield _triggered(_common(node, "table") | more)


def _names(node: yamlpos.Map) -> Iterator[dict[str, Any]]:
    package = fields.required(node, "package")
    gone = fields.cells_of(node, "gone")
    for name, versions in gone.items():
        record = _common(node, "names")
        told = {"title": f"`{name}` is not in the installed {package}", "uses": [name], "silent": True}
        yield _triggered(record | told | {"when": {package: versions}, "rows": [{}]})


_RECORDS = {"rule": _rule, "table": _table, "names": _names}


def _triggered(record: dict[str, Any]) -> dict[str, Any]:
    """Add what a target must have for the claim to concern it, and the variables it asks for."""
    when: dict[str, str] = record["when"]
    asked = {name for row in record["rows"] for part in ("needs", "requires") for name in row.get(part, {})}
    trigger = [n for n, cell in when.items() if not is_host(n) and cell not in ("absent", "unset")]
    variables = sorted(n for n in {*when, *asked} if n.startswith("env."))
    return record | {"trigger": trigger, "variables": variables}


def _versions(node: yamlpos.Map) -> dict[str, Any]:
    versions: dict[str, Any] = {}
    for version, item in yamlpos.mapping(node.get("versions"), "`versions`").items.items():
        row = yamlpos.mapping(item, "a version")
        row.only({"requires", "python"}, "a version")
        versions[version] = {"requires": fields.words(row, "requires"), "python": fields.optional(row, "python")}
    return versions
