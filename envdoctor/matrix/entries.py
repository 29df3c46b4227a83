"""Read the entries of a matrix file, each checked for its form: what judges (rules, tables, names) and what only lists.

An entry that judges compiles to plain records (text, lists, mappings), which are kept as JSON and built into claims
later; one that only lists holds what it lists.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from envdoctor import cells, yamlpos
from envdoctor.errors import UserError
from envdoctor.matrix import fields, implied, mechanisms, records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.model import Place

_ORIGIN = {"source", "checked", "evidence"}
_COMMON = set("title severity kind cause culprit fixes refuted symptoms bad good uses note".split())
_JUDGING = {
    "rule": {"when", "needs", "requires", "probe", "silent"},
    "table": {"key", "columns", "known", "rows", "probe", "silent"},
    "names": {"package", "gone", "instead", "brought", "probe"},
}
LISTING = {
    "conda": {"title"},
    "modules": {"title"},
    "returns": {"title"},
    "metadata": {"versions"},
    "implied": {"title", "by", "values"},
    "stands-in": {"title"},
    "origins": {"libraries", "symbols", "since", "words", "classes", "everyday"},
    "mechanism": mechanisms.KEYS,
}
_KEYS = {kind: {kind} | _ORIGIN | more | _COMMON for kind, more in _JUDGING.items()}
_KEYS |= {kind: {kind} | _ORIGIN | more for kind, more in LISTING.items()}
_CODE = re.compile(r"[A-Z]{2,12}\d{3}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a file, compiled: the records of what judges, or what it lists.

    `places` says where the day of its source stands (`checked`), and each name that it implies from or lets stand in.
    """

    kind: str
    place: Place
    code: str = ""
    records: tuple[dict[str, Any], ...] = ()
    holds: dict[str, Any] = field(default_factory=dict)
    checked: str = ""
    places: dict[str, Place] = field(default_factory=dict)


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
    day = fields.date(node, "checked")
    fields.choice(node, "evidence", fields.GRADES)
    places = {"checked": node.items["checked"].place}
    if kind in LISTING:
        code = _code(node, kind) if kind == "mechanism" else ""
        holds = _HOLDS[kind](node)
        return Entry(kind, node.place, code, holds=holds, checked=day, places=places | _places(node, kind))
    code = _code(node, kind)
    return Entry(kind, node.place, code, tuple(records.READERS[kind](node, code)), checked=day, places=places)


def _code(node: yamlpos.Map, kind: str) -> str:
    code = fields.required(node, kind)
    if not _CODE.fullmatch(code):
        raise UserError(f"`{code}` is not a code", place=node.items[kind].place, hint="letters and three digits: TF001")
    return code


def _conda(node: yamlpos.Map) -> dict[str, Any]:
    return fields.strings(node, "conda")


def _modules(node: yamlpos.Map) -> dict[str, Any]:
    listed = yamlpos.mapping(node.get("modules"), "`modules`")
    return {module: fields.words(listed, module) for module in listed.items}


def _returns(node: yamlpos.Map) -> dict[str, Any]:
    """Give the class of what a function, or a method of a class, gives back, by its dotted name."""
    listed = yamlpos.mapping(node.get("returns"), "`returns`")
    found = fields.strings(node, "returns")
    for name, item in found.items():
        if "." not in name or "." not in item:
            raise UserError(f"`{name}: {item}` are not two dotted names", place=listed.keys[name].place)
    return found


def _metadata(node: yamlpos.Map) -> dict[str, Any]:
    versions: dict[str, Any] = {}
    for version, item in yamlpos.mapping(node.get("versions"), "`versions`").items.items():
        row = yamlpos.mapping(item, "a version")
        row.only({"requires", "python"}, "a version")
        versions[version] = {"requires": fields.words(row, "requires"), "python": fields.optional(row, "python")}
    return {fields.required(node, "metadata"): versions}


def _implied(node: yamlpos.Map) -> dict[str, Any]:
    """Give the values of a fact that follow from the names in another: the words of a name → value and source."""
    component, by = (fields.component(node, key) for key in ("implied", "by"))
    source = fields.required(node, "source")
    names: dict[str, tuple[str, str]] = {}
    for value, listed in yamlpos.mapping(node.get("values"), "`values`").items.items():
        for name in yamlpos.texts(listed, f"`{value}`"):
            words = implied.words(name.value)
            if cells.version(value) is None:
                raise UserError(f"`{value}` is no version", place=name.place)
            if not words or words in names:
                raise UserError(f"`{name.value}` is no name, or stands here twice", place=name.place)
            names[words] = (value, source)
    return {component: {"by": by, "names": names}}


def _places(node: yamlpos.Map, kind: str) -> dict[str, Place]:
    """Give the places of the names that may contradict those of another entry: of GPUs and systems, of builds."""
    if kind == "implied":
        listed = yamlpos.mapping(node.get("values"), "`values`")
        return {implied.words(name.value): name.place for item in listed.items.values() for name in _words(item)}
    if kind == "stands-in":
        listed = yamlpos.mapping(node.get(kind), "`stands-in`")
        replaced = {name: key.place for name, key in listed.keys.items()}
        return replaced | {name.value: name.place for item in listed.items.values() for name in _words(item)}
    return {}


def _words(node: yamlpos.Node) -> tuple[yamlpos.Text, ...]:
    return yamlpos.texts(node, "names")


def _stands_in(node: yamlpos.Map) -> dict[str, Any]:
    """Give the distributions that may stand in for another, by the one that they replace."""
    listed = yamlpos.mapping(node.get("stands-in"), "`stands-in`")
    return {name: fields.words(listed, name) for name in fields.names_in(listed)}


def _mechanism(node: yamlpos.Map) -> dict[str, Any]:
    return {fields.required(node, "mechanism"): mechanisms.record(node)}


_HOLDS = {
    "conda": _conda,
    "modules": _modules,
    "returns": _returns,
    "metadata": _metadata,
    "implied": _implied,
    "stands-in": _stands_in,
    "origins": mechanisms.origins,
    "mechanism": _mechanism,
}
