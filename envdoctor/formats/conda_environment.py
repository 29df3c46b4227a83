"""What does conda's environment.yml ask for?

It is read as conda reads it. A dependency is conda's own (`channel::name=version=build`, in any of its spellings), or
stands below `pip:` and is a line of requirements. conda's ranges become those of PEP 440: `=1.2` and `1.2.*` are
`==1.2.*`, a bare `1.2` is exact, and so is one before a build. `==1.2.*` is a prefix too, as it was meant.

What PEP 440 cannot say (`1.2|1.3`, `1.1.1w`) keeps an empty specifier, and stands in `build` as it was written. It then
begins with an operator, which a build never does; `unread` gives it back.

conda only warns of a key that it does not know, so such a key is left alone, unless it looks like a mistyped one.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from envdoctor import yamlpos
from envdoctor.errors import UserError, near
from envdoctor.formats import files, requirements
from envdoctor.model import Listed, Place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEYS = ("name", "channels", "dependencies", "prefix", "variables", "platforms")
LONGEST = 2_000

_FORM = "conda writes `name`, `name=1.2`, `name>=1.2,<2` or `channel::name=1.2=build`"
_SPEC = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.-]*)\s*([<>=!~ ].*)?")
_BUILD = re.compile(r"(.*[^=!|,<>~\s])(?:\s*=\s*|\s+)([^-=,|<>~()\s]+)")
_BRACKET = re.compile(r"\s*([\w-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^,'\"]*))\s*(?:,|\Z)", re.ASCII)
_CLAUSE = re.compile(r"(===|==|=|!=|~=|<=|>=|<|>)?([^=<>!~*]+?)(\.?\*)?")
_RELEASE = re.compile(r"(\d+!)?\d+(\.\d+)*", re.ASCII)
_LETTER = re.compile(r"[\d.]+[a-z]", re.ASCII)  # openssl's 1.1.1c is no release candidate, as PEP 440 would have it
_OPERATORS = ("=", "<", ">", "!", "~")


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment.yml: its entries, where conda looks for them, and the variables that it sets.

    `conda` and `pip` are the entries as they are written; `platforms` is conda-lock's addition.
    """

    name: str
    channels: tuple[str, ...]
    entries: tuple[Listed, ...]
    variables: dict[str, yamlpos.Text]
    platforms: tuple[str, ...] = ()
    conda: tuple[yamlpos.Text, ...] = ()
    pip: tuple[yamlpos.Text, ...] = ()


class Spec(NamedTuple):
    """A dependency taken apart: `channel::name=version=build`, the version as it is written."""

    name: str
    version: str = ""
    build: str = ""
    channel: str = ""
    url: str = ""


def looks_like(node: yamlpos.Node) -> bool:
    """Say whether a YAML document is an environment.yml, and not a recipe."""
    if not isinstance(node, yamlpos.Map) or "recipe" in node.items:
        return False
    return "channels" in node.items or any(_meant(key) == "dependencies" for key in node.items)


def unread(entry: Listed) -> str:
    """Give the range of a conda entry that PEP 440 cannot say, or an empty text."""
    return entry.build if entry.conda and not entry.specifier and entry.build.startswith(_OPERATORS) else ""


def read(path: Path) -> Environment:
    """Give what an environment.yml asks for; raise UserError with the place."""
    root = yamlpos.mapping(yamlpos.read(files.read_text(path), str(path)), "an environment")
    for key, written in root.keys.items():
        meant = _meant(key)
        if meant not in ("", key):
            raise UserError(f"unknown key `{key[:80]}`", place=written.place, hint=f"did you mean `{meant}`?")
    return Environment(
        name=_text(root.get("name"), "`name`"),
        channels=tuple(text.value for text in yamlpos.texts(_some(root.get("channels"), root), "`channels`")),
        entries=tuple(_entries(_some(root.get("dependencies"), root), path)),
        variables=_variables(root.get("variables")),
        platforms=tuple(text.value for text in yamlpos.texts(_some(root.get("platforms"), root), "`platforms`")),
        conda=tuple(item for item in _listing(root) if isinstance(item, yamlpos.Text)),
        pip=tuple(text for item in _listing(root) if isinstance(item, yamlpos.Map) for text in _of_pip(item)),
    )


def _listing(root: yamlpos.Map) -> yamlpos.List:
    return yamlpos.sequence(_some(root.get("dependencies"), root), "`dependencies`")


def _of_pip(item: yamlpos.Map) -> tuple[yamlpos.Text, ...]:
    return yamlpos.texts(_some(item.get("pip"), item), "`pip`")


def _meant(key: str) -> str:
    """Give the known key that one is, or is mistyped from; `dev-dependencies` is a tool's own."""
    if "-" in key or "_" in key:
        return ""
    close = difflib.get_close_matches(key[:80].lower(), KEYS, n=1, cutoff=0.8)
    return close[0] if close else ""


def _is_empty(node: yamlpos.Node | None) -> bool:
    return node is None or (isinstance(node, yamlpos.Text) and node.empty)


def _some(node: yamlpos.Node | None, root: yamlpos.Map) -> yamlpos.Node:
    return yamlpos.List((), root.place) if node is None or _is_empty(node) else node


def _text(node: yamlpos.Node | None, what: str) -> str:
    return "" if _is_empty(node) else yamlpos.text(node, what).value


