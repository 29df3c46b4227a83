"""Read a list of what is installed (`pip freeze`, requirements with exact pins) as the facts of a target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor import cells
from envdoctor.errors import CannotLook
from envdoctor.facts.paths import shown
from envdoctor.facts.together import facts_of
from envdoctor.formats import freeze
from envdoctor.model import Distribution, Fact, Target

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from envdoctor.model import Facts, Listed

LEFT_OUT = frozenset({"pip", "setuptools", "wheel"})
KEPT_FROM = "3.12"  # the first Python on which `pip freeze` lists setuptools (pip documentation, `pip freeze --all`)


def read(path: Path, given: Mapping[str, Fact]) -> Facts:
    """Give the facts of a list; raise CannotLook if it names nothing, UserError if it cannot be read."""
    target = Target("list", shown(str(path)))
    entries = [entry for entry in freeze.read(path) if entry.name]
    if not entries:
        raise CannotLook("lists nothing that is installed", place=target.path, hint="`pip freeze` prints such a list")
    exact = {entry.name: version for entry in entries if (version := _version(entry))}
    missing = {entry.name: _why(entry) for entry in entries if entry.name not in exact}
    python = given.get("python")
    if not LEFT_OUT & {entry.name for entry in entries} and _leaves_out(python.value if python else ""):
        missing |= dict.fromkeys(sorted(LEFT_OUT), "`pip freeze` leaves it out")
    return facts_of(
        target,
        facts=given.values(),
        missing=missing,
        distributions=[Distribution(n, v, target.path, build=v.partition("+")[2]) for n, v in exact.items()],
    )


def _why(entry: Listed) -> str:
    return (
        f"the list names it only where `{entry.marker}` holds"
        if entry.marker
        else "the list does not state its version"
    )


def _version(entry: Listed) -> str:
    if entry.marker:
        return ""
    for operator in ("===", "=="):
        if entry.specifier.startswith(operator) and "," not in entry.specifier and "*" not in entry.specifier:
            return entry.specifier.removeprefix(operator).strip()
    return ""


def _leaves_out(python: str) -> bool:
    return not python or cells.contains(f"<{KEPT_FROM}", python)
