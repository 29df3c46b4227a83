"""Make findings of what the loader would miss: libraries, versions of symbols, symbols, files for this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from envdoctor import cells
from envdoctor.model import Fact, Finding, Fix, State, Status
from envdoctor.model.native import BROKEN, LIBRARY, MACHINE, SYMBOLS, VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from envdoctor.model import Facts
    from envdoctor.model.native import Lack

FLOORS = {"GLIBC": "glibc", "GLIBCXX": "libstdcxx"}
FLOOR = "LINK011"
_SHOWN = 3


class Words(NamedTuple):
    """The code and kind of a lack, its title, what the loader says, and what helps."""

    code: str
    kind: str
    title: str
    message: str
    note: str


OF = {
    LIBRARY: Words(
        "LINK010",
        "missing-lib",
        "{owner} needs {name}, which the loader does not find",
        "ImportError: {name}: cannot open shared object file ({file})",
        "what brings {name}: a package of the system or of conda, or a folder in LD_LIBRARY_PATH",
    ),
    VERSION: Words(
        FLOOR,
        "abi",
        "{owner} asks for {name}, {place} does not have it",
        "ImportError: {place}: version `{name}' not found (required by {file})",
        "another release of {owner}, or a newer {library}",
    ),
    SYMBOLS: Words(
        "LINK012",
        "abi",
        "{owner} was built for another {provider}: {count} not there",
        "undefined symbol: {name} ({file})",
        "a release of {owner} that was built for this {provider}",
    ),
    MACHINE: Words(
        "LINK013",
        "abi",
        "{owner} was built for {name}, this Python is for another machine",
        "ImportError: {file}: wrong ELF class, or cannot open shared object file",
        "install {owner} again, on this machine",
    ),
    BROKEN: Words(
        "LINK013",
        "corrupt",
        "{owner} has a compiled file that is no library",
        "ImportError: {file}: {name}",
        "install {owner} again",
    ),
}


class Ground(NamedTuple):
    """What lacks are judged with: facts, how a path is shown, and how bad it is where a walk began somewhere."""

    facts: Facts
    shown: Callable[[str], str]
    status: Callable[[str], Status]


def findings(lacks: Sequence[Lack], ground: Ground) -> Iterator[Finding]:
    """Give one finding for what a distribution misses in one way of one other."""
    told: dict[tuple[str, ...], Lack] = {}
    for lack in lacks:
        told.setdefault((lack.kind, lack.owner, lack.provider or lack.names[0]), lack)
    for lack in told.values():
        yield _finding(lack, ground)


def _finding(lack: Lack, ground: Ground) -> Finding:
    words, provider = OF[lack.kind], _provider(lack)
    count = f"{len(lack.names):,} symbol{'s are' if len(lack.names) > 1 else ' is'}"
    said = {
        "owner": lack.owner or ground.shown(lack.file).rpartition("/")[2],
        "name": lack.names[0],
        "file": ground.shown(lack.file),
        "place": ground.shown(lack.place),
        "provider": provider or "set of libraries",
        "library": provider or lack.place.rpartition("/")[2],
        "count": count,
    }
    more = f"; also {', '.join(lack.names[1 : _SHOWN + 1])}" if len(lack.names) > 1 else ""
    culprit = tuple(name for name in (lack.owner, provider) if name)
    return Finding(
        code=words.code,
        status=ground.status(lack.start) if lack.sure else Status.WARNING,
        kind="glibc" if provider == "glibc" else words.kind,
        title=words.title.format(**said),
        cause=words.message.format(**said) + more,
        culprit=culprit,
        evidence=tuple(ground.facts.get(name) for name in culprit),
        fixes=(_fix(lack, words.note.format(**said)),),
    )


def _provider(lack: Lack) -> str:
    """Give the component that should have it; of versions the library that they are numbered for."""
    if lack.kind == VERSION:
        return FLOORS.get(lack.names[0].partition("_")[0], lack.provider)
    return lack.provider


def _fix(lack: Lack, note: str) -> Fix:
    again = (lack.owner,) if lack.kind in (MACHINE, BROKEN) and lack.owner else ()
    return Fix(reinstall=again, note=note)


def floors(asked: Mapping[str, Mapping[str, tuple[str, str]]], ground: Ground, *, sure: bool) -> Iterator[Finding]:
    """Give what asks for a newer glibc or libstdc++ than there is; `asked`: by distribution, the number and its file.

    `sure`: no loader was asked, so that the number decides.
    """
    for owner, numbers in asked.items():
        for prefix, (number, file) in numbers.items():
            there = ground.facts.get(FLOORS[prefix])
            wanted, found = cells.version(number), cells.version(there.value)
            if there.state is State.KNOWN and wanted is not None and found is not None and wanted > found:
                yield _floor(owner, f"{prefix}_{number}", file, there, ground, sure=sure)


def _floor(owner: str, version: str, file: str, there: Fact, ground: Ground, *, sure: bool) -> Finding:
    number = version.partition("_")[2]
    newer = Fix(host={there.name: f">={number}"}, note=f"needs {there.name}: {number} or later")
    return Finding(
        code=FLOOR,
        status=Status.ERROR if sure else Status.WARNING,
        kind="glibc" if there.name == "glibc" else "abi",
        title=f"{owner} asks for {version}, {there.name} is {there.value}",
        cause=f"ImportError: version `{version}' not found (required by {ground.shown(file)})",
        culprit=(owner, there.name),
        evidence=(ground.facts.get(owner), there),
        fixes=(Fix(note=f"another release of {owner}"), newer),
    )
