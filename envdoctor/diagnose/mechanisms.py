"""Find the mechanisms whose words a log holds, and fill their texts with what the words lead to.

A group of a pattern that is called `module`, `library`, `soname`, `symbol` or `package` leads to a component; `caller`
is the package whose code ran last before the line, `owner` the one that brings the file which could not be loaded.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement

from envdoctor.diagnose import owners
from envdoctor.diagnose.candidates import Candidate, shown, weighed
from envdoctor.model import Source, is_host
from envdoctor.model.diagnosis import ENVIRONMENT, HARMLESS, Cause, Origins

if TYPE_CHECKING:
    import re as regex
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from envdoctor.diagnose.literals import Text
    from envdoctor.diagnose.reading import Read
    from envdoctor.model import Fix
    from envdoctor.model.diagnosis import Mechanism

_UNNAMED = "a package"
_HOLE = re.compile(r"\{(\w+)\}")
_LIBRARY = re.compile(r"\.(?:so(?:\.\d+)*|dll|pyd)\b")
_BEFORE_PATH = re.compile(r"[\s'\"(\[,=`]")
_NO_PACKAGES = frozenset(  # words that stand where a package's name may stand
    [*"a an and are at be by for from in is it its not of on or that the their this to with you your have has".split(),
     *"must should needs requires package packages module modules library libraries version versions which".split(),
     *"python cuda driver gpu".split()]
)  # fmt: skip
_CLAUSE = re.compile(r"^(===|==|~=|!=|<=|>=|<|>)\s*\d")


def found(
    text: Text, read: Sequence[Read], mechanisms: Sequence[Mechanism], origins: Origins, mentioned: frozenset[str]
) -> Iterator[Candidate]:
    """Give a candidate for each line that a mechanism's pattern matches."""
    for mechanism in mechanisms:
        if mechanism.near and mentioned.isdisjoint(mechanism.near):
            continue
        for pattern in mechanism.patterns:
            for index, match in text.matches(pattern):
                yield from _candidate(mechanism, match, read[index], origins)


def _candidate(mechanism: Mechanism, match: regex.Match[str], read: Read, origins: Origins) -> Iterator[Candidate]:
    words = leads(match, read, origins)
    if not all(words.get(need) for need in mechanism.needs):
        return
    told = words | {name: value for name, value in match.groupdict().items() if value}  # as the log writes it
    packages = tuple(dict.fromkeys(filled for word in mechanism.packages if (filled := _filled(word, words))))
    cause = Cause(
        code=mechanism.code,
        says=mechanism.says,
        kind=mechanism.kind,
        title=_filled(mechanism.title, told, _UNNAMED),
        cause=_filled(mechanism.cause, told, _UNNAMED),
        packages=packages,
        lines=(shown(read.line),),
        fixes=tuple(fix for given in mechanism.fixes if (fix := _fix(given, words)) is not None),
        source=Source(mechanism.source, mechanism.checked, mechanism.evidence),
    )
    weight = weighed(mechanism.weight, read) if mechanism.says == ENVIRONMENT else mechanism.weight
    yield Candidate(cause, weight, read.group, read.line.number)


def leads(match: regex.Match[str], read: Read, origins: Origins) -> dict[str, str]:
    """Give what the groups of a match say, and the components that they and the frames before them lead to."""
    words = {name: value for name, value in match.groupdict().items() if value}
    behind = owners.callers(read.frames, origins)
    words |= _owner(words, read, behind, origins) | {"here": _own(read.frames)}
    if wish := words.get("wish"):
        words |= _wished(wish)
    if module := words.get("module"):
        known = owners.of_module(module, origins) or _seen(module, behind)
        words |= {"dotted": module, "module": known, "guess": known or owners.guessed(module)}
    for group, leads_to in _LEADS.items():
        if said := words.get(group):
            words[group] = leads_to(said, origins)
    named = {words.get(key) for key in ("module", "guess", "package")}
    words["caller"], words["second"] = [*(name for name in behind if name not in named), "", ""][:2]
    return words


