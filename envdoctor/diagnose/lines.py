"""Take off what stands before the words of a program: colours, time stamps, ranks, pods, workers, the marks of pytest.

Lines of several writers come interleaved; each keeps the name of its writer, so that they can be read one by one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envdoctor.model.diagnosis import Line

_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]{0,400}(?:\x07|\x1b\\)?|[@-Z\\-_])|[\x00-\x08\x0e-\x1f]"
)
_DAY = r"\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
_PREFIXES = (
    re.compile(rf"(?:{_DAY}) (?:stdout|stderr) [FP] "),  # a container's log on disk
    re.compile(rf"{_DAY}:?[ \t]"),
    re.compile(rf"\[{_DAY}\][ \t]?"),
    re.compile(r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ [\w./-]+\[\d+\]: "),  # syslog
    re.compile(r"\[\d\d:\d\d:\d\d\] ?"),
    re.compile(r"[A-Z][a-z]{2} \d{1,2}, \d{4}, \d{1,2}:\d\d:\d\d [AP]M \| [A-Z]+ \| "),  # a hosted notebook's log
    re.compile(r"##\[error\]|::error[^:]{0,200}::"),
)
_STREAMS = (
    re.compile(r"(?:\s{0,4})\[(?P<who>(?:default|rank)\d+)\]:? ?"),
    re.compile(r"\[(?P<who>\d+,\d+)\]<(?:stdout|stderr)>: ?"),
    re.compile(r"\((?P<who>[\w.:<>@ -]{1,80}?(?:pid|ip|rank)=[^()]{1,80})\) ?"),
    re.compile(r"\((?P<who>raylet|autoscaler[^()]{0,40})\) "),
    re.compile(r"\[(?P<who>pod/[\w./-]{1,200})\] "),
    re.compile(r"(?P<who>[\w.-]{1,60}) {1,20}\| "),  # docker compose
    re.compile(r"(?P<who>\w{1,40}): (?=(?:Traceback|  File|[A-Z]\w+(?:Error|Exception)\b))"),
)
_NUMBERED = re.compile(r" {0,3}(?P<who>\d{1,4}): ?")
_MARKS = (
    re.compile(r"E {2,}"),  # pytest
    re.compile(r"(?:ERROR|CRITICAL|WARNING|INFO) \d\d-\d\d \d\d:\d\d:\d\d \[?[\w./]+:\d+\]? "),  # vLLM
    re.compile(r"#\d{1,4} (?:\d{1,5}\.\d{1,4} )?(?=\S)"),  # BuildKit
)
_MOST_PREFIXES = 4


def without_prefixes(lines: Iterable[Line]) -> list[Line]:
    """Give lines as the programs wrote them, each with the name of its writer."""
    plain = [line._replace(text=_ESCAPES.sub("", line.text)) for line in lines]
    numbered = _are_numbered(plain)
    return [_stripped(line, numbered) for line in plain]


def _are_numbered(lines: list[Line]) -> bool:
    """Say whether most lines begin with the number of a task, as `srun --label` writes it."""
    said = [line for line in lines if line.text.strip()]
    return len(said) >= 4 and sum(1 for line in said if _NUMBERED.match(line.text)) > 0.8 * len(said)


def _stripped(line: Line, numbered: bool) -> Line:
    text, who = line.text, ""
    if numbered and (found := _NUMBERED.match(text)):
        text, who = text[found.end() :], found["who"]
    for _ in range(_MOST_PREFIXES):
        before = text
        for pattern in _PREFIXES:
            if found := pattern.match(text):
                text = text[found.end() :]
        for pattern in _STREAMS:
            if found := pattern.match(text):
                text, who = text[found.end() :], who or found["who"]
        if text == before:
            break
    for pattern in _MARKS:
        if found := pattern.match(text):
            text = text[found.end() :]
    return line._replace(text=text, stream=who)
