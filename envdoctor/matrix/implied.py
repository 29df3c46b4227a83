"""Give facts that follow from other facts, and the distributions that stand in for others.

What nobody read of a GPU or a system its name may say: the words of the longest known name that stand in the seen one,
in their order, decide. A name that is not known gives nothing. A build under another name (`tensorflow-cpu`) is judged
by what is known of the one that it replaces, where that one is not there.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any

from packaging.version import Version

from envdoctor.model import Fact, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from envdoctor.model import Facts

    Names = Mapping[str, tuple[str, str]]  # the words of a name → value, and who says so

_WORD = re.compile(r"[a-z0-9]+")


def words(name: str) -> str:
    """Give the words of a name by which it is known: in lower case, whatever stands between them."""
    return " ".join(_WORD.findall(name.lower()))


def with_stand_ins(facts: Facts, stands: Mapping[str, str]) -> Facts:
    """Give facts that know which installed distribution stands in for another; `stands` names that other."""
    found: dict[str, str] = {}
    for name in stands.keys() & facts.by_name.keys():
        replaced = stands[name]
        if replaced not in facts.by_name and replaced not in facts.missing:
            found[replaced] = min(found.get(replaced, name), name)
    return dataclasses.replace(facts, stands=found) if found else facts


def over(facts: Facts, by: Mapping[str, str], names: Callable[[str], Names]) -> Facts:
    """Lay over facts what follows from them; `by` says from which fact each follows, `names` gives its known names."""
    found = {fact.name: fact for fact in _found(facts, by, names)}
    return dataclasses.replace(facts, facts={**facts.facts, **found}) if found else facts


def _found(facts: Facts, by: Mapping[str, str], names: Callable[[str], Names]) -> Iterator[Fact]:
    for component, named in by.items():
        origin = facts.get(named)
        if origin.state is not State.KNOWN or facts.get(component).state is not State.UNSEEN:
            continue
        known = names(component)
        told = [of_name(value, known) for value in origin.all or (origin.value,)]
        if all(told):
            yield _fact(component, origin, [one for one in told if one])


def of_name(name: str, known: Names) -> Any:
    """Give what follows from a name, or None: that of the longest known name whose words stand in it."""
    there = f" {words(name)} "
    return known.get(max((one for one in known if f" {one} " in there), key=len, default=""))


def _fact(component: str, origin: Fact, told: list[tuple[str, str]]) -> Fact:
    values = tuple(value for value, _ in told)
    least = min(values, key=Version)
    source = f"{origin.name} {origin.value} ({origin.source}), of which {told[values.index(least)][1]} says so"
    return Fact(component, least, source, values if len(values) > 1 else ())
