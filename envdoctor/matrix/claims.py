"""Build claims, mechanisms and origins from compiled records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from envdoctor.model import Claim, Fix, Mechanism, Origins, Place, Row, Status

if TYPE_CHECKING:
    from collections.abc import Mapping


def build(record: Mapping[str, Any]) -> Claim:
    """Give the claim of a record."""
    fixes = tuple(_fix(item) for item in record["fixes"])
    return Claim(
        code=record["code"],
        title=record["title"],
        severity=Status(record["severity"]),
        rows=tuple(Row(row.get("when", {}), row.get("needs", {}), row.get("requires", {})) for row in record["rows"]),
        cause=record["cause"],
        source=record["source"],
        checked=record["checked"],
        evidence=record["evidence"],
        when=record["when"],
        key=record["key"],
        known=record["known"],
        columns={name: Status(severity) for name, severity in record["columns"].items()},
        kind=record["kind"],
        culprit=tuple(record["culprit"]) or _changed(fixes),
        fixes=fixes,
        refuted=tuple((tried, outcome) for tried, outcome in record["refuted"]),
        symptoms=tuple(record["symptoms"]),
        uses=tuple(record["uses"]),
        silent=record["silent"],
        package=record["package"],
        bad=tuple(record["bad"]),
        good=tuple(record["good"]),
        probe=record["probe"],
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
    listed = {key: tuple(record[key]) for key in ("patterns", "packages", "needs", "near")}
    fixes = tuple(Fix(**{**item, "reinstall": tuple(item["reinstall"])}) for item in record["fixes"])
    return Mechanism(**{**record, **listed, "fixes": fixes})


def origins(modules: Mapping[str, list[str]], found: Mapping[str, Mapping[str, str]]) -> Origins:
    """Put together what is known of where names come from."""
    return Origins(
        {name: tuple(dists) for name, dists in modules.items()}, found.get("libraries", {}), found.get("symbols", {})
    )
