"""Write a target's facts as JSON (`envdoctor.facts/1`), and read them back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from envdoctor.errors import UserError
from envdoctor.facts.together import facts_of
from envdoctor.formats import metadata
from envdoctor.model import Distribution, Fact, Requirement, Target

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
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _fact(fact: Fact) -> dict[str, Any]:
    several = {"all": list(fact.all)} if fact.all else {}
    return {"value": fact.value, **several, "source": fact.source}


def _distribution(dist: Distribution) -> dict[str, Any]:
    row: dict[str, Any] = {"name": dist.name, "version": dist.version, "location": dist.location}
    row |= {key: value for key, value in (("installer", dist.installer), ("build", dist.build)) if value}
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
    try:
        document = json.loads(text)
    except RecursionError:
        raise UserError("nested too deeply", place=file) from None
    except ValueError as error:
        line, column = getattr(error, "lineno", 1), getattr(error, "colno", 1)
        raise UserError(f"not JSON: {error}", place=f"{file}:{line}:{column}") from None
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise UserError(
            f"not a snapshot: its schema is not `{SCHEMA}`", place=file, hint="`envdoctor facts` writes one"
        )
    reader = _Reader(file)
    target = reader.mapping(document, "target")
    return facts_of(
        Target("snapshot", file, reader.text(target, "label") or reader.text(target, "path")),
        facts=[reader.fact(name, item) for name, item in reader.mapping(document, "facts").items()],
        missing={name: str(reason) for name, reason in reader.mapping(document, "missing").items()},
        distributions=[reader.distribution(item) for item in reader.list(document, "distributions")],
        taken=reader.text(document, "taken"),
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

    def fact(self, name: str, item: object) -> Fact:
        if not isinstance(item, dict):
            raise self._wrong(name, "a mapping with `value` and `source`")
        several = tuple(str(value) for value in self.list(item, "all"))
        return Fact(name, self.text(item, "value"), self.text(item, "source"), several)

    def distribution(self, item: object) -> Distribution:
        if not isinstance(item, dict):
            raise self._wrong("distributions", "a list of mappings")
        if not self.text(item, "name"):
            raise self._wrong("name", "there in every distribution")
        return Distribution(
            name=canonicalize_name(self.text(item, "name")),
            version=self.text(item, "version"),
            location=self.text(item, "location"),
            installer=self.text(item, "installer"),
            build=self.text(item, "build"),
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
