"""Write a target's facts as JSON (`envdoctor.facts/1`), and read them back."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

from envdoctor.errors import UserError
from envdoctor.facts.together import facts_of
from envdoctor.formats import documents, metadata
from envdoctor.model import Distribution, Fact, Folder, Requirement, Target, Trace

if TYPE_CHECKING:
    from envdoctor.model import Facts

SCHEMA = "envdoctor.facts/1"
_MOST = 100_000


def write(facts: Facts) -> str:
    """Give a snapshot as JSON text, in a stable order."""
    target = {"kind": facts.target.kind, "path": facts.target.path, "label": facts.target.label}
    document = {
        "schema": SCHEMA,
        "taken": facts.taken,
        "target": target,
        "facts": {name: _fact(fact) for name, fact in sorted(facts.facts.items())},
        "missing": dict(sorted(facts.missing.items())),
        "distributions": [_distribution(dist) for dist in facts.distributions],
        **({"managed": True} if facts.managed else {}),
        **(_files(facts) if facts.looked else {}),
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _fact(fact: Fact) -> dict[str, Any]:
    several = {"all": list(fact.all)} if fact.all else {}
    return {"value": fact.value, **several, "source": fact.source}


def _files(facts: Facts) -> dict[str, Any]:
    """Give where the Python looks for code and what is wrong with the files; a snapshot without them tells neither."""
    return {
        "search": [folder._asdict() for folder in facts.search],
        "traces": [_trace(trace) for trace in sorted(facts.traces)],
    }


def _trace(trace: Trace) -> dict[str, Any]:
    row = {key: list(value) if isinstance(value, tuple) else value for key, value in trace._asdict().items()}
    return {key: value for key, value in row.items() if value not in ("", [], 0)}


def _distribution(dist: Distribution) -> dict[str, Any]:
    row: dict[str, Any] = {"name": dist.name, "version": dist.version, "location": dist.location}
    stated = {"installer": dist.installer, "build": dist.build, "folder": dist.folder, "fault": dist.fault}
    row |= {key: value for key, value in stated.items() if value}
    row |= {"compiled": list(dist.compiled)} if dist.compiled else {}
    if dist.headers:
        row["requires"] = [_line(requirement) for requirement in dist.requires]
        row["requires_python"] = dist.requires_python
    return row


def _line(requirement: Requirement) -> str:
    extras = f"[{','.join(requirement.extras)}]" if requirement.extras else ""
    marker = f" ; {requirement.marker}" if requirement.marker else ""
    return f"{requirement.name}{extras}{requirement.specifier}{marker}"


def read(text: str, file: str) -> Facts:
    """Give the facts of a snapshot; raise UserError with its place if it is none."""
    document = documents.parse(text, file)
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise UserError(
            f"not a snapshot: its schema is not `{SCHEMA}`", place=file, hint="`envdoctor facts` writes one"
        )
    reader = _Reader(file)
    target = reader.mapping(document, "target")
    seen = facts_of(
        Target("snapshot", file, reader.text(target, "label") or reader.text(target, "path")),
        facts=[reader.fact(name, item) for name, item in reader.mapping(document, "facts").items()],
        missing={name: str(reason) for name, reason in reader.mapping(document, "missing").items()},
        distributions=[reader.distribution(item) for item in reader.list(document, "distributions")],
        taken=reader.text(document, "taken"),
    )
    return dataclasses.replace(
        seen,
        managed=document.get("managed") is True,
        looked="traces" in document,
        search=tuple(reader.folder(item) for item in reader.list(document, "search")),
        traces=tuple(reader.trace(item) for item in reader.list(document, "traces")),
    )


class _Reader:
    """Take a snapshot apart, refusing what has the wrong type."""

    def __init__(self, file: str) -> None:
        self.file = file

    def _wrong(self, key: str, wanted: str) -> UserError:
        return UserError(f"`{key}` must be {wanted}", place=self.file, hint="`envdoctor facts` writes a snapshot")

    def mapping(self, inside: dict[str, Any], key: str) -> dict[str, Any]:
        found = inside.get(key, {})
        if not isinstance(found, dict):
            raise self._wrong(key, "a mapping")
        return found

    def list(self, inside: dict[str, Any], key: str) -> list[Any]:
        found = inside.get(key, [])
        if not isinstance(found, list) or len(found) > _MOST:
            raise self._wrong(key, f"a list of at most {_MOST}")
        return found

    def text(self, inside: dict[str, Any], key: str) -> str:
        found = inside.get(key, "")
        if not isinstance(found, str | int | float):
            raise self._wrong(key, "a text")
        return str(found)

    def texts(self, inside: dict[str, Any], key: str) -> tuple[str, ...]:
        return tuple(str(value) for value in self.list(inside, key))

    def number(self, inside: dict[str, Any], key: str, otherwise: int) -> int:
        found = inside.get(key, otherwise)
        if not isinstance(found, int):
            raise self._wrong(key, "a number")
        return found

    def fact(self, name: str, item: object) -> Fact:
        if not isinstance(item, dict):
            raise self._wrong(name, "a mapping with `value` and `source`")
        return Fact(name, self.text(item, "value"), self.text(item, "source"), self.texts(item, "all"))

    def folder(self, item: object) -> Folder:
        if not isinstance(item, dict):
            raise self._wrong("search", "a list of mappings")
        return Folder(self.text(item, "path"), self.text(item, "origin"))

    def trace(self, item: object) -> Trace:
        if not isinstance(item, dict) or not self.text(item, "what"):
            raise self._wrong("traces", "a list of mappings with `what`")
        return Trace(
            what=self.text(item, "what"),
            name=self.text(item, "name"),
            paths=self.texts(item, "paths") or ("",),
            number=self.number(item, "number", 0),
            of=self.number(item, "of", 0),
            via=self.text(item, "via"),
            said=self.text(item, "said"),
            others=self.texts(item, "others"),
        )

    def distribution(self, item: object) -> Distribution:
        if not isinstance(item, dict):
            raise self._wrong("distributions", "a list of mappings")
        if not self.text(item, "name"):
            raise self._wrong("name", "there in every distribution")
        return Distribution(
            name=metadata.canonical(self.text(item, "name")),
            version=self.text(item, "version"),
            location=self.text(item, "location"),
            installer=self.text(item, "installer"),
            build=self.text(item, "build"),
            folder=self.text(item, "folder"),
            fault=self.text(item, "fault"),
            compiled=self.texts(item, "compiled"),
            headers="requires" in item,
            requires=tuple(self._requirement(line) for line in self.list(item, "requires")),
            requires_python=self.text(item, "requires_python"),
        )

    def _requirement(self, line: object) -> Requirement:
        try:
            name, extras, specifier, marker, _url = metadata.split_requirement(str(line))
        except ValueError:
            raise self._wrong("requires", "a list of requirements") from None
        return Requirement(name, extras, specifier, marker)
