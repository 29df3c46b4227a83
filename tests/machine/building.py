"""Build small real libraries with the C compiler of this machine, as the tests need them."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

COMPILER = shutil.which("gcc") or shutil.which("cc")
needs_compiler = pytest.mark.skipif(COMPILER is None, reason="there is no C compiler here to build libraries with")


def library(
    path: Path, source: str | Path = "int nothing(void) { return 0; }\n", *flags: str, soname: str = ""
) -> Path:
    """Build a shared library from a C source, or a file of it; its SONAME is its file name unless another is given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.with_suffix(".c")
    file.write_text(source if isinstance(source, str) else source.read_text(encoding="utf-8"), encoding="utf-8")
    named = f"-Wl,-soname,{soname or path.name}"
    command = [str(COMPILER), "-shared", "-fPIC", "-o", str(path), str(file), named, *flags]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    file.unlink()
    return path


def needing(path: Path, needed: Path, *flags: str) -> Path:
    """Build a library that needs another, whether or not it uses it."""
    return library(path, "int me(void) { return 1; }\n", "-Wl,--no-as-needed", str(needed), *flags)


RPATH = ("-Wl,--disable-new-dtags",)
RUNPATH = ("-Wl,--enable-new-dtags",)
