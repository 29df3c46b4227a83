"""See what the job's variables lead to: files that are gone, libraries that do not load, settings of installers."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from envdoctor.facts import distributions
from envdoctor.facts.paths import shown
from envdoctor.model import Trace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from envdoctor.facts.distributions import Site

    NamesIn = Callable[[str], set[str]]

# variables that name a file or folder which must be there; read by OpenSSL, requests, curl
NAMING = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
READ = frozenset({*NAMING, "LD_PRELOAD", "LD_LIBRARY_PATH", "TORCH_LOGS", "PYTHONPATH", "PYTHONSAFEPATH"})
MOST_LIBRARIES = 2000
SMALLEST = 64  # an ELF header; the loader calls what is shorter "too short"
SHOWN = 3
_LIBRARY = re.compile(r"lib[^/]*\.so(?:\.\d+)+")
_OPENMP = re.compile(r"lib(iomp5|gomp|omp)(?:-[0-9a-f]+)?\.so(?:\.\d+)*")
_REGISTERED = re.compile(r"register_(?:log|artifact)\(\s*[\"'](\w+)[\"']")
# settings of pip and uv that bound what is installed, or take it from or to elsewhere
_TELLING = frozenset(
    "constraint build-constraint index-url extra-index-url find-links no-index target prefix root user no-deps "
    "only-binary no-binary pre index default-index override-dependencies constraint-dependencies exclude-newer "
    "prerelease resolution index-strategy override".split()
)


def traces(variables: Mapping[str, str], sites: Iterable[Site], prefix: str) -> Iterator[Trace]:
    """Give what the variables and the installers' settings lead to."""
    several = tuple(sites)
    for name in NAMING:
        path = variables.get(name, "")
        if path and not os.path.exists(path):
            yield Trace("path gone", f"env.{name}", (shown(path),))
    yield from _preloaded(variables.get("LD_PRELOAD", ""))
    for folder in variables.get("LD_LIBRARY_PATH", "").split(":"):
        yield from _unloadable(folder)
    if variables.get("TORCH_LOGS"):
        yield from _log_names(several)
    yield from openmp(several)
    yield from _settings(variables, prefix)


def _preloaded(value: str) -> Iterator[Trace]:
    for path in value.replace(":", " ").split():
        there = "/" not in path or os.path.exists(path)
        yield Trace("preloaded" if there else "path gone", "env.LD_PRELOAD", (shown(path),))


def _unloadable(folder: str) -> Iterator[Trace]:
    """Give the libraries of a folder that the loader finds first and cannot load."""
    if not folder.startswith("/"):
        return
    try:
        names = [name for name in sorted(os.listdir(folder)) if _LIBRARY.fullmatch(name)][:MOST_LIBRARIES]
    except OSError:
        return
    broken = [name for name in names if not _is_library(f"{folder}/{name}")]
    if broken:
        paths = tuple(shown(f"{folder}/{name}") for name in broken[:SHOWN])
        yield Trace("cannot be loaded", "env.LD_LIBRARY_PATH", paths, len(broken), len(names), said=broken[0])


def _is_library(path: str) -> bool:
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            return os.fstat(file.fileno()).st_size >= SMALLEST and file.read(4) == b"\x7fELF"
    except OSError as error:
        return isinstance(error, PermissionError)


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _log_names(sites: Iterable[Site]) -> Iterator[Trace]:
    """Give the names that the installed torch takes in TORCH_LOGS, read from its source."""
    for site in sites:
        path = f"{site.folder}/torch/_logging/_registrations.py"
        try:
            text = distributions.read_file(path).decode("utf-8", "replace")
        except OSError:
            continue
        names = tuple(dict.fromkeys(_REGISTERED.findall(text)))
        if names:
            yield Trace("takes", "env.TORCH_LOGS", (f"{site.location}/torch/_logging/_registrations.py",), others=names)
        return


def openmp(sites: Iterable[Site]) -> Iterator[Trace]:
    """Give the OpenMP runtimes that distributions bring."""
    for site in sites:
        for one in site.installed:
            for path in one.record.libraries if one.record is not None else ():
                if found := _OPENMP.fullmatch(path.rpartition("/")[2]):
                    yield Trace("openmp", one.dist.name, (f"{site.location}/{path}",), said=f"lib{found[1]}")


def _settings(variables: Mapping[str, str], prefix: str) -> Iterator[Trace]:
    """Give the settings of pip and uv that bend what they install, by file; values are not shown, they hold secrets."""
    for installer in ("pip", "uv"):
        start = f"{installer.upper()}_"
        set_here = [name for name in variables if name.startswith(start) and variables[name]]
        names = {name.removeprefix(start).lower().replace("_", "-"): name for name in set_here}
        told = tuple(names[name] for name in sorted(names) if name in _TELLING)
        if told:
            yield Trace("setting", installer, ("the environment",), len(told), others=told)
    home = Path(os.path.expanduser("~"))
    config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    pip = [Path("/etc/pip.conf"), config / "pip/pip.conf", home / ".pip/pip.conf", Path(prefix) / "pip.conf"]
    named = variables.get("PIP_CONFIG_FILE", "")
    yield from _of_files("pip", [*pip, *([Path(named)] if named else [])], _pip_names)
    uv = [Path("/etc/uv/uv.toml"), config / "uv/uv.toml", Path("uv.toml").absolute()]
    yield from _of_files("uv", uv, _uv_names)


def _of_files(installer: str, paths: Iterable[Path], names_in: NamesIn) -> Iterator[Trace]:
    for path in dict.fromkeys(paths):
        try:
            text = distributions.read_file(str(path)).decode("utf-8", "replace")
        except OSError:
            continue
        told = tuple(sorted(names_in(text) & _TELLING))
        if told:
            yield Trace("setting", installer, (shown(str(path)),), len(told), others=told)


def _pip_names(text: str) -> set[str]:
    import configparser

    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return set()
    return {name.replace("_", "-") for section in parser.sections() for name in parser.options(section)}


def _uv_names(text: str) -> set[str]:
    import tomllib

    try:
        found = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return set()
    inner = found.get("pip")
    return {*found, *(inner if isinstance(inner, dict) else {})}
