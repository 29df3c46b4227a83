"""Find out where a Python looks for code without starting it: from pyvenv.cfg, folder names and path lines of .pth.

It sees less than the interpreter itself would: variables such as PYTHONPATH are read, but code that runs at start-up
(sitecustomize, `import` lines in .pth files) is not. In the root of an image only the image's own files count.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from envdoctor.errors import CannotLook
from envdoctor.facts import distributions
from envdoctor.facts.inside import Root
from envdoctor.facts.paths import shown
from envdoctor.facts.search import path_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LIB = re.compile(r"python(\d+\.\d+)t?")
_MACHINES = {3: "i686", 40: "armv7l", 62: "x86_64", 183: "aarch64", 21: "ppc64le", 243: "riscv64"}


def answer(prefix: Path, root: Root | None = None) -> dict[str, Any]:
    """Give what a probe would say, as far as files tell; raise CannotLook if it is no Python prefix."""
    inside, start = root or Root(), str(prefix)
    config = _config(start, inside)
    home = inside.placed(config.get("home", ""))
    base = os.path.dirname(home) if home else start
    version = _minor(start, config, inside)
    if not version:
        raise CannotLook("holds no site-packages", place=shown(start))
    shares = not config or config.get("include-system-site-packages", "true").lower() == "true"
    user = _user_site(version, inside) if shares and not os.environ.get("PYTHONNOUSERSITE") else ""
    own = list(_sites(start, version, inside))
    sites = [*own, user] if config else [user, *own]  # `site` looks into a virtual environment first of all
    sites = [site for site in sites if site]
    sites += [site for site in _sites(base, version, inside) if site not in sites] if config and shares else []
    library = f"{base}/lib/python{version}"
    listed = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path and not inside.folder]
    return {
        "python": ".".join((config.get("version") or config.get("version_info") or version).split(".")[:3]),
        "implementation": config.get("implementation", "cpython").lower(),
        "prefix": start,
        "base_prefix": base,
        "library": library,
        "managed": not config and os.path.exists(inside.real(f"{library}/EXTERNALLY-MANAGED")),
        "user_site": {"path": user},
        "path": [*map(os.path.abspath, listed), *_with_path_lines(sites, inside)],
        "os": "linux" if inside.folder else {"posix": os.uname().sysname.lower()}.get(os.name, "windows"),
        "arch": _arch(start, inside) or ("" if inside.folder else os.uname().machine if hasattr(os, "uname") else ""),
    }


def _config(prefix: str, root: Root) -> dict[str, str]:
    try:
        text = distributions.read_file(root.real(f"{prefix}/pyvenv.cfg")).decode("utf-8", "replace")
    except OSError:
        return {}
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {key.strip().lower(): value.strip() for key, _, value in pairs}


def _minor(prefix: str, config: dict[str, str], root: Root) -> str:
    """Give the minor version of the Python in a prefix: what pyvenv.cfg or `bin/python3` says, else the newest."""
    there = {found[1] for name in _names(f"{prefix}/lib", root) if (found := _LIB.fullmatch(name))}
    there = {version for version in there if any(True for _ in _sites(prefix, version, root))}
    stated = ".".join((config.get("version") or config.get("version_info") or "").split(".")[:2])
    for name in ("bin/python3", "bin/python"):
        leads = os.path.basename(root.real(f"{prefix}/{name}") if root.folder else os.path.realpath(f"{prefix}/{name}"))
        stated = stated or leads.removeprefix("python")
    if stated in there:
        return stated
    if os.path.isdir(root.real(f"{prefix}/Lib/site-packages")):
        return stated or "3"
    return max(there, key=lambda version: [int(part) for part in version.split(".")], default="")


def _names(folder: str, root: Root) -> list[str]:
    try:
        return sorted(os.listdir(root.real(folder)))
    except OSError:
        return []


def _sites(prefix: str, version: str, root: Root) -> Iterator[str]:
    """Give the site folders of one Python in a prefix; Debian has one that all minor versions share."""
    local = [f"{prefix}/local/lib/python{version}/dist-packages"]
    own = [f"{prefix}/{lib}/python{version}/site-packages" for lib in ("lib", "lib64")]
    for folder in (*local, *own, f"{prefix}/lib/python3/dist-packages", f"{prefix}/Lib/site-packages"):
        if os.path.isdir(root.real(folder)):
            yield folder


def _user_site(version: str, root: Root) -> str:
    home = f"{root.folder}/root" if root.folder else os.path.expanduser("~")
    folder = f"{home}/.local/lib/python{version}/site-packages"
    return folder if os.path.isdir(root.real(folder)) else ""


def _arch(prefix: str, root: Root) -> str:
    """Give the processor that the Python of a prefix is built for, from its header; of an image from its shell's."""
    others = (f"{root.folder}/bin/sh", f"{root.folder}/usr/bin/env") if root.folder else ()
    for path in (f"{prefix}/bin/python3", f"{prefix}/bin/python", *others):
        try:
            head = distributions.read_file(root.real(path), most=1)[:20]
        except OSError:
            continue
        if head.startswith(b"\x7fELF") and len(head) == 20:
            return _MACHINES.get(int.from_bytes(head[18:20], "little" if head[5] == 1 else "big"), "")
    return ""


def _with_path_lines(sites: list[str], root: Root) -> Iterator[str]:
    """Give each site folder, and the folders and archives that its .pth files add."""
    for site in sites:
        yield site
        for name in _names(site, root):
            if name.endswith(".pth"):
                yield from (place for place in path_lines(site, name, root) if os.path.exists(place))
