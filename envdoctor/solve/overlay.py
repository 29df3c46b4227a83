"""Lay versions and variables over facts: the target as it would be after a change."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from envdoctor.model import Distribution, Fact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envdoctor.model import Facts, Fix


def changed(facts: Facts, fix: Fix, versions: Mapping[str, str]) -> Facts:
    """Give facts with these versions in place of the installed ones, and the fix's variables set or unset.

    What the fix installs again is whole afterwards, whatever was wrong with its files.
    """
    installed = facts.by_name
    moved = {n: v for n, v in versions.items() if n not in installed or installed[n].version != v}
    moved |= {n: versions.get(n, installed[n].version) for n in fix.reinstall if n in installed}
    kept = [dist for dist in facts.distributions if dist.name not in moved]
    new = [Distribution(name, version, "the changed set") for name, version in moved.items()]
    names = {f"env.{name}": value for name, value in fix.env.items()}
    seen = {name: fact for name, fact in facts.facts.items() if name not in names}
    seen |= {name: Fact(name, value, "the fix") for name, value in names.items() if value is not None}
    return dataclasses.replace(
        facts,
        facts=seen,
        missing={name: why for name, why in facts.missing.items() if name not in versions},
        distributions=(*kept, *new),
        by_name={**facts.by_name, **{dist.name: dist for dist in new}},
    )
