"""Which indexes are asked? Those that uv would ask, or pip where only pip is told of one."""

from __future__ import annotations

import configparser
import os
import tempfile
from pathlib import Path

from envdoctor import processes
from envdoctor.solve import uv

LIMIT = 30.0
_OF_UV = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL")
_OPTIONS = ("--extra-index-url ", "--index-url ")


def configured() -> list[str]:
    """Give the addresses of the indexes in the order in which they are asked, with credentials where they have some."""
    if not any(os.environ.get(name) for name in _OF_UV) and (found := _of_pip()):
        return found
    return _of_uv()


def _of_uv() -> list[str]:
    """Ask uv, which reads its own files and variables; further indexes come before the default one."""
    program = uv.find()
    if program is None:
        return []
    words = [program, "pip", "compile", "none.in", "--quiet", "--no-header", "--emit-index-url", "--offline"]
    with tempfile.TemporaryDirectory(prefix="envdoctor-index-") as folder:
        Path(folder, "none.in").touch()
        said = processes.run(words, limit=LIMIT, folder=Path(folder))
    lines = said.out.splitlines()
    return [line.removeprefix(option).strip() for option in _OPTIONS for line in lines if line.startswith(option)]


def _of_pip() -> list[str]:
    """Give the indexes of pip's variables and files, if they name one in the place of the default."""
    index, more = os.environ.get("PIP_INDEX_URL", ""), os.environ.get("PIP_EXTRA_INDEX_URL", "")
    for section in _sections() if not index else ():
        index = section.get("index-url", index)
        more = more or section.get("extra-index-url", "")
    return [*more.split(), index.strip()] if index else []


def _sections() -> list[configparser.SectionProxy]:
    """Give what pip's files say of its commands, the strongest last."""
    home = os.path.expanduser("~")
    base = os.environ.get("XDG_CONFIG_HOME") or f"{home}/.config"
    places = ["/etc/xdg/pip/pip.conf", "/etc/pip.conf", f"{home}/.pip/pip.conf", f"{base}/pip/pip.conf"]
    reader = configparser.RawConfigParser()
    try:
        reader.read([*places, os.environ.get("PIP_CONFIG_FILE") or os.devnull], encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return []  # pip itself says what is wrong with it
    return [reader[name] for name in ("global", "install") if reader.has_section(name)]