def _variables(node: yamlpos.Node | None) -> dict[str, yamlpos.Text]:
    if _is_empty(node):
        return {}
    return {
        name: yamlpos.text(value, f"`{name}`") for name, value in yamlpos.mapping(node, "`variables`").items.items()
    }


def _entries(node: yamlpos.Node, path: Path) -> Iterator[Listed]:
    for item in yamlpos.sequence(node, "`dependencies`"):
        if isinstance(item, yamlpos.Map):
            yield from _installed(item, path)
        else:
            text = yamlpos.text(item, "a dependency")
            yield entry(text.value, text.place)


def entry(written: str, place: Place) -> Listed:
    """Give the entry of one dependency as conda writes it; raise UserError with the place."""
    return _listed(spec(written.strip(), place), place)


def _installed(item: yamlpos.Map, path: Path) -> Iterator[Listed]:
    """Give what another installer is asked for: pip, the only one that conda calls."""
    for key, node in item.items.items():
        if key != "pip":
            hint = near(key, ("pip",)) if key.lower() == "pip" else f"write `- {key[:40]}=1.2`, or put it below `pip:`"
            raise UserError(f"unknown installer `{key[:80]}`", place=item.keys[key].place, hint=hint)
        for text in yamlpos.texts(_some(node, item), "`pip`"):
            yield from requirements.parse(text.value, text.place.file, folder=path.parent, start=text.place)


def _listed(spec: Spec, place: Place) -> Listed:
    specifier = _specifier(spec.version)
    build = spec.build
    if specifier is None:
        written = spec.version if spec.version.startswith(_OPERATORS) else f"={spec.version}"
        build = f"{written} {build}".strip()
    return Listed(
        name=spec.name.lower(),
        specifier=specifier or "",
        url=spec.url,
        conda=True,
        channel=spec.channel,
        build=build,
        place=place,
    )


def spec(written: str, place: Place) -> Spec:
    """Take a dependency apart as conda's MatchSpec does."""
    if not written or len(written) > LONGEST:
        raise UserError("a dependency is empty or too long", place=place, hint=_FORM)
    if written.endswith((".conda", ".tar.bz2")):
        return _file(written, place)
    outside, inside = _brackets(written.partition("#")[0].strip(), place)
    before, _, spec = outside.rpartition(":")
    found = _SPEC.fullmatch(spec)
    if found is None:
        hint = "URLs and paths are pip's: put them below `pip:`" if "/" in spec else _FORM
        raise UserError(f"not a dependency: `{written[:120]}`", place=place, hint=hint)
    version, build = _divided((found[2] or "").strip())
    return Spec(
        name=found[1],
        version="".join(inside.get("version", version).split()),
        build=inside.get("build", build),
        channel=inside.get("channel", before.rpartition(":")[0]),
        url=inside.get("url", ""),
    )


def _brackets(written: str, place: Place) -> tuple[str, dict[str, str]]:
    """Give a dependency without its `[key=value, …]`, and what stands in there."""
    if not written.endswith("]") or "[" not in written:
        return written, {}
    outside, _, within = written[:-1].partition("[")
    inside = {}
    position = 0
    while position < len(within):
        pair = _BRACKET.match(within, position)
        if pair is None or pair.end() == position:
            hint = "extras are pip's: put it below `pip:`"
            raise UserError(f"not `key=value`: `[{within[:80]}]`", place=place, hint=hint)
        inside[pair[1]] = (pair[2] or pair[3] or pair[4] or "").strip()
        position = pair.end()
    return outside.strip(), inside


def _divided(behind: str) -> tuple[str, str]:
    """Give the version and the build behind a name; before a build a fuzzy version is exact."""
    built = _BUILD.fullmatch(behind)
    version = "".join(built[1].split() if built else behind.split())
    if built and re.fullmatch(r"=[^=,|]+", version):
        version = version[1:]
    return version, built[2] if built else ""


def _file(written: str, place: Place) -> Spec:
    """Take the name of a package file apart: `name-version-build.conda`."""
    file = written.replace("::", "/").rpartition("/")[2].removesuffix(".conda").removesuffix(".tar.bz2")
    name, *rest = file.rsplit("-", 2)
    if len(rest) != 2 or not name:
        raise UserError(f"not a package file: `{written[:120]}`", place=place, hint=_FORM)
    return Spec(name, f"=={rest[0]}", rest[1], url=written)


def _specifier(version: str) -> str | None:
    """Give a conda range as a PEP 440 specifier, or None if that cannot say it."""
    clauses = [_clause(part) for part in version.split(",")] if version else []
    if None in clauses:
        return None
    specifier = ",".join(clause for clause in clauses if clause)
    try:
        SpecifierSet(specifier)
    except (InvalidSpecifier, ValueError):
        return None
    return specifier


def _clause(part: str) -> str | None:
    if part in ("*", "=*", "==*"):
        return ""
    found = _CLAUSE.fullmatch(part)
    if found is None:
        return None
    operator, version, star = found[1] or "", found[2], found[3] or ""
    if _LETTER.fullmatch(version) or (operator == "~=" and star):
        return None
    if operator == "!=" and star:
        return f"!={version}.*"
    if operator in ("", "=", "==", "==="):
        is_prefix = (star or operator == "=") and _RELEASE.fullmatch(version)
        return f"=={version}.*" if is_prefix else f"=={version}"
    return f"{operator}{version}"
