"""Read a list of what is installed (`pip freeze`, requirements with exact pins) as the facts of a target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor import cells
from envdoctor.errors import CannotLook
from envdoctor.facts.paths import shown
from envdoctor.facts.together import facts_of
from envdoctor.formats import freeze
from envdoctor.markers import Markers
from envdoctor.model import Distribution, Fact, Target, Unseen

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
    markers = Markers(facts_of(target, facts=given.values()))
    exact = {entry.name: version for entry in entries if (version := _version(entry, markers))}
    missing = {entry.name: why for entry in entries if entry.name not in exact and (why := _why(entry, markers))}
    python = given.get("python")
    if not LEFT_OUT & {entry.name for entry in entries} and _leaves_out(python.value if python else ""):
        missing |= dict.fromkeys(sorted(LEFT_OUT), "`pip freeze` leaves it out")
    return facts_of(
        target,
        facts=given.values(),
        missing=missing,
        distributions=[Distribution(n, v, target.path, build=v.partition("+")[2]) for n, v in exact.items()],
    )


def _version(entry: Listed, markers: Markers) -> str:
    """Give the version that an entry states exactly, if it is one for this target."""
    if not markers.may_hold(entry.marker):
        return ""
    for operator in ("===", "=="):
        if entry.specifier.startswith(operator) and "," not in entry.specifier and "*" not in entry.specifier:
            return entry.specifier.removeprefix(operator).strip()
    return ""


def _why(entry: Listed, markers: Markers) -> str:
    """Say why an entry states no version; nothing if it is for another target, so that the package is absent."""
    try:
        return "the list does not state its version" if markers.hold(entry.marker) else ""
    except Unseen as unseen:
        name = unseen.fact.name
        return f"the list names it only where `{entry.marker}` holds (`--fact {name}=VALUE` says whether it does)"


def _leaves_out(python: str) -> bool:
    return not python or cells.contains(f"<{KEPT_FROM}", python)
