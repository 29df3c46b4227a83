"""Read what the compiled files of a distribution ask for and hold: symbol versions of glibc and libstdc++, GPU targets.

Headers only, but of every library that RECORD lists; so it is done for a distribution when somebody asks for the fact:
`needs.glibc.NAME`, `needs.glibcxx.NAME`, `NAME.arch_list`. With `*` for NAME it is done for the frameworks and for
whatever requires one, and what they do not have is passed over in silence.
"""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING

from envdoctor import cells
from envdoctor.facts import elf, fatbin
from envdoctor.facts.inside import Files
from envdoctor.facts.machine import DEEP
from envdoctor.facts.paths import shown
from envdoctor.model import Fact, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from envdoctor.model import Distribution

TARGETS = ".arch_list"
_FRAMEWORKS = frozenset({"torch", "tensorflow", "jaxlib", "triton", "onnxruntime-gpu"})
_SYMBOLS = {"needs.glibc.": "GLIBC_", "needs.glibcxx.": "GLIBCXX_"}
_LIBRARY = re.compile(r'^"?([^,"\n]*\.so(?:\.[\d.]+)?)"?,', re.MULTILINE)
_MOST_RECORD = 67_108_864
_MOST_FILES = 5_000


def asks(name: str) -> bool:
    """Say whether a fact is one that is read from compiled files."""
    return name.startswith(tuple(_SYMBOLS)) or name.endswith(TARGETS)


def facts(
    asked: Iterable[str],
    by_name: Mapping[str, Distribution],
    place: Mapping[str, str],
    known: Iterable[str] = (),
    files: Files | None = None,
) -> Iterator[Fact]:
    """Give the facts asked for of distributions that are installed, but for those that are known already."""
    named = {name for name in asked if asks(name) and "*" not in name}
    everywhere = [name for name in DEEP if name in asked]
    concerned = [name for name, dist in by_name.items() if everywhere and _is_concerned(dist)]
    expanded = {pattern.replace("*", name) for pattern in everywhere for name in concerned}
    for name in sorted((named | expanded) - set(known)):
        dist = by_name.get(_owner(name))
        fact = _one(name, dist, place, files or Files()) if dist is not None else None
        if fact is not None and (name in named or fact.state is State.KNOWN):
            yield fact


def _is_concerned(dist: Distribution) -> bool:
    return dist.name in _FRAMEWORKS or any(requirement.name in _FRAMEWORKS for requirement in dist.requires)


def _one(name: str, dist: Distribution, place: Mapping[str, str], files: Files) -> Fact:
    if not dist.folder or dist.location not in place:
        return _unseen(name, f"where {dist.name} lies is not known")
    libraries = [files.place(path) for path in _libraries(place[dist.location], dist, files)]
    reader = _targets if name.endswith(TARGETS) else _needs
    return reader(name, dist, libraries)


def _owner(name: str) -> str:
    symbols = next((start for start in _SYMBOLS if name.startswith(start)), "")
    return name.removeprefix(symbols) if symbols else name.removesuffix(TARGETS)


def _libraries(site: str, dist: Distribution, files: Files) -> Iterator[str]:
    """Give the compiled files of a distribution that lie in its site folder."""
    record = files.text(f"{site}/{os.path.basename(dist.folder)}/RECORD", _MOST_RECORD)
    for number, listed in enumerate(_LIBRARY.findall(record)):
        if number >= _MOST_FILES:
            return
        if not listed.startswith("/") and ".." not in listed.split("/"):
            yield f"{site}/{listed}"


def _needs(name: str, dist: Distribution, libraries: Iterable[str]) -> Fact:
    prefix = next(symbols for start, symbols in _SYMBOLS.items() if name.startswith(start))
    highest, by, unread = "", "", ""
    for path in libraries:
        try:
            wants = elf.read(path, wants=True).wants
        except elf.Unreadable as error:
            unread = unread or f"{shown(path)}: {error}"
            continue
        for want in wants:
            number = want.removeprefix(prefix)
            if number != want and _is_higher(number, highest):
                highest, by = number, path
    if highest:
        return Fact(name, highest, f"ELF of {os.path.basename(by)}")
    return _unseen(name, unread or f"no compiled file of {dist.name} asks for one")


def _is_higher(number: str, highest: str) -> bool:
    found, before = cells.version(number), cells.version(highest)
    return found is not None and (before is None or found > before)


def _targets(name: str, dist: Distribution, libraries: Iterable[str]) -> Fact:
    """Give the targets of the library that holds the most code, without those for which it has but a few kernels."""
    ends = time.monotonic() + fatbin.PATIENCE
    held: dict[str, dict[str, int]] = {}
    for path in libraries:
        try:
            code = fatbin.read(path, patience=ends - time.monotonic())
        except elf.Unreadable as error:
            return _unseen(name, f"{shown(path)}: {error}")
        if code is not None and not code.whole:
            return _unseen(name, f"the code in {shown(path)} is too much to read in {fatbin.PATIENCE:g} s")
        if code is not None and code.targets:
            held[path] = code.targets
    if not held:
        return _unseen(name, f"no library of {dist.name} holds code for a GPU")
    largest = max(held, key=lambda path: sum(held[path].values()))
    most = max(held[largest].values())
    full = [target for target, count in held[largest].items() if count * 2 >= most]
    return Fact(name, " ".join(full), f"ELF of {os.path.basename(largest)}")


def _unseen(name: str, reason: str) -> Fact:
    return Fact(name, source=reason, state=State.UNSEEN)
