"""Read facts that are given on the command line (`--fact KEY=VALUE`), and lay them over what was seen."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from envdoctor import cells
from envdoctor.errors import UserError, near
from envdoctor.model import HOST_COMPONENTS, HOST_FAMILIES, Fact, can_be_given, is_of_computer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from envdoctor.model import Facts

_VERSIONS = frozenset({"python", "driver", "glibc", "libstdcxx", "cudnn", "nccl", "gpu.compute", "cuda.driver"})
OF_THE_TARGET = frozenset({"python", "implementation", "os", "arch"})
_LEADING = re.compile(r"[a-z_]*(\d+)(?:\.(\d+))?", re.IGNORECASE)


def read(pairs: Iterable[str]) -> dict[str, Fact]:
    """Give the facts of `KEY=VALUE` texts; raise UserError for one that is none."""
    found: dict[str, Fact] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        name = name.strip()
        if not equals or not name:
            raise UserError(f"`--fact {pair}` is not KEY=VALUE", hint="for example `--fact driver=535.54.03`")
        if not can_be_given(name):
            word, known = (name.partition(".")[0], HOST_FAMILIES) if "." in name else (name, HOST_COMPONENTS)
            raise UserError(f"`{name}` is not a fact that can be given", hint=near(word, known))
        said = normalised(name, value.strip())
        if name in _VERSIONS and cells.version(said) is None:
            raise UserError(f"`--fact {pair}`: `{said}` is not a version", hint="for example `--fact python=3.11`")
        found[name] = Fact(name, said, "given")
    return found


def normalised(name: str, value: str) -> str:
    """Give a host value as a version: `sm_90a` → 9.0, `2.35-0ubuntu3` → 2.35; other values as they are."""
    if name == "gpu.compute" and (found := _LEADING.fullmatch(value.rstrip("af"))) and found[2] is None:
        return f"{found[1][:-1]}.{found[1][-1]}" if len(found[1]) > 1 else f"{found[1]}.0"
    if name in ("glibc", "libstdcxx", "driver", "python"):
        return value.partition("-")[0]
    return value


def over(facts: Facts, given: Mapping[str, Fact], missing: Mapping[str, str] | None = None) -> Facts:
    """Lay the facts of another computer over a target; what was seen of the computer it lies on is left out.

    Of an image all stays that is not given: nothing in it was read of a computer.
    """
    for name in OF_THE_TARGET & given.keys() & facts.facts.keys():
        seen, said = facts.facts[name].value, given[name].value
        if seen != said and not (cells.version(said) and cells.contains(said, seen)):
            raise UserError(f"{name} {said} contradicts the target: it has {seen}", place=facts.target.path)
    image = facts.target.kind == "image"
    kept = {name: fact for name, fact in facts.facts.items() if image or not is_of_computer(name)}
    said_only = {name: fact for name, fact in given.items() if name not in OF_THE_TARGET or name not in kept}
    seen_not = {name: why for name, why in facts.missing.items() if image or not is_of_computer(name)}
    unseen = {name: why for name, why in seen_not.items() if name not in given}
    return dataclasses.replace(facts, facts={**kept, **said_only}, missing={**unseen, **(missing or {})})
