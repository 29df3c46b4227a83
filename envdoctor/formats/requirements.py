"""What does a requirements file ask for?

The format is pip's: one requirement a line, options behind or between them, comments, lines that go on behind a
backslash, and other files named by `-r` and `-c`. Where packages come from (`--index-url`, `--hash` …) is accepted and
left alone, as nothing is installed here; an option that pip does not know is refused, as pip refuses it.

A direct reference, an editable line or a path may have no name. Its version is known only if it points to a wheel, or
to a source archive whose name is given: then the specifier is that version. `${VARIABLE}` is never replaced.
"""

from __future__ import annotations

import getopt
import os
import re
import shlex
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from packaging.markers import InvalidMarker, Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import parse_sdist_filename, parse_wheel_filename

from envdoctor.errors import UserError, near
from envdoctor.formats import files
from envdoctor.formats.metadata import split_requirement
from envdoctor.model import Listed, Place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_ENTRIES = 50_000
LONGEST = 4_000  # shorter than the longest number that Python turns into an int
DEEPEST = 20
MOST_DOTS = 40  # a wheel's tags are multiplied: `py2.py3-none-any` is two

_FORM = "a line is `name`, `name==version`, `name @ URL`, a path or an option"
_SHORT = "r:c:e:i:f:C:"
_LONG = """
requirement= constraint= editable= index-url= pypi-url= extra-index-url= no-index find-links= no-binary= only-binary=
all-releases= only-final= prefer-binary require-hashes pre trusted-host= use-feature= hash= global-option=
install-option= config-setting= config-settings=
""".split()
_OPTIONS = re.compile(r"(?:^|\s)-")
_COMMENT = re.compile(r"(?:^|\s)#")
_EDITABLE = re.compile(r"(?:-e\s+|--editable(?:\s+|=))(.*)")
_DIRECT = re.compile(r"[A-Za-z0-9][\w.-]*\s*(?:\[[^\]]*\]\s*)?@", re.ASCII)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+://|file:|(?:git|hg|svn|bzr)\+", re.IGNORECASE)
_ARCHIVE = re.compile(r"\.(?:whl|zip|tar|tar\.\w+|tgz|tbz)\Z", re.ASCII | re.IGNORECASE)
_EGG = re.compile(r"[#&]egg=([^&]+)")
_SECRET = re.compile(r"://[^/@\s]*@")


class _File(NamedTuple):
    name: str
    folder: Path
    constraint: bool = False
    above: tuple[str, ...] = ()


def read(path: Path) -> tuple[Listed, ...]:
    """Give the entries of a requirements file and of those it names; raise UserError with the place."""
    text = files.read_text(path)
    source = _File(str(path), path.parent, above=(os.path.realpath(path),))
    return tuple(_Reader().entries(text, source, Place(str(path))))


def parse(text: str, file: str, *, folder: Path, start: Place | None = None) -> tuple[Listed, ...]:
    """Give the entries of a requirements text that stands in a file, `start` being where it begins."""
    return tuple(_Reader().entries(text, _File(file, folder), start or Place(file)))


