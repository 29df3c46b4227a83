"""Follow what a line says to components: a module, a file, a symbol, a sentence, the frames that ran before it.

A group of a pattern that is called `module`, `library`, `soname`, `symbol`, `package`, `called` … leads to a component.
Beside them are known: `caller` and `second`, the packages whose code ran last; `owner`, the one that brings the file
which could not be loaded; `inside`, the one whose own code failed, and `loading` if it failed while it was imported;
`spoken` and `beside`, the components that the sentence speaks of; `failed`, that it says what has failed, and
`conflict`, that it says so of releases or builds that do not fit; `function`, a symbol as its source has it; `part`, a
module that by its name is the compiled part of another.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement

from envdoctor import cells
from envdoctor.diagnose import owners, spoken
from envdoctor.model.diagnosis import Lack, Origins

if TYPE_CHECKING:
    import re as regex
    from collections.abc import Callable, Mapping, Sequence

    from envdoctor.diagnose.reading import Read

_LIBRARY = re.compile(r"\.(?:so(?:\.\d+)*|dylib|dll|pyd)\b")
_BEFORE_PATH = re.compile(r"[\s'\"(\[,=`]")
_NO_PACKAGES = frozenset(  # words that stand where a package's name may stand
    [*"a an and are at be by for from in is it its not of on or that the their this to with you your have has".split(),
     *"must should needs requires package packages module modules library libraries version versions which".split(),
     *"python cuda driver gpu".split()]
)  # fmt: skip


def of(match: regex.Match[str], read: Read, origins: Origins) -> dict[str, str]:
    """Give what the groups of a match say, and the components that they and the frames before them lead to."""
    words = {name: value for name, value in match.groupdict().items() if value}
    behind = owners.callers(read.files, origins)
    words = {**_sentence(read, behind, origins), **words}
    words |= _owner(words, read, behind, origins) | _place(read, origins)
    if wish := words.get("wish"):
        words |= _wished(wish)
    if module := words.get("module"):
        known = owners.of_module(module, origins) or _seen(module, behind)
        words |= {"dotted": module, "module": known, "guess": known or owners.guessed(module)}
        words["part"] = module if module.startswith("_") and not known else ""
        words["itself"] = known if behind[:1] == [known] and "partially initialized" not in read.text else ""
    if offered := words.get("offered"):
        words["nearest"] = _nearest(words["asked"], offered)
    if symbol := words.get("symbol"):
        words |= {"function": owners.readable(symbol), "since": owners.since(symbol, origins)}
    for group, leads_to in _LEADS.items():
        if said := words.get(group):
            words[group] = leads_to(said, origins)
    named = {words.get(key) for key in ("module", "guess", "package")}
    words["caller"], words["second"] = [*(name for name in behind if name not in named), "", ""][:2]
    return words


def lack(words: Mapping[str, str]) -> Lack | None:
    """Give the name that a line says a package does not have, if releases can be asked for it."""
    dotted, name, asker = words.get("dotted"), words.get("name", ""), words.get("caller", "")
    if dotted and (name or "." in dotted):
        package = words["guess"]
        return Lack(package, f"{dotted}.{name}" if name else dotted, asker=asker) if package != "python" else None
    if words.get("class") and words.get("called") and name:
        return Lack(words["class"], words["called"].partition(".")[0], name, asker)
    return None


def _owner(words: Mapping[str, str], read: Read, behind: Sequence[str], origins: Origins) -> dict[str, str]:
    """Give the package of the library that could not be loaded, else the one whose code ran last."""
    library = words.get("library") or _library(read.text)
    owner = owners.of_file(library, origins) if library and library != words.get("soname") else ""
    return {"owner": owner or next(iter(behind), "")}


def _place(read: Read, origins: Origins) -> dict[str, str]:
    """Say where it failed: in the program's own file, or in a package, and whether while that was imported."""
    files = read.files
    last = files[-1] if files else ""
    if last and not is_own(last):
        inside = next(iter(owners.callers([one for one in files if not is_own(one)], origins)), "")
        since = [one.loads for one in read.frames[_last_own(files) + 1 :]]
        return {"inside": inside, "loading": inside if any(since) else ""}
    return {"here": last.replace("\\", "/").rpartition("/")[2]}


def is_own(path: str) -> bool:
    """Say whether a file is the program's own: neither installed nor a part of Python."""
    installed = "site-packages" in path or "dist-packages" in path or path.startswith("<")
    return path.endswith(".py") and not installed and not owners.is_standard(path)


def _last_own(files: Sequence[str]) -> int:
    return max((index for index, path in enumerate(files) if is_own(path)), default=-1)


def _sentence(read: Read, behind: Sequence[str], origins: Origins) -> dict[str, str]:
    """Say what kind of sentence it is, and which components it speaks of."""
    if not read.fails:
        return {}
    said = spoken.components(read.text, origins) if spoken.is_of_conflict(read.text) else []
    first, second = [*said, *(name for name in behind if name not in said), "", ""][:2]
    asked = spoken.demand(read.text, first, origins) if said else ""
    return {"failed": "it", "conflict": "it" if said else "", "spoken": first, "beside": second, "need": asked}


def _named(name: str, origins: Origins) -> str:
    if name.lower() in _NO_PACKAGES:
        return ""
    return owners.of_module(name, origins) or owners.normal(name)


def _of_wheel(file: str, _origins: Origins) -> str:
    return owners.normal(file.rpartition("/")[2].partition("-")[0])


def _of_function(name: str, origins: Origins) -> str:
    """Give the package of a compiled function whose name begins with its module's."""
    tops = {f"{module}_": dists[0] for module, dists in origins.modules.items() if len(module) > 4}
    return owners.of_library(name, Origins({}, tops))


def _of_class(called: str, origins: Origins) -> str:
    """Give the package of a public class, by its name."""
    name = called.partition(".")[0]
    return origins.classes.get(name) or next(
        (found for shape, found in origins.classes.items() if "*" in shape and fnmatchcase(name, shape)), ""
    )


_LEADS: dict[str, Callable[[str, Origins], str]] = {
    "soname": owners.of_library,
    "symbol": owners.of_symbol,
    "package": _named,
    "other": _named,
    "requirer": _named,
    "file": _of_wheel,
    "call": _of_function,
    "class": _of_class,
}


def _wished(wish: str) -> dict[str, str]:
    """Take a requirement apart: its package, and the range that it needs."""
    try:
        asked = Requirement(wish.strip())
    except InvalidRequirement:
        return {}
    return {"package": asked.name, "need": str(asked.specifier), "wish": f"{asked.name}{asked.specifier}"}


def _nearest(asked: str, offered: str) -> str:
    """Give the first release after the one that is asked for, else the last before it, of those on offer."""
    wanted = cells.version(asked)
    known = [found for word in offered.split(",") if (found := cells.version(word.strip())) is not None]
    if wanted is None or not known:
        return ""
    final = [one for one in known if not one.is_prerelease] or known
    return str(min((one for one in final if one > wanted), default=max(final)))


def _library(text: str) -> str:
    """Give the shared library that a line is about, with its path: the first that is not only named as a version."""
    for found in _LIBRARY.finditer(text):
        before = text[: found.end()]
        path = _BEFORE_PATH.split(before)[-1]
        if not before.removesuffix(path).endswith(("version ", "in file ", "with error: ")):
            return path
    return ""


def _seen(module: str, behind: Sequence[str]) -> str:
    guess = owners.guessed(module)
    return guess if guess in behind else ""
