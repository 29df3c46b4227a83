"""Read a list of what is installed as the facts of a target.

`pip freeze` and requirements with exact pins, a pylock.toml, a conda-lock.yml, and what `conda list --json` prints.
conda's names become PyPI's where the table knows them; each also stays a fact of its own, `conda:NAME`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from envdoctor import cells
from envdoctor.errors import CannotLook, UserError
from envdoctor.facts.paths import shown
from envdoctor.facts.together import facts_of
from envdoctor.formats import condalist, condalock, files, freeze, pylock
from envdoctor.markers import Markers
from envdoctor.model import Distribution, Fact, Target, Unseen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from envdoctor.model import Facts, Listed

LEFT_OUT = frozenset({"pip", "setuptools", "wheel"})
KEPT_FROM = "3.12"  # the first Python on which `pip freeze` lists setuptools (pip documentation, `pip freeze --all`)
_SYSTEMS = {"linux": "linux", "osx": "darwin", "win": "windows"}


class _List(NamedTuple):
    """What a list holds, what it says of the machine, and whether it may leave out the installers."""

    entries: tuple[Listed, ...]
    host: Mapping[str, Fact]
    leaves_out: bool = False


def read(path: Path, given: Mapping[str, Fact], conda_names: Callable[[], Mapping[str, str]] = dict) -> Facts:
    """Give the facts of a list; raise CannotLook if it names nothing, UserError if it cannot be read."""
    target = Target("list", shown(str(path)))
    found = _list(path, given)
    entries = [entry for entry in found.entries if entry.name]
    if not entries:
        raise CannotLook("lists nothing that is installed", place=target.path, hint="`pip freeze` prints such a list")
    host = {**found.host, **given}
    markers = Markers(facts_of(target, facts=host.values()))
    exact = [(entry, version) for entry in entries if (version := _version(entry, markers))]
    stated = {entry.name for entry, _ in exact}
    missing = {entry.name: why for entry in entries if entry.name not in stated and (why := _why(entry, markers))}
    if found.leaves_out and not LEFT_OUT & {entry.name for entry in entries} and _leaves_out(host.get("python")):
        missing |= dict.fromkeys(sorted(LEFT_OUT), "`pip freeze` leaves it out")
    names = conda_names() if any(entry.conda for entry, _ in exact) else {}
    conda = {f"conda:{entry.name}": version for entry, version in exact if entry.conda}
    return facts_of(
        target,
        facts=[*host.values(), *(Fact(name, version, target.path) for name, version in conda.items())],
        missing=missing,
        distributions=_distributions(exact, target.path, names),
    )


def _distributions(exact: list[tuple[Listed, str]], place: str, to_pypi: Mapping[str, str]) -> Iterator[Distribution]:
    """Give what is installed under PyPI's names; what pip put over a package of conda comes first."""
    for entry, version in sorted(exact, key=lambda pair: pair[0].conda):
        if not entry.conda:
            yield Distribution(entry.name, version, place, build=version.partition("+")[2])
        elif entry.name in to_pypi and entry.name != "python":
            yield Distribution(to_pypi[entry.name], version, place, installer="conda", build=entry.build)


def _list(path: Path, given: Mapping[str, Fact]) -> _List:
    if pylock.is_name(path.name):
        return _List(pylock.read(path).entries, {})
    if condalock.is_name(path.name):
        lock = condalock.read(path)
        return _of_conda(lock.entries(), lock.platforms, path, given)
    text = files.read_text(path)
    if condalist.looks_like(text):
        listed = condalist.parse(text, str(path))
        return _of_conda(listed.entries, listed.platforms, path, given)
    return _List(freeze.read(path), {}, leaves_out=True)


def _of_conda(entries: tuple[Listed, ...], platforms: tuple[str, ...], path: Path, given: Mapping[str, Fact]) -> _List:
    """Give a list of conda's; the platform and the Python are facts that it states."""
    host = {}
    if len(platforms) > 1 and not {"os", "arch"} <= given.keys():
        hint = "say which one is meant: `--fact os=linux --fact arch=x86_64`"
        raise UserError(f"is for several platforms: {', '.join(platforms)}", place=str(path), hint=hint)
    if len(platforms) == 1:
        system, _, processor = platforms[0].partition("-")
        arch = condalock.MARKERS.get(system, ("", {}))[1].get(processor, processor)
        stated = {"os": _SYSTEMS.get(system, system), "arch": arch}
        host = {name: Fact(name, value, shown(str(path))) for name, value in stated.items()}
    pythons = {entry.specifier.lstrip("=") for entry in entries if entry.conda and entry.name == "python"}
    if len(pythons) == 1:
        host["python"] = Fact("python", pythons.pop(), shown(str(path)))
    return _List(entries, host)


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


def _leaves_out(python: Fact | None) -> bool:
    return python is None or cells.contains(f"<{KEPT_FROM}", python.value)