class _Reader:
    """Read one file after the other: each once, and no more than can be meant."""

    def __init__(self) -> None:
        self.read: set[tuple[str, bool]] = set()
        self.count = 0

    def entries(self, text: str, source: _File, start: Place) -> Iterator[Listed]:
        for line, place in _lines(text, start):
            self.count += 1
            if self.count > MOST_ENTRIES:
                raise UserError(f"more than {MOST_ENTRIES:,} lines ask for something", place=place)
            editable = _EDITABLE.match(line)
            asked, written = _divided(editable[1] if editable else line)
            if len(asked) > LONGEST:
                raise UserError(f"longer than {LONGEST:,} characters", place=place, hint=_FORM)
            for option, value in _options(written, place):
                if option in ("-r", "--requirement", "-c", "--constraint"):
                    yield from self.named(value, source, place, constraint=option.lstrip("-").startswith("c"))
                elif option in ("-e", "--editable"):
                    yield _editable(value, place, source)
            if editable:
                yield _editable(asked, place, source)
            elif asked:
                yield entry(asked, place)._replace(constraint=source.constraint)

    def named(self, value: str, source: _File, place: Place, *, constraint: bool) -> Iterator[Listed]:
        """Give the entries of a file that another one names."""
        path = source.folder / _local(value, place)
        try:
            there = os.path.realpath(path)
        except ValueError:  # it holds a NUL, or half a character
            raise UserError("that is not the name of a file", place=place) from None
        if there in source.above:
            raise UserError(f"`{path.name}` names itself, by way of the files between", place=place)
        if len(source.above) > DEEPEST:
            raise UserError(f"files name files more than {DEEPEST} levels deep", place=place)
        if (there, constraint) in self.read:
            return
        self.read.add((there, constraint))
        try:
            text = files.read_text(path)
        except UserError as error:
            where = place if error.place == str(path) else error.place
            raise UserError(f"`{_safe(value)}` {error.problem}", place=where, hint=error.hint) from None
        deeper = _File(str(path), path.parent, constraint, (*source.above, there))
        yield from self.entries(text, deeper, Place(str(path)))


def _lines(text: str, start: Place) -> Iterator[tuple[str, Place]]:
    """Give the lines that say something, joined and without comments, each with its place."""
    held: list[str] = []
    first = 0
    for number, line in enumerate([*text.replace("\r\n", "\n").split("\n"), ""]):
        if not held:
            first = number
        is_comment = line.lstrip().startswith("#")
        if line.endswith("\\") and not is_comment:
            held.append(line.rstrip("\\"))
            continue
        joined = "".join([*held, " " if is_comment else "", line])
        held.clear()
        comment = _COMMENT.search(joined)
        said = joined[: comment.start()] if comment else joined
        if said.strip():
            before = start.column if first == 0 else 1
            yield said.strip(), Place(start.file, start.line + first, before + len(said) - len(said.lstrip()))


def _divided(line: str) -> tuple[str, str]:
    """Give what a line asks for and the options behind it; markers hold quotes that must not be split."""
    option = _OPTIONS.search(line)
    return (line[: option.start()].strip(), line[option.start() :].strip()) if option else (line.strip(), "")


def _options(written: str, place: Place) -> list[tuple[str, str]]:
    if not written:
        return []
    try:
        words = shlex.split(written) if re.search(r"[\"'\\]", written) else written.split()
        options, rest = getopt.getopt(words, _SHORT, _LONG)
    except getopt.GetoptError as error:
        raise _misused(error, place) from None
    except ValueError as error:
        raise UserError(f"the options cannot be split: {str(error).lower()}", place=place) from None
    if rest:
        raise UserError(f"`{_safe(rest[0])}` stands behind an option", place=place, hint="give it a line of its own")
    return options


def _misused(error: getopt.GetoptError, place: Place) -> UserError:
    known = {"-r", "-c", "-e", "-i", "-f", *(f"--{name.rstrip('=')}" for name in _LONG)}
    named = f"--{error.opt}" if len(error.opt) > 1 else f"-{error.opt}"
    if named in known:
        takes = f"{named[2:]}=" in _LONG or len(error.opt) == 1
        return UserError(f"`{named}` {'needs a value' if takes else 'takes no value'}", place=place)
    return UserError(f"unknown option `{_safe(named)}`", place=place, hint=near(named, known))


def _local(value: str, place: Place) -> str:
    """Give the path of a named file."""
    if value.lower().startswith("file:"):
        return unquote(value[5:].removeprefix("//").removeprefix("localhost"))
    if "://" in value:
        raise UserError(f"`{_safe(value)}` is not on this machine", place=place, hint="download it, and name the file")
    return value


def _editable(asked: str, place: Place, source: _File) -> Listed:
    return _pointed(asked[:LONGEST], place)._replace(editable=True, constraint=source.constraint)


