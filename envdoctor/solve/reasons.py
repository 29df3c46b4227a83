"""What does uv say when it finds nothing? Its explanation in a line, and the platform that it would have taken."""

from __future__ import annotations

import re

_FRAME = re.compile(r"[│╰─▶×├╮╭]")
_WHEELS = re.compile(
    r"hint: You require (?P<what>.+?), but we only found wheels for `(?P<name>[^`]+)` \(v?(?P<version>[^)]+)\) "
    r"(?:with|on) the following [^:]+: (?P<tags>.+?)(?: hint:|$)"
)
_CAUSE = re.compile(r"Because (.+?)(?:, we can conclude| we can conclude|\. And|$)")
_NO_PLATFORM = re.compile(r"invalid value '[^']*' for '--python-platform [^\[]*\[possible values: ([^\]]*)\]")
_LIBC = re.compile(r"(\w+)-manylinux_(\d+)_(\d+)")


def told(said: str) -> str:
    """Give uv's explanation in a line: where it names wheels those, else its first sentence."""
    lines = [line for line in said.splitlines() if not line.startswith(("WARN ", "TRACE "))]
    words = " ".join(_FRAME.sub(" ", "\n".join(lines)).split())
    if wheels := _WHEELS.search(words):
        name, version, tags, what = wheels.group("name", "version", "tags", "what")
        return f"{name} {version} has wheels for {tags[:200]} alone, not for {what}"
    cause = _CAUSE.search(words)
    return (cause[1] if cause else words.removeprefix("error: "))[:300]


def older(platform: str, said: str) -> str | None:
    """Give the newest platform that uv knows up to one which it does not, empty if all are newer; else None."""
    known, wanted = _NO_PLATFORM.search(said), _LIBC.fullmatch(platform)
    if known is None or wanted is None:
        return None
    every = [found for word in known[1].split(", ") if (found := _LIBC.fullmatch(word)) and found[1] == wanted[1]]
    fitting = [one for one in every if _libc(one) <= _libc(wanted)]
    return max(fitting, key=_libc)[0] if fitting else ""


def _libc(found: re.Match[str]) -> tuple[int, int]:
    return int(found[2]), int(found[3])
