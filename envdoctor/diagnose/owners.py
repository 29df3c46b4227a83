"""Say which component a name of a log belongs to: a module, a file, a shared library, a symbol."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from envdoctor.model.diagnosis import Origins

_SITE = re.compile(r"(?:site|dist)-packages[/\\]+([A-Za-z_][\w.-]*)")
_PART = re.compile(r"[/\\]+")
_EGG = re.compile(r"([A-Za-z][\w.]*?)-\d[\w.+!]*(?:-py\d[\w.-]*|\.dist-info|\.egg-info|\.data)")
_PYTHON_ITSELF = re.compile(
    r"[/\\]lib(?:64)?[/\\]python\d\.\d+[/\\](?!(?:site|dist)-packages)|[/\\]Lib[/\\](?!site-packages)"
)
_VERSIONED = re.compile(r"_(\d{2})_(\d{1,2})$")  # __nvJitLinkAddData_12_1
_LONGEST = 400
_GENERIC = frozenset(
    "utils util test tests common core src lib data models model config main app scripts tools home".split()
)
STANDARD = frozenset(sys.stdlib_module_names)


def normal(name: str) -> str:
    """Give a distribution's name in its normal form."""
    return re.sub(r"[-_.]+", "-", name).lower().strip("-")


def of_module(dotted: str, origins: Origins) -> str:
    """Give the distribution of a dotted module, `python` for one of the standard library, or nothing."""
    parts = dotted.split(".")
    for number in range(len(parts), 0, -1):
        if found := origins.modules.get(".".join(parts[:number])):
            return found[0]
    return "python" if parts[0] in STANDARD else ""


def of_file(path: str, origins: Origins) -> str:
    """Give the distribution that brings a file, as far as its path tells, or nothing."""
    if found := _SITE.findall(path):
        return _of_top(_before_version(found[-1]), origins)
    if is_standard(path):
        return "python"
    parts = [part for part in _PART.split(path) if part]
    for part in [*parts[-1:], *parts[:-1]]:
        top = _before_version(part)
        if top in _GENERIC or (part is not parts[-1] and top in STANDARD):
            continue
        if found_ := origins.modules.get(top):
            return found_[0]
    return of_library(parts[-1], origins) if parts else ""


def _of_top(top: str, origins: Origins) -> str:
    stem = top.partition(".")[0]
    known = origins.modules.get(top) or origins.modules.get(stem)
    if known:
        return known[0]
    return "" if stem in ("__pycache__", "bin") else normal(stem)


def _before_version(part: str) -> str:
    found = _EGG.match(part)
    return found[1] if found else part.partition(".")[0] if not part.startswith(".") else part


def is_standard(path: str) -> bool:
    """Say whether a file belongs to Python itself."""
    return _PYTHON_ITSELF.search(path) is not None


def of_library(name: str, origins: Origins) -> str:
    """Give the component of a shared library by the beginning of its name, or nothing."""
    return _longest(_PART.split(name)[-1], origins.libraries)


def of_symbol(symbol: str, origins: Origins) -> str:
    """Give the component that has a symbol, by its name or by the namespace of a mangled one, or nothing."""
    if not symbol.startswith("_Z"):
        return _longest(symbol, origins.symbols)
    for word in _words(symbol):
        if found := origins.symbols.get(f"{word}::"):
            return found
    return ""


def since(symbol: str, origins: Origins) -> str:
    """Give the release of its component in which a symbol appeared, or nothing."""
    if found := _VERSIONED.search(symbol):
        return f"{found[1]}.{found[2]}"
    return _longest(symbol, origins.since)


def readable(symbol: str) -> str:
    """Give a symbol as its source has it, without its arguments."""
    if not symbol.startswith("_Z") or len(symbol) > _LONGEST:
        return symbol[:_LONGEST]
    import itanium_demangler

    try:
        parsed = itanium_demangler.parse(symbol)
    except (RecursionError, NotImplementedError, ValueError, IndexError):  # a name that no compiler made
        return symbol
    return str(parsed).partition("(")[0] if parsed else symbol


def _words(mangled: str) -> Iterator[str]:
    """Give the names of a mangled symbol in their order; each is preceded by its length."""
    place = 2
    while place < len(mangled):
        if found := re.compile(r"\d{1,3}").match(mangled, place):
            end = found.end() + int(found[0])
            yield mangled[found.end() : end]
            place = max(end, found.end())
        else:
            place += 1


def _longest(name: str, table: Mapping[str, str]) -> str:
    fitting = [(len(key), value) for key, value in table.items() if name.startswith(key)]
    return max(fitting, default=(0, ""))[1]


def guessed(module: str) -> str:
    """Give the name that a distribution of a module most often has."""
    return normal(module.partition(".")[0])


def callers(paths: Iterable[str], origins: Origins) -> list[str]:
    """Give the distributions that the frames of a traceback run through, the innermost first, each once."""
    found = (of_file(path, origins) for path in reversed(list(paths)))
    return [name for name in dict.fromkeys(found) if name and name != "python"]
