"""What does a pyproject.toml ask for?

`[project]` names what every user gets and, by extra, what some get; `[dependency-groups]` (PEP 735) what a developer
gets. A project that leaves its dependencies to setuptools says in which requirements files they stand. What only a
build tool can tell (poetry's own tables, code that lists them) is not guessed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from envdoctor.errors import UserError, near
from envdoctor.formats import files, requirements, tomlpos
from envdoctor.model import Listed, Place, normalised

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from envdoctor.formats.tomlpos import String

_NAMED = re.compile(r"\s*[A-Za-z0-9]")
_GROUPS = "dependency-groups"
_HINT = "`[project]` has `dependencies`, `[dependency-groups]` has groups"


class Project(NamedTuple):
    """A project: its name, the Python it needs, what it always asks for, and what an extra or a group adds."""

    name: str
    python: String | None
    entries: tuple[Listed, ...]
    further: tuple[Listed, ...]


def is_name(name: str) -> bool:
    """Say whether a file is called as a project's is."""
    return name == "pyproject.toml"


def read(path: Path) -> Project:
    """Give what a pyproject.toml asks for; raise UserError with the place."""
    text = files.read_text(path)
    document = tomlpos.read(text, str(path))
    return _Reader(document, tomlpos.strings(text, str(path)), path).project()


class _Reader:
    """Take a document apart; `strings` knows the line of each of its strings."""

    def __init__(self, document: Mapping[str, Any], strings: Mapping[tuple[str, ...], Sequence[String]], path: Path):
        self._document, self._strings, self._path = document, strings, path
        self._project = self._table(document, ("project",))

    def project(self) -> Project:
        if "project" not in self._document and _GROUPS not in self._document:
            tool = next(iter(self._table(self._document, ("tool",))), "")
            hint = f"`{tool}` keeps them in a form of its own: export a requirements.txt" if tool == "poetry" else _HINT
            raise UserError("states no dependencies", place=self._place(), hint=hint)
        own = self._project.get("name", "")
        name = normalised(own) if isinstance(own, str) else ""
        further = [entry for entry in self._further() if entry.name != name]  # `my-package[all]` names itself
        return Project(
            name=own if isinstance(own, str) and own else self._path.resolve().parent.name,
            python=self._python(),
            entries=tuple(self._entries()),
            further=tuple(further),
        )

    def _place(self) -> Place:
        return Place(str(self._path))

    def _table(self, inside: Mapping[str, Any], keys: tuple[str, ...]) -> Mapping[str, Any]:
        found = inside.get(keys[-1], {})
        if not isinstance(found, dict):
            raise UserError(f"`{'.'.join(keys)}` must be a table", place=self._place())
        return found

    def _python(self) -> String | None:
        wanted = self._project.get("requires-python")
        if wanted is None:
            return None
        places = self._strings.get(("project", "requires-python"), [])
        if not isinstance(wanted, str):
            raise UserError("`requires-python` must be a text", place=self._place(), hint='for example `">=3.10"`')
        return places[0] if places else tomlpos.String(wanted, self._place())

    def _entries(self) -> Iterator[Listed]:
        dynamic = self._project.get("dynamic", [])
        if isinstance(dynamic, list) and "dependencies" in dynamic:
            yield from self._elsewhere()
        yield from self._array(self._project.get("dependencies", []), ("project", "dependencies"))

    def _elsewhere(self) -> Iterator[Listed]:
        """Give the dependencies that setuptools reads from files."""
        tool = self._table(self._table(self._document, ("tool",)), ("tool", "setuptools"))
        dynamic = self._table(tool, ("tool", "setuptools", "dynamic")).get("dependencies", {})
        named = dynamic.get("file", []) if isinstance(dynamic, dict) else []
        names = [named] if isinstance(named, str) else named
        if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
            hint = "name the requirements file, or a lock, in its place"
            raise UserError("its dependencies are known to its build tool alone", place=self._place(), hint=hint)
        for name in names:
            yield from requirements.read(self._path.parent / name)

    def _further(self) -> Iterator[Listed]:
        """Give what extras and groups add."""
        extras = self._table(self._project, ("project", "optional-dependencies"))
        for extra, items in extras.items():
            yield from self._array(items, ("project", "optional-dependencies", extra))
        groups = self._table(self._document, (_GROUPS,))
        for group, items in groups.items():
            yield from self._array(items, (_GROUPS, group), groups)

    def _array(self, items: Any, keys: tuple[str, ...], groups: Mapping[str, Any] | None = None) -> Iterator[Listed]:
        """Give the entries of an array; each group stands for itself, so one that includes another adds nothing."""
        if not isinstance(items, list):
            raise UserError(f"`{'.'.join(keys)[:80]}` must be a list", place=self._place(), hint='`["torch>=2.4"]`')
        places = iter(self._strings.get(keys, ()))
        for item in items:
            if isinstance(item, str):
                yield self._entry(item, next(places, tomlpos.String(item, self._place())).place)
            elif groups is not None and isinstance(item, dict):
                self._included(item, next(places, tomlpos.String("", self._place())).place, groups)
            else:
                raise UserError(f"an entry of `{'.'.join(keys)[:80]}` is no text", place=self._place())

    def _entry(self, item: str, place: Place) -> Listed:
        if not _NAMED.match(item):
            raise UserError(f"not a requirement: `{item[:120]}`", place=place, hint="for example `torch>=2.4`")
        return requirements.entry(item, place)

    def _included(self, item: Mapping[str, Any], place: Place, groups: Mapping[str, Any]) -> None:
        wanted = item.get("include-group")
        known = {normalised(name) for name in groups}
        if not isinstance(wanted, str) or normalised(wanted) not in known:
            raise UserError(f"`{str(wanted)[:80]}` is no group", place=place, hint=near(str(wanted)[:80], groups))
