"""Give what a target is as one number: equal for equal contents, wherever, whenever and how deeply they are looked at.

What is worked out of the files of a distribution (`needs.glibc.NAME`, `NAME.arch_list`) is left out: it follows from
the distribution, and is there only where somebody asked for it.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from envdoctor.model import is_of_files

if TYPE_CHECKING:
    from envdoctor.model import Facts


def fingerprint(facts: Facts) -> str:
    """Give the sha256 of distributions, host facts and named variables; no paths, labels, times."""
    lines = sorted(f"{dist.name}\0{dist.version}\0{dist.build}" for dist in facts.by_name.values())
    told = (fact for fact in facts.facts.values() if not is_of_files(fact.name))
    lines += sorted(f"{fact.name}\0{fact.value}\0{' '.join(fact.all)}" for fact in told)
    return "sha256:" + hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()
