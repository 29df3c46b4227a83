"""What does an installed distribution say of itself?

METADATA and PKG-INFO begin with header lines as a mail does. They are read as pip reads them: the first line that is
no header ends them, the first of two equal headers counts, a line that begins with a blank belongs to the one above.
Nothing is judged here: a distribution written for the rules of 2012 still has a name, a version and requirements, in
the spelling of its day. Thousands are read at every check, hence the regular expressions; none of them can run away.

`Requires:` is not read: it names modules, not distributions (PEP 314), and no installer follows it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from envdoctor.model import normalised

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")
Split = tuple[str, tuple[str, ...], str, str, str]

LONGEST = 4_000  # no number in it is too long for an int
DEEPEST = 50

_END = re.compile(rb"\n(?![!-9;-~]+:|[ \t])")
_FIELD = re.compile(
    r"\n(?=[NVRnvr])"  # most lines are told by one letter: half of the time
    r"(?i:(Name|Version|Requires-Dist|Requires-Python)):(.*(?:\n[ \t].*)*)"
)
# nearly every line: a name, a range (in brackets, as of old, or not), a marker
_PLAIN = re.compile(
    r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?) ?(?:\(([^();@\[\]]*)\) ?|([<>=!~][^();@\[\]]*)?)(?:;(.*))?",
    re.DOTALL,
)
_NORMAL = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*")
_EXTRAS = re.compile(r"\[([\w.,\s-]*)\]\s*", re.ASCII)
_RANGE = re.compile(r"\(([^();@\[\]]*)\)\s*(?=;|\Z)|((?:[<>=!~][^();@\[\]]*)?)(?=;|\Z)")
_PYTHON = re.compile(r"-py\d[\w.]*(-.*)?\Z", re.ASCII)
_VERSION = re.compile(r"v?\d", re.IGNORECASE)


class Headers(NamedTuple):
    """What the headers of a distribution state, as written."""

    name: str = ""
    version: str = ""
    requires: tuple[str, ...] = ()
    requires_python: str = ""


def parse(block: bytes) -> Headers:
    """Give what the header block of METADATA or PKG-INFO states; whatever it lacks is empty."""
    lines = b"\n" + block.removeprefix(b"\xef\xbb\xbf")
    if b"\r" in lines:
        lines = lines.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    end = _END.search(lines)
    header = (lines[: end.start()] if end else lines).decode("utf-8", "replace")
    found: dict[str, list[str]] = {}
    for name, value in _FIELD.findall(header):
        found.setdefault(name.lower(), []).append(value.strip() if "\n" not in value else " ".join(value.split()))
    return Headers(
        name=_first(found, "name"),
        version=_first(found, "version"),
        requires=tuple(found.get("requires-dist", ())),
        requires_python=_first(found, "requires-python"),
    )


def _first(found: dict[str, list[str]], name: str) -> str:
    values = found.get(name)
    return values[0] if values else ""


def parse_requires_txt(text: str) -> tuple[str, ...]:
    """Give the lines of an .egg-info's requires.txt as requirements with markers."""
    condition = ""
    requires = []
    for written in text.splitlines():
        line = written.split(" #")[0].strip()
        if line.startswith("[") and line.endswith("]"):
            condition = _condition(line[1:-1])
        elif line and not line.startswith("#"):
            requires.append(_conditional(line, condition))
    return tuple(requires)


def _condition(section: str) -> str:
    """Give the marker of a section: `extra`, `:marker` or `extra:marker`."""
    name, _, marker = (part.strip() for part in section.partition(":"))
    wanted = f'extra == "{name.replace(chr(34), "")}"' if name else ""
    if wanted and marker:
        return f"({marker}) and {wanted}"
    return wanted or marker


def _conditional(line: str, condition: str) -> str:
    if not condition:
        return line
    separator = " ; " if "@" in line else "; "  # a URL may hold a semicolon, but no blank
    asked, found, own = line.partition(separator.rstrip())
    if not found:
        return f"{line}{separator}{condition}"
    return f"{asked.strip()}{separator}({own.strip()}) and ({condition})"


def canonical(name: str) -> str:
    """Give a name in its normal form; what no name can hold becomes a dash, as it does for installers."""
    return name if _NORMAL.fullmatch(name) else _made_normal(name)


@lru_cache(maxsize=4096)
def _made_normal(name: str) -> str:
    return normalised(_NOT_IN_NAMES.sub("-", name).strip("-._") or "unnamed")


def split_requirement(line: str) -> Split:
    """Give name (normalised), extras, specifier, marker and URL; raise ValueError if no name can be read.

    The specifier is as written, and may be one that PEP 440 no longer knows (`>=1.0.*`): who compares has to say that
    he cannot tell.
    """
    plain = _PLAIN.fullmatch(line)
    if plain is None or len(line) > LONGEST or line.count("(") > DEEPEST:
        return _split(line)
    name, bracketed, asked, marker = plain.groups("")
    return canonical(name), (), (bracketed or asked).strip(), marker.strip(), ""


@lru_cache(maxsize=4096)
def _split(line: str) -> Split:
    name = _NAME.match(line)
    if name is None:
        raise ValueError(f"`{line[:80]}` names no distribution")
    extras = _EXTRAS.match(line, name.end())
    asked = _RANGE.match(line, extras.end() if extras else name.end())
    if asked is None or not name[1][-1].isalnum():
        return _unusual(line, name)
    specifier = (asked[1] or asked[2] or "").strip()
    return canonical(name[1]), _words(extras), _sane(specifier), _sane(line[asked.end() + 1 :].strip()), ""


def _sane(written: str) -> str:
    """Cut what only malice writes, so that packaging refuses it, and neither recurses nor fails otherwise."""
    is_sane = len(written) <= LONGEST and written.count("(") <= DEEPEST
    return written if is_sane else f"{written[:DEEPEST]} (…"


def _words(extras: re.Match[str] | None) -> tuple[str, ...]:
    return tuple(word.strip() for word in extras[1].split(",") if word.strip()) if extras else ()


def _unusual(line: str, name: re.Match[str]) -> Split:
    """Let packaging read it; what it refuses keeps all that stands behind the name as its specifier."""
    from packaging.requirements import Requirement  # not at the start: few lines need it

    written = name[1].rstrip("._-")
    try:
        read = Requirement(_sane(line))
        marker = str(read.marker) if read.marker else ""
        return normalised(written), tuple(sorted(read.extras)), str(read.specifier), marker, read.url or ""
    except ValueError:  # packaging's own is one
        asked, _, marker = line[name.start(1) + len(written) :].partition(";")
    if "://" in asked and "@" not in asked.partition("://")[0]:
        raise ValueError(f"`{line[:80]}` is a URL without a name")
    return normalised(written), (), _sane(asked.strip()), _sane(marker.strip()), ""


def folder_name(folder: str) -> tuple[str, str] | None:
    """Give the name and version that a .dist-info or .egg-info is called by, or None if it is neither."""
    stem, _, kind = folder.rpartition(".")
    if kind == "egg-info":
        stem = _PYTHON.sub("", stem)
    elif kind != "dist-info":
        return None
    name, dash, version = stem.rpartition("-")
    if dash and _VERSION.match(version):
        return (name, version) if name else None
    return (stem, "") if stem else None
