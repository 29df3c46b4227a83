"""Read the versions that a log itself states: they are facts of the job, each with the line that states it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envdoctor import cells
from envdoctor.diagnose import owners
from envdoctor.model import Fact

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from envdoctor.diagnose.reading import Read
    from envdoctor.model.diagnosis import Origins

_VERSION = r"(?P<version>\d+(?:\.\d+){1,3}(?:[a-z]+\d+)?(?:\+[\w.]+)?)"
_FORMS = (
    re.compile(rf"(?:^|\s)(?P<name>[A-Za-z][\w.-]+)=={_VERSION}(?=$|[\s,;)])"),
    re.compile(rf"(?P<name>[A-Za-z][\w-]+)-{_VERSION}\.dist-info"),
    re.compile(rf"but you have (?P<name>[A-Za-z][\w.-]+) {_VERSION}"),
    re.compile(rf"\b(?P<name>[A-Za-z][\w-]+) version:? {_VERSION}"),
    re.compile(rf"\b(?P<name>[A-Za-z][\w-]+)\.__version__ ?[=:] ?'?{_VERSION}"),
)
_PYTHON = (
    re.compile(r"[/\\]lib(?:64)?[/\\]python(?P<version>3\.\d+)[/\\](?:site|dist)-packages"),
    re.compile(r"\.cpython-(?P<major>3)(?P<minor>\d+)-"),
)
_DRIVER = re.compile(r"Driver Version: (?P<version>\d{3}(?:\.\d+)+)")
_TOOLKIT = re.compile(
    r"(?:[Dd]etected|Installed) CUDA version \(?(?P<version>\d+\.\d+)|compilation tools, release (?P<tools>\d+\.\d+)"
)
_WISHES = ("requires", "require", "Cannot install", "satisfies", "satisfy", "->", "needs", "from versions")


def stated(read: Sequence[Read], origins: Origins) -> dict[str, Fact]:
    """Give the facts that a log states, the first word on each; a name with two different versions is left out."""
    found: dict[str, Fact] = {}
    twice: set[str] = set()
    for one in read:
        for name, version in _said(one.text, origins):
            fact = Fact(name, version, f"line {one.line.number} of the log")
            if name in found and found[name].value != version:
                twice.add(name)
            found.setdefault(name, fact)
    return {name: fact for name, fact in found.items() if name not in twice}


def _said(text: str, origins: Origins) -> Iterator[tuple[str, str]]:
    for pattern in _PYTHON:
        for hit in pattern.finditer(text):
            yield "python", hit.groupdict().get("version") or f"{hit['major']}.{hit['minor']}"
    if hit_ := _DRIVER.search(text):
        yield "driver", hit_["version"]
    if hit_ := _TOOLKIT.search(text):
        yield "cuda.toolkit", hit_["version"] or hit_["tools"]
    if any(word in text for word in _WISHES) and "but you have" not in text:
        return
    for form in _FORMS:
        for hit in form.finditer(text[:2000]):
            word = owners.normal(hit["name"])
            name = origins.words.get(word) or owners.of_module(hit["name"], origins) or word
            if cells.version(hit["version"]) is not None and name != "python":
                yield name, hit["version"]