def entry(asked: str, place: Place) -> Listed:
    """Give the entry of one requirement, a URL or a path; raise UserError with the place."""
    if not _DIRECT.match(asked) and (_SCHEME.match(asked) or _is_path(asked)):
        return _pointed(asked, place)
    try:
        Requirement(asked)
    except (InvalidRequirement, RecursionError) as error:
        raise _refused(asked, error, place) from None
    name, extras, specifier, marker, url = split_requirement(asked)
    specifier = _version(url, name)[1] if url else "".join(specifier.split()).strip(",")
    return Listed(name, specifier, extras, marker, url, place=place)


def _refused(asked: str, error: Exception, place: Place) -> UserError:
    hint = _FORM
    if "${" in asked:
        hint = "`${…}` is not replaced here; write what it stands for"
    elif re.match(r"[\w.-]+=[^=]", asked):
        hint = "a single `=` is conda's; pip's is `==`"
    elif re.match(r"[\w.-]+\s+v?\d", asked):
        hint = "write `name==version`"
    elif ".*" in asked:
        hint = "`.*` stands behind `==` and `!=` alone"
    reason = str(error).partition("\n")[0]
    return UserError(f"not a requirement: `{_safe(asked)}`: {reason[:1].lower()}{reason[1:]}", place=place, hint=hint)


def _is_path(asked: str) -> bool:
    head = asked.partition(";")[0].strip()
    return head.startswith((".", "~", "/")) or "/" in head or "\\" in head or _ARCHIVE.search(_plain(head)) is not None


def _plain(reference: str) -> str:
    """Give a reference without the extras behind it."""
    return reference.rpartition("[")[0].rstrip() if reference.endswith("]") and "[" in reference else reference


def _pointed(asked: str, place: Place) -> Listed:
    """Give the entry of a URL or a path, which tells its name only in passing."""
    if _DIRECT.match(asked):
        return entry(asked, place)
    reference, marker = _marked(asked, place)
    url = _plain(reference)
    if not url:
        raise UserError("no path and no URL is named", place=place, hint=_FORM)
    egg = _EGG.search(reference)
    name, extras = _named(unquote(egg[1]) if egg else f"x{reference[len(url) :].strip()}")
    name, specifier = _version(url, name if egg else "")
    return Listed(name, specifier, extras, marker, url, place=place)


def _marked(asked: str, place: Place) -> tuple[str, str]:
    """Give a reference and its marker; a semicolon may be part of a URL, but not with a blank beside it."""
    parts = re.split(r"\s;|;\s", asked, maxsplit=1) if _SCHEME.match(asked) else asked.split(";", 1)
    if len(parts) == 1:
        return asked.strip(), ""
    try:
        return parts[0].strip(), str(Marker(parts[1].strip()))
    except (InvalidMarker, RecursionError) as error:
        raise _refused(asked, error, place) from None


def _named(words: str) -> tuple[str, tuple[str, ...]]:
    try:
        name, extras, *_ = split_requirement(words)
    except ValueError:
        return "", ()
    return name, extras


def _version(url: str, name: str) -> tuple[str, str]:
    """Give the name and the specifier that the file of a URL or path stands for, as far as it says so."""
    file = unquote(re.split(r"[/\\]", re.split(r"[#?]", url, maxsplit=1)[0])[-1])
    if file.count(".") > MOST_DOTS:
        return name, ""
    try:
        stated, version = parse_wheel_filename(file)[:2] if file.endswith(".whl") else parse_sdist_filename(file)
    except ValueError:  # what packaging raises is one, and so is a number too long for an int
        return name, ""
    if name != stated and (name or not file.endswith(".whl")):
        return name, ""
    return stated, f"=={version}"


def _safe(written: str) -> str:
    """Give what a message may show: short, and without a password."""
    return _SECRET.sub("://…@", written)[:120]
