"""Lay versions and variables over facts: the target as it would be after a change."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from envdoctor.model import Distribution, Fact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envdoctor.model import Facts, Fix


_PATH = "LD_LIBRARY_PATH"


def changed(facts: Facts, fix: Fix, versions: Mapping[str, str]) -> Facts:
    """Give facts with these versions in place of the installed ones, and the fix's variables set or unset.

    What the fix installs again is whole afterwards, whatever was wrong with its files, and a folder that an unset
    variable put in front is no longer looked into.
    """
    facts = _without(facts, _ended(fix), {f"env.{name}" for name in fix.env})
    installed = facts.by_name
    moved = {n: v for n, v in versions.items() if n not in installed or installed[n].version != v}
    moved |= {n: versions.get(n, installed[n].version) for n in fix.reinstall if n in installed}
    kept = [dist for dist in facts.distributions if dist.name not in moved]
    new = [Distribution(name, version, "the changed set") for name, version in moved.items()]
    names = {f"env.{name}": value for name, value in fix.env.items()}
    stale = _stale(facts, fix)
    seen = {name: fact for name, fact in facts.facts.items() if name not in names and name not in stale}
    seen |= {name: Fact(name, value, "the fix") for name, value in names.items() if value is not None}
    return dataclasses.replace(
        facts,
        facts=seen,
        missing={name: why for name, why in facts.missing.items() if name not in versions},
        distributions=(*kept, *new),
        traces=tuple(trace for trace in facts.traces if trace.name not in moved),
        by_name={**facts.by_name, **{dist.name: dist for dist in new}},
    )


def _ended(fix: Fix) -> set[str]:
    """Give the origins of folders that the fix's variables take off the search path."""
    ended = {name for name, value in fix.env.items() if value is None}
    return ended | ({"user site"} if fix.env.get("PYTHONNOUSERSITE") else set())


def _without(facts: Facts, origins: set[str], names: set[str]) -> Facts:
    """Give facts without the folders of some origins, what is installed in them, and what speaks of them."""
    gone = {folder.path for folder in facts.search if folder.origin in origins}
    traces = tuple(trace for trace in facts.traces if trace.via not in origins and trace.name not in names)
    search = tuple(folder for folder in facts.search if folder.path not in gone)
    facts = dataclasses.replace(facts, search=search, traces=traces)
    if not gone:
        return facts
    kept = [dist for dist in facts.distributions if dist.location not in gone]
    by_name: dict[str, Distribution] = {}
    for dist in kept:
        by_name.setdefault(dist.name, dist)
    return dataclasses.replace(facts, distributions=tuple(kept), by_name=by_name)


def _stale(facts: Facts, fix: Fix) -> set[str]:
    """Name what was read in folders that a fix takes out of the library path: what is taken then is not known."""
    if _PATH not in fix.env:
        return set()
    kept = (fix.env[_PATH] or "").split(":")
    before = facts.get(f"env.{_PATH}").value.split(":")
    gone = tuple(f"{folder.rstrip('/')}/" for folder in before if folder and folder not in kept)
    return {name for name, fact in facts.facts.items() if fact.source.startswith(gone)}
