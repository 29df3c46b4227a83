"""Give what a target is as one number: equal for equal contents, wherever and whenever they are looked at."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envdoctor.model import Facts


def fingerprint(facts: Facts) -> str:
    """Give the sha256 of distributions, host facts and named variables; no paths, labels, times."""
    lines = sorted(f"{dist.name}\0{dist.version}\0{dist.build}" for dist in facts.by_name.values())
    lines += sorted(f"{fact.name}\0{fact.value}\0{' '.join(fact.all)}" for fact in facts.facts.values())
    return "sha256:" + hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()
