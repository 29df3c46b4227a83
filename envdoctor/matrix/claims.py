"""Build claims, mechanisms and origins from compiled records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from envdoctor.model import Claim, Fix, Place, Row, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from envdoctor.model.diagnosis import Mechanism, Origins

    Item = tuple[int, list[str], dict[str, Any]]


def folded(items: Sequence[Item]) -> dict[str, Any]:
    """Give (number, trigger, record) items with what the records of one entry share said once, and nothing empty."""
    by_code: dict[str, list[dict[str, Any]]] = {}
    for *_, record in items:
        by_code.setdefault(record["code"], []).append(record)
    common = {code: _common(records) for code, records in by_code.items()}
    own = [
        (number, trigger, record["code"], _filled(record, common[record["code"]])) for number, trigger, record in items
    ]
    return {"common": common, "items": own}


def unfolded(part: Mapping[str, Any]) -> Iterator[tuple[int, list[str], dict[str, Any]]]:
    """Give the items of a folded part."""
    common = part["common"]
    for number, trigger, code, own in part["items"]:
        yield number, trigger, common[code] | own


def _common(records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    first, *others = records
    return {name: value for name, value in first.items() if value and all(other[name] == value for other in others)}


def _filled(record: Mapping[str, Any], common: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if value and name not in common}


def build(record: Mapping[str, Any]) -> Claim:
    """Give the claim of a record; what it does not say is empty."""
    said = record.get
    fixes = tuple(_fix(item) for item in said("fixes", ()))
    return Claim(
        code=record["code"],
        title=record["title"],
        severity=Status(record["severity"]),
        rows=tuple(Row(row.get("when", {}), row.get("needs", {}), row.get("requires", {})) for row in record["rows"]),
        cause=said("cause", ""),
        source=record["source"],
        checked=record["checked"],
        evidence=record["evidence"],
        when=said("when", {}),
        key=said("key", ""),
        known=said("known", ""),
        columns={name: Status(severity) for name, severity in said("columns", {}).items()},
        kind=said("kind", ""),
        culprit=tuple(said("culprit", ())) or _changed(fixes),
        fixes=fixes,
        refuted=tuple((tried, outcome) for tried, outcome in said("refuted", ())),
        symptoms=tuple(said("symptoms", ())),
        uses=tuple(said("uses", ())),
        silent=said("silent", False),
        package=said("package", ""),
        bad=tuple(said("bad", ())),
        good=tuple(said("good", ())),
        probe=said("probe", ""),
        place=Place(*record["place"]),
    )


def _fix(item: Mapping[str, Any]) -> Fix:
    return Fix(
        pins=item["pins"],
        env=item["env"],
        python=item["python"],
        reinstall=tuple(item["reinstall"]),
        split=tuple(item["split"]),
        host=item["host"],
        note=item["note"],
        gives=item["gives"],
    )


def _changed(fixes: tuple[Fix, ...]) -> tuple[str, ...]:
    """Name what the first fix changes."""
    if not fixes:
        return ()
    first = fixes[0]
    changed = [*first.pins, *(f"env.{name}" for name in first.env), *first.reinstall, *first.host]
    return tuple(dict.fromkeys([*changed, *(["python"] if first.python else [])]))


def mechanism(record: Mapping[str, Any]) -> Mechanism:
    """Give the mechanism of a record."""
    from envdoctor.model.diagnosis import Mechanism  # a check needs none

    listed = {key: tuple(record[key]) for key in ("patterns", "packages", "needs", "near", "shown")}
    fixes = tuple(Fix(**{**item, "reinstall": tuple(item["reinstall"])}) for item in record["fixes"])
    return Mechanism(**{**record, **listed, "fixes": fixes})


def origins(modules: Mapping[str, list[str]], found: Mapping[str, Mapping[str, str]]) -> Origins:
    """Put together what is known of where names come from."""
    from envdoctor.model.diagnosis import Origins

    named = {name: tuple(dists) for name, dists in modules.items()}
    itself = {name: name for dists in named.values() for name in dists}
    return Origins(
        named,
        **{key: found.get(key, {}) for key in ("libraries", "symbols", "since", "classes")},
        words={**itself, **found.get("words", {})},
        everyday=frozenset(found.get("everyday", ())),
    )