def _owner(words: Mapping[str, str], read: Read, behind: Sequence[str], origins: Origins) -> dict[str, str]:
    """Give the package of the library that could not be loaded, else the one whose code ran last."""
    library = words.get("library") or _library(read.text)
    owner = owners.of_file(library, origins) if library and library != words.get("soname") else ""
    return {"owner": owner or next(iter(behind), "")}


def _named(name: str, origins: Origins) -> str:
    if name.lower() in _NO_PACKAGES:
        return ""
    return owners.of_module(name, origins) or owners.normal(name)


def _of_wheel(file: str, _origins: Origins) -> str:
    return owners.normal(file.rpartition("/")[2].partition("-")[0])


def _of_function(name: str, origins: Origins) -> str:
    """Give the package of a compiled function whose name begins with its module's."""
    tops = {f"{module}_": dists[0] for module, dists in origins.modules.items() if len(module) > 4}
    return owners.of_library(name, Origins({}, tops, {}))


_LEADS: dict[str, Callable[[str, Origins], str]] = {
    "soname": owners.of_library,
    "symbol": owners.of_symbol,
    "package": _named,
    "other": _named,
    "requirer": _named,
    "file": _of_wheel,
    "call": _of_function,
}


def _wished(wish: str) -> dict[str, str]:
    """Take a requirement apart: its package, and the range that it needs."""
    try:
        asked = Requirement(wish.strip())
    except InvalidRequirement:
        return {}
    return {"package": asked.name, "need": str(asked.specifier), "wish": f"{asked.name}{asked.specifier}"}


def _library(text: str) -> str:
    """Give the shared library that a line is about, with its path: the first that is not only named as a version."""
    for found in _LIBRARY.finditer(text):
        before = text[: found.end()]
        path = _BEFORE_PATH.split(before)[-1]
        if not before.removesuffix(path).endswith(("version ", "in file ", "with error: ")):
            return path
    return ""


def _own(frames: Sequence[str]) -> str:
    """Give the file of the last frame if it is the program's own."""
    last = frames[-1] if frames else ""
    installed = "site-packages" in last or "dist-packages" in last or last.startswith("<") or not last.endswith(".py")
    return "" if installed or owners.is_standard(last) else last.replace("\\", "/").rpartition("/")[2]


def _seen(module: str, behind: Sequence[str]) -> str:
    guess = owners.guessed(module)
    return guess if guess in behind else ""


def _filled(template: str, words: Mapping[str, str], otherwise: str = "") -> str:
    """Fill the holes of a text; one that leads nowhere makes a lone placeholder empty."""
    return _HOLE.sub(lambda hole: words.get(hole[1]) or otherwise, template)


def _fix(fix: Fix, words: Mapping[str, str]) -> Fix | None:
    """Give a fix with its holes filled, or None if what it changes leads nowhere."""
    pins = {_filled(name, words): _cell(_filled(cell, words)) for name, cell in fix.pins.items()}
    pins = {name: cell for name, cell in pins.items() if name and cell and not is_host(name)}
    if fix.pins and not (pins or fix.env or fix.host):
        return None
    return dataclasses.replace(
        fix,
        pins=pins,
        env=dict(fix.env),
        host={_filled(name, words): _filled(cell, words, "*") for name, cell in fix.host.items()},
        note=_filled(fix.note, words, _UNNAMED),
        reinstall=tuple(name for word in fix.reinstall if (name := _filled(word, words))),
    )


def _cell(cell: str) -> str:
    """Give a filled range, or nothing where a hole stayed empty and the operator stands alone."""
    cell = cell.strip(" ,.;")
    return cell if cell == "*" or _CLAUSE.match(cell) else ""


def noise(text: Text, mechanisms: Sequence[Mechanism]) -> set[int]:
    """Give the lines that are known to mean no harm."""
    return {
        index
        for mechanism in mechanisms
        if mechanism.says == HARMLESS
        for pattern in mechanism.patterns
        for index, _ in text.matches(pattern)
    }
