"""Say whether the extension modules of a distribution fit a target, by the tags in their file names.

`abi3` fits every later Python 3; a name without a tag says nothing, and is taken to fit (PEP 3149, PEP 425).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envdoctor.model import State

if TYPE_CHECKING:
    from envdoctor.model import Distribution, Facts

_UNIX = re.compile(
    r"(cpython|pypy)-?(\d)(\d+)[a-z]*(?:-pp\d+)?-(?:([a-z0-9_]+)-)?(linux-(?:gnu|musl)[a-z]*|darwin)\.so"
)
_WINDOWS = re.compile(r"cp(\d)(\d+)[a-z]*-win[a-z0-9_]*\.pyd")
_SAME = {"arm64": "aarch64", "amd64": "x86_64", "i386": "i686"}


def fit(dist: Distribution, facts: Facts) -> bool:
    """Say whether at least one extension module can be loaded, or nothing says that none can."""
    return any(_fits(tag, facts) for tag in dist.compiled)


def _fits(tag: str, facts: Facts) -> bool:
    system = facts.get("os").value
    if found := _WINDOWS.fullmatch(tag):
        return system in ("", "windows") and _is_python(facts, "cpython", found[1], found[2])
    found = _UNIX.fullmatch(tag)
    if found is None:
        return True
    kind, major, minor, arch, platform = found.groups()
    if system and system not in {"darwin": ("darwin", "macos")}.get(platform, ("linux",)):
        return False
    return _is_python(facts, kind, major, minor) and (platform == "darwin" or _is_arch(facts, arch))


def _is_python(facts: Facts, kind: str, major: str, minor: str) -> bool:
    implementation = facts.get("implementation").value or kind
    return implementation == kind and facts.get("python").value.split(".")[:2] == [major, minor]


def _is_arch(facts: Facts, arch: str | None) -> bool:
    seen = facts.get("arch")
    if arch is None or seen.state is not State.KNOWN or not seen.value:
        return True
    here = _SAME.get(seen.value, seen.value)
    return _SAME.get(arch, arch) == here or (here.startswith("arm") and arch.startswith("arm"))
