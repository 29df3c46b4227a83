"""Lay a log out for judging: its lines without prefixes, the failures in it, the files that each one ran through.

A group of failures is a chain of causes: tracebacks that are joined by Python's own words, of one writer. Groups are
numbered in the order of time, so that the first failure can be told from those that follow it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.diagnose.lines import without_prefixes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from envdoctor.model.diagnosis import Line

_BEGINS = re.compile(r"\s*(?:[|+] *)*(?:Exception Group )?Traceback \(most recent call last\)|\S*Error {5,}Traceback ")
_JOINS = re.compile(
    r"\s*(?:[|+] *)*(?:During handling of the above exception|The above exception was the direct cause)"
)
_FRAME = re.compile(r'File "([^"]{1,500})"|^File (\S{1,500}?)(?::\d+|, line |, in )|^\[?(/[^\s:()]{1,500}\.py)[\]:( ]')
_BUILT = re.compile(  # an installer names what it builds: by its wheel, its source archive, the folder it unpacks it in
    r"(?:[Bb]uilding wheel|[Cc]ould not build wheels?|Failed to build|Preparing metadata) for:? ([A-Za-z][\w.-]{1,80})"
    r"|Failed to build `([A-Za-z][\w.-]{0,80}?)=="
    r"|(?:Downloading|Using cached) (?:\S{1,300}/)?([A-Za-z][\w.-]{0,80}?)-\d[\w.+]{0,40}\.(?:tar\.gz|zip)\b"
    r"|pip-install-\w{1,20}[/\\]{1,2}([A-Za-z][\w.-]{0,80}?)_[0-9a-f]{16,64}\b"
)
_FRAME_PYTEST = re.compile(r"^([\w./\\:~-]{1,300}\.py):\d+: ")
_RAISED = re.compile(r"(?:[\w.]{1,200}\.)?[A-Z]\w{0,80}(?:Error|Exception|Interrupt|Exit|Failure|Fault|Timeout)\b")
_WARNS = re.compile(
    r"\bW(?:ARN(?:ING)?|arning)\b|\w+Warning\b|^(?:\d{4}-\d\d-\d\d \S+: )?[WI] |^[WI]\d{4} |^[WI] external|\[W:"
)
_WARNING = re.compile(r"\b\w{0,40}Warning: ")
_FAILS = re.compile(
    r"^\s{0,8}(?:[\w.]{1,200}\.)?[A-Z]\w{0,80}(?:Error|Exception|Failure|Fault)\b"
    r"|^(?:\d{4}-\d\d-\d\d \S+: )?[EF](?:\d{4})? "
    r"|\b(?:ERROR|FATAL|CRITICAL)\b|\b(?:[Ee]rror|[Ff]atal)\b ?[:\]]"
)
_INFORMS = re.compile(r"\b(?:INFO|DEBUG|NOTE|NOTICE)\b|^(?:\d{4}-\d\d-\d\d \S+: )?I |^I\d{4} |\d{1,3}%\|")
_LOADS = re.compile(r"in <module>|^File \S{1,500}:\d+$")
_NAME_ALONE = re.compile(r"cannot import name '?\w+'?$")  # Python before 3.7 does not say from where
_FROM = re.compile(r"from ([\w.]{1,200}) import\b")
_FARTHEST = 80
_SENTENCE = 8  # lines that a message may go on
_EXCERPT = 12  # lines of a log that is the failure and nothing else


class Frame(NamedTuple):
    """A file that a traceback runs through; `loads`: it is being imported there."""

    path: str
    loads: bool


class Read(NamedTuple):
    """A line with its place in the course of the log: which group it belongs to and the files run through before it.

    `raised`: it names an exception. `fails`: it says what has failed, or goes on to say so. `more`: what the line
    before it says of it. `says`: it has the words of a failure itself.
    """

    line: Line
    group: int
    frames: tuple[Frame, ...]
    raised: bool
    warns: bool
    fails: bool
    more: str = ""
    says: bool = False

    @property
    def text(self) -> str:
        """Give the words of the line."""
        return self.line.text + self.more

    @property
    def files(self) -> tuple[str, ...]:
        """Give the files run through."""
        return tuple(one.path for one in self.frames)


def laid_out(lines: Iterable[Line]) -> list[Read]:
    """Give the lines of a log in the order of time, each with what stands before it in the words of its writer."""
    plain = without_prefixes(lines)
    streams: dict[tuple[str, str], list[Line]] = {}
    for line in plain:
        streams.setdefault((line.file, line.stream), []).append(line)
    read = {id(one.line): one for group in streams.values() for one in _course(group)}
    return [read[id(line)] for line in plain]


def _course(lines: Sequence[Line]) -> list[Read]:
    """Follow one writer; the group of a line is the number of the line that its chain of failures begins at."""
    found: list[Read] = []
    frames: list[tuple[int, Frame]] = []
    group, joined, failed = (lines[0].number if lines else 0), False, -_SENTENCE
    excerpt = sum(1 for line in lines if line.text.strip()) <= _EXCERPT
    for index, line in enumerate(lines):
        if _JOINS.match(line.text):
            joined = True
        elif _BEGINS.match(line.text):
            group = group if joined else line.number
            joined, frames = False, (frames if joined else [])
        raised = bool(_RAISED.search(line.text[:400])) and not _WARNING.search(line.text[:400])
        passed = [Frame(path, bool(_LOADS.search(line.text[:600]))) for path in _files(line.text)]
        frames += [(index, frame) for frame in passed]
        near = tuple(frame for at, frame in frames if index - at <= _FARTHEST)
        warns, says = bool(_WARNS.search(line.text[:200])), bool(_FAILS.search(line.text[:200]))
        said = says or (excerpt and not _INFORMS.search(line.text[:200]))
        failed = -_SENTENCE if passed or warns or not line.text.strip() else index if said else failed
        more = _whence(line.text, lines[index - 1].text) if index else ""
        found.append(Read(line, group, near, raised, warns, index - failed < _SENTENCE, more, says or raised))
    return found


def _whence(text: str, before: str) -> str:
    """Give the module of a name that cannot be imported, which only the line of source before tells."""
    asked = _FROM.search(before[:400]) if _NAME_ALONE.search(text[-120:]) else None
    return f" from '{asked[1]}'" if asked else ""


def _files(text: str) -> list[str]:
    found = [next(filter(None, hit.groups())) for hit in _FRAME.finditer(text[:1000])]
    built = [f"site-packages/{next(filter(None, hit.groups()))}" for hit in _BUILT.finditer(text[:300])]
    return found or built or [hit[1] for hit in _FRAME_PYTEST.finditer(text[:1000])]


def continued(read: Sequence[Read], index: int, most: int = 12) -> str:
    """Give a line with those of the same writer that follow it, as one text."""
    stream = read[index].line.stream
    after = [one.text for one in read[index : index + 4 * most] if one.line.stream == stream]
    return "\n".join(after[:most])
