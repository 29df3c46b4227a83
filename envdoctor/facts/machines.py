"""Find the computers that a target is to be judged for: by name in the recipe, or by the snapshot of one."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from envdoctor.errors import UserError, near
from envdoctor.facts import given, snapshot
from envdoctor.facts.paths import shown
from envdoctor.formats import files
from envdoctor.model import Machine, is_of_computer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ALL = "all"
_OF_BOTH = ("os", "arch")  # what is installed for another one does not run there


def find(named: Sequence[str], known: Mapping[str, Mapping[str, str]]) -> tuple[Machine, ...]:
    """Give the machines that are named; `all` are those of the recipe. Raise UserError for one that is not known."""
    found = {machine.name: machine for word in named for machine in _of(word, known)}
    return tuple(found.values())


def _of(word: str, known: Mapping[str, Mapping[str, str]]) -> Iterator[Machine]:
    if word == ALL:
        if not known:
            raise UserError("`--machine all`: the recipe names no machines", hint="under `machines:` in a recipe")
        yield from (_named(name, pairs) for name, pairs in known.items())
    elif word in known:
        yield _named(word, known[word])
    elif Path(word).is_file():
        yield _recorded(Path(word))
    else:
        hint = near(word, {*known, ALL}) if known else "a machine of the recipe, or the snapshot of one"
        raise UserError(f"`--machine {word}` is neither in the recipe nor a snapshot", hint=hint)


def _named(name: str, pairs: Mapping[str, str]) -> Machine:
    facts = given.read(f"{key}={value}" for key, value in pairs.items())
    return Machine(name, {key: dataclasses.replace(fact, source=f"machine {name}") for key, fact in facts.items()})


def _recorded(path: Path) -> Machine:
    """Give what a snapshot says of its computer, without what is of its environment and its job."""
    seen = snapshot.read(files.read_text(path), shown(str(path)))
    facts = {name: fact for name, fact in seen.facts.items() if is_of_computer(name) or name in _OF_BOTH}
    missing = {name: why for name, why in seen.missing.items() if is_of_computer(name)}
    return Machine(seen.target.label or path.stem, facts, missing)
