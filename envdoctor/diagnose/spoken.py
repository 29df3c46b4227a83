"""Say what a sentence speaks of: components by their names, and whether it says that they do not fit.

Words that are also everyday words (`requests`, `build`) count only where a version stands beside them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envdoctor.diagnose import owners

if TYPE_CHECKING:
    from envdoctor.model.diagnosis import Origins

_CONFLICT = re.compile(
    r"(?i)incompatib|(?:not|n't|longer) (?:yet |currently )?(?:be )?(?:compatible|supported?|match|fit)|mismatch"
    r"|unsupported|too (?:old|new)|out ?dated|(?:newer|older|lower|higher|later|earlier|greater|less|smaller) than"
    r"|compiled (?:with|against|for|by|using|to)|built (?:with|against|for|by|on|to)|linked against|not built"
    r"|requires?\b|required\b|needs? (?:an? |to |at )|only supports?|supports? only|at least\b|minimum"
    r"|must be (?:[<>=\d]|at |v\d)|or (?:newer|later|higher|above|greater|older|lower)\b"
    r"|up-?(?:grade|date) (?:your|the|to|it)|please up-?grade|down-?grade|depends on|unsatisf|not satisf"
    r"|different versions?|versions? (?:conflict|skew|error|of)|does(?:n't| not) (?:match|support|work)"
    r"|expect(?:s|ed|ing) \S+.*(?:got|found)"
)
_WORD = re.compile(r"[A-Za-z][\w.-]*[A-Za-z0-9]")
_ADDRESS = re.compile(r"https?://\S+")
_DEMAND = re.compile(
    r"(?:(?P<seen>found|have|installed|got|using|with) )?(?P<name>[A-Za-z][\w.-]*)"
    r" ?(?P<range>(?:[<>=!~]=|[<>]) ?\d[\w.*]*(?:, ?(?:[<>=!~]=|[<>]) ?\d[\w.*]*){0,3})"
)
_BESIDE = re.compile(r"['\"`]?\s{0,2}(?:\(?v?\d|version|[<>=!~]=)|['\"`]?\s{0,2}release\s")


def is_of_conflict(text: str) -> bool:
    """Say whether a sentence says that releases or builds do not fit together."""
    return _CONFLICT.search(text[:1000]) is not None


def components(text: str, origins: Origins) -> list[str]:
    """Name the components that a sentence speaks of, in its order."""
    found = []
    text = _ADDRESS.sub("", text[:1000])
    for hit in _WORD.finditer(text):
        name = _known(hit[0], origins)
        if name and (name not in origins.everyday or _BESIDE.match(text, hit.end())):
            found.append(name)
    return list(dict.fromkeys(found))


def demand(text: str, component: str, origins: Origins) -> str:
    """Give the range that a sentence asks of a component (`needs a>=2`, not `found a==1`), or nothing."""
    asked = [hit for hit in _DEMAND.finditer(text[:1000]) if not hit["seen"]]
    return next((hit["range"].replace(" ", "") for hit in asked if _known(hit["name"], origins) == component), "")


def _known(word: str, origins: Origins) -> str:
    """Give the component of a word: a name that the matrix has, or nothing."""
    for part in dict.fromkeys([word, word.partition(".")[0]]):
        if found := origins.words.get(owners.normal(part)):
            return found
        if part in origins.modules and len(part) > 2:
            return origins.modules[part][0]
    return ""
