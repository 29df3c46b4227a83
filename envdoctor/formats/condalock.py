"""What does a conda-lock.yml name, and from where?

The format is conda-lock's own, version 1: one entry for each package and platform, of conda or of pip, with its URL and
hashes. Only what conda-lock itself demands is demanded. A name or a URL that leads elsewhere is refused, for other
programs make file names of them; nothing that it names is opened.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from envdoctor import cells, yamlpos
from envdoctor.errors import UserError, near
from envdoctor.formats import files
from envdoctor.model import Listed, Place, normalised

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

LARGEST = 50_000_000
MANAGERS = ("conda", "pip")
ENDS = (".conda", ".tar.bz2")
MARKERS = {
    "linux": ("linux", {"64": "x86_64", "aarch64": "aarch64", "ppc64le": "ppc64le"}),
    "osx": ("darwin", {"64": "x86_64", "arm64": "arm64"}),
    "win": ("win32", {"64": "AMD64", "arm64": "ARM64"}),
}

_REMAKE = "make it again: a lock is not written by hand"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_VERSION = re.compile(r"[A-Za-z0-9_.!+~-]+")
_PLATFORM = re.compile(r"[a-z]+-[a-z0-9]+")
_HASHES = {"md5": re.compile(r"[0-9a-f]{32}"), "sha256": re.compile(r"[0-9a-f]{64}")}
_CONFLICT = re.compile(r"^(?:<{7}|={7}|>{7})(?: |$)", re.MULTILINE)


class Package(NamedTuple):
    """One entry: a package for a platform. `file` is the last part of its URL; `needs` as the entry has them."""

    name: str
    version: str
    manager: str
    platform: str
    url: str
    hashes: Mapping[str, str]
    needs: Mapping[str, str]
    category: str
    place: Place

    @property
    def file(self) -> str:
        """Give the name of the file that its URL ends in."""
        return unquote(urlsplit(self.url).path.rpartition("/")[2])

    @property
    def build(self) -> str:
        """Give the build of a conda package, which only the name of its file has."""
        if self.manager != "conda":
            return ""
        stem = self.file.removesuffix(".conda").removesuffix(".tar.bz2")
        return stem.rsplit("-", 1)[-1] if stem.count("-") > 1 else ""


class CondaLock(NamedTuple):
    """A conda-lock.yml: what it was made from, for which platforms, and its packages."""

    content_hash: Mapping[str, str]
    channels: tuple[str, ...]
    platforms: tuple[str, ...]
    sources: tuple[str, ...]
    custom: Mapping[str, str]
    packages: tuple[Package, ...]
    file: str

    def of(self, platform: str) -> tuple[Package, ...]:
        """Give the packages for a platform."""
        return tuple(package for package in self.packages if package.platform == platform)

    def entries(self) -> tuple[Listed, ...]:
        """Give each package as an entry of a list; where there are several platforms, its marker says for which."""
        several = len(self.platforms) > 1
        return tuple(_listed(package, marker(package.platform) if several else "") for package in self.packages)


def is_name(name: str) -> bool:
    """Say whether a file is called as conda-lock calls these: `conda-lock.yml`, `NAME.conda-lock.yml`."""
    return name.endswith(("conda-lock.yml", "conda-lock.yaml"))


def looks_like(node: yamlpos.Node) -> bool:
    """Say whether a YAML document is a conda-lock.yml."""
    return isinstance(node, yamlpos.Map) and {"metadata", "package"} <= node.items.keys()


def marker(platform: str) -> str:
    """Give the environment marker of a conda platform; `noarch` and what is not known have none."""
    system, _, arch = platform.partition("-")
    if system not in MARKERS or arch not in MARKERS[system][1]:
        return ""
    name, archs = MARKERS[system]
    return f"sys_platform == '{name}' and platform_machine == '{archs[arch]}'"


def read(path: Path) -> CondaLock:
    """Give what a conda-lock.yml holds; raise UserError with the place."""
    return parse(files.read_text(path, limit=LARGEST), str(path))


def parse(text: str, file: str) -> CondaLock:
    """Give what the text of a conda-lock.yml holds; raise UserError with the place."""
    conflict = _CONFLICT.search(text)
    if conflict:
        place = Place(file, text.count("\n", 0, conflict.start()) + 1)
        raise UserError("a merge left its marks in it", place=place, hint="take one side whole, or make the lock again")
    return document(yamlpos.read(text, file), file)


def document(node: yamlpos.Node, file: str) -> CondaLock:
    """Give what a YAML document that is a conda-lock.yml holds; raise UserError with the place."""
    root = yamlpos.mapping(node, "a conda-lock.yml")
    _known(root)
    about = yamlpos.mapping(_needed(root, "metadata"), "`metadata`")
    platforms = tuple(_platform(text) for text in yamlpos.texts(_needed(about, "platforms"), "`platforms`"))
    packages = tuple(_packages(_needed(root, "package"), set(platforms)))
    sources = about.get("sources")
    return CondaLock(
        content_hash=_texts(_needed(about, "content_hash"), "`content_hash`"),
        channels=tuple(_channels(_needed(about, "channels"))),
        platforms=platforms,
        sources=tuple(text.value for text in yamlpos.texts(sources, "`sources`")) if sources else (),
        custom=_texts(about.get("custom_metadata"), "`custom_metadata`"),
        packages=packages,
        file=file,
    )


def _known(root: yamlpos.Map) -> None:
    version = yamlpos.text(root.get("version") or yamlpos.Text("1", root.place), "`version`")
    if version.value != "1":
        hint = "envdoctor reads version 1, which conda-lock writes"
        raise UserError(f"version `{version.value[:40]}` is not known", place=version.place, hint=hint)


def _needed(node: yamlpos.Map, key: str) -> yamlpos.Node:
    if key not in node.items:
        raise UserError(f"`{key}` is missing", place=node.place, hint=_REMAKE)
    return node.items[key]


def _texts(node: yamlpos.Node | None, what: str) -> dict[str, str]:
    if node is None or (isinstance(node, yamlpos.Text) and node.empty):
        return {}
    return {key: yamlpos.text(item, f"`{key[:80]}`").value for key, item in yamlpos.mapping(node, what).items.items()}


def _platform(text: yamlpos.Text) -> str:
    if not _PLATFORM.fullmatch(text.value):
        hint = "conda's are called `linux-64`, `osx-arm64` …"
        raise UserError(f"`{text.value[:40]}` is no platform", place=text.place, hint=hint)
    return text.value


def _channels(node: yamlpos.Node) -> Iterator[str]:
    for item in yamlpos.sequence(node, "`channels`"):
        url = item if isinstance(item, yamlpos.Text) else yamlpos.mapping(item, "a channel").get("url")
        yield yamlpos.text(url if url is not None else item, "the `url` of a channel").value


def _packages(node: yamlpos.Node, platforms: set[str]) -> Iterator[Package]:
    seen: dict[tuple[str, str, str], Place] = {}
    for item in yamlpos.sequence(node, "`package`"):
        package = _package(yamlpos.mapping(item, "a package"))
        if package.platform not in platforms:
            problem = f"`{package.platform}` is not among the platforms of the lock"
            raise UserError(problem, place=package.place, hint=near(package.platform, platforms))
        key = package.platform, package.manager, package.name
        if key in seen:
            raise UserError(f"`{package.name}` stands here twice", place=package.place, hint=f"also at {seen[key]}")
        seen[key] = package.place
        yield package


def _package(item: yamlpos.Map) -> Package:
    said = {key: _matched(item, key, pattern) for key, pattern in (("name", _NAME), ("version", _VERSION))}
    manager = yamlpos.text(_needed(item, "manager"), "`manager`")
    if manager.value not in MANAGERS:
        hint = near(manager.value, MANAGERS)
        raise UserError(f"unknown manager `{manager.value[:40]}`", place=manager.place, hint=hint)
    category = item.get("category")
    package = Package(
        name=normalised(said["name"]) if manager.value == "pip" else said["name"].lower(),
        version=said["version"],
        manager=manager.value,
        platform=_platform(yamlpos.text(_needed(item, "platform"), "`platform`")),
        url=yamlpos.text(_needed(item, "url"), "`url`").value,
        hashes=_hashes(_needed(item, "hash")),
        needs=_texts(item.get("dependencies"), "`dependencies`"),
        category=yamlpos.text(category, "`category`").value if category is not None else "main",
        place=item.place,
    )
    _refuse_url(package)
    return package


def _matched(item: yamlpos.Map, key: str, pattern: re.Pattern[str]) -> str:
    text = yamlpos.text(_needed(item, key), f"`{key}`")
    if not pattern.fullmatch(text.value) or len(text.value) > 200:
        raise UserError(f"`{text.value[:80]}` is no {key} of a package", place=text.place, hint=_REMAKE)
    return text.value


def _hashes(node: yamlpos.Node) -> dict[str, str]:
    hashes = {key: value for key, value in _texts(node, "`hash`").items() if value not in ("", "null", "~")}
    for kind, value in hashes.items():
        if kind in _HASHES and not _HASHES[kind].fullmatch(value):
            raise UserError(f"`{value[:80]}` is no {kind}", place=node.place, hint=_REMAKE)
    if not hashes.keys() & _HASHES.keys():
        raise UserError("a package has no hash", place=node.place, hint=_REMAKE)
    return hashes


def _refuse_url(package: Package) -> None:
    """Refuse a URL whose last part is not the file of this package, or that leads through other folders."""
    try:
        parts = unquote(urlsplit(package.url).path).split("/")
    except ValueError:
        parts = [".."]
    if ".." in parts or any(ord(letter) < 32 for letter in package.url) or not package.file:
        raise UserError(f"`{package.url[:80]}` is no place of a package", place=package.place, hint=_REMAKE)
    if package.manager == "conda" and not package.file.startswith(f"{package.name}-{package.version}-"):
        problem = f"the file of `{package.name}` {package.version} is called `{package.file[:80]}`"
        raise UserError(problem, place=package.place, hint=_REMAKE)


def _listed(package: Package, where: str) -> Listed:
    return Listed(
        name=package.name,
        specifier=f"{'==' if cells.version(package.version) else '==='}{package.version}",
        marker=where,
        url="" if package.manager == "conda" else package.url,
        conda=package.manager == "conda",
        build=package.build,
        place=package.place,
    )
