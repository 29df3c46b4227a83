"""What the matrix knows: explain a code or a package, count the claims, judge an example set."""

from __future__ import annotations

import dataclasses
import datetime
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from envdoctor import checks, link, matrix
from envdoctor.app.filters import codes
from envdoctor.errors import UserError, near
from envdoctor.facts.together import facts_of
from envdoctor.matrix.fields import GRADES
from envdoctor.model import Case, Claim, Distribution, Fact, Recipe, State, Status, Target, is_host, normalised
from envdoctor.smoke import codes as of_smoke

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from envdoctor.model import Facts, Finding
    from envdoctor.model.diagnosis import Mechanism
    from envdoctor.model.releases import NameHistory

OLD = datetime.timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is known of a code or a package: the documentation of a check, claims, or a way in which jobs die.

    `old` names the stale ones. `history`: which releases have a name, where the index was asked.
    """

    asked: str
    text: str = ""
    claims: tuple[Claim, ...] = ()
    old: tuple[str, ...] = ()
    mechanism: Mechanism | None = None
    history: NameHistory | None = None


@dataclass(frozen=True, slots=True)
class Family:
    """One family of codes: its rules and tables, its names, how many of each grade, the oldest day one was checked."""

    name: str
    claims: int
    names: int
    grades: Mapping[str, int] = field(default_factory=dict)
    oldest: str = ""


def explain(asked: str, folders: Sequence[Path] = (), *, online: bool = False) -> Explanation:
    """Give what is known of `CODE`, `PACKAGE` or `PACKAGE:NAME`; raise UserError if nothing is."""
    known = matrix.load(folders)
    code = asked.upper()
    if text := checks.explanation(code):
        return Explanation(code, f"{checks.TITLES[code]}\n\n{text}")
    if title := of_smoke.TITLES.get(code):
        return Explanation(code, f"{title}\n\n{of_smoke.MEANING[code]}")
    if text := link.explanation(code):
        return Explanation(code, f"{link.TITLES[code]}\n\n{text}")
    if mechanism := next((one for one in known.mechanisms() if one.code == code), None):
        return Explanation(code, old=stale([mechanism]), mechanism=mechanism)
    package, _, name = asked.partition(":")
    found = [claim for claim in known.everything() if _speaks_of(claim, code, normalised(package), name)]
    if online:
        return Explanation(asked, claims=tuple(found), old=stale(found), history=_history(package, name, found))
    if not found:
        every = {*codes(known), *(n for claim in known.everything() for n in components(claim))}
        raise UserError(
            f"nothing is known of `{asked}`", hint=near(asked, every) if len(asked) > 2 else "a code or a package"
        )
    return Explanation(asked, claims=tuple(found), old=stale(found))


def _history(package: str, name: str, found: Sequence[Claim]) -> NameHistory:
    """Ask the index which releases have a name; raise UserError if there is no such name to ask for, or no answer."""
    from envdoctor.app import releases

    if not name or not all(part.isidentifier() for part in name.split(".")):
        hint = "as in `envdoctor explain numpy:float --online`"
        raise UserError("`--online` asks which releases have a name: PACKAGE:NAME", hint=hint)
    names = [used for claim in found for used in claim.uses if used == name or used.endswith(f".{name}")]
    history = releases.name_history(package, names[0] if names else releases.whole_name(package, name))
    if not history.answers:
        raise UserError(f"the releases of `{package}` cannot be read: {history.reason}", hint="is the name right?")
    return history


def stale(claims: Iterable[Claim | Mechanism]) -> tuple[str, ...]:
    """Give the codes of the claims that were checked more than a year ago."""
    today = datetime.datetime.now(datetime.UTC).date()
    old = [claim.code for claim in claims if today - datetime.date.fromisoformat(claim.checked) > OLD]
    return tuple(dict.fromkeys(old))


def _speaks_of(claim: Claim, code: str, package: str, name: str) -> bool:
    if name:
        return any(used == name or used.endswith(f".{name}") for used in claim.uses) and package in components(claim)
    return claim.code == code or package in components(claim)


def components(claim: Claim) -> set[str]:
    """Give the components that a claim speaks of, those of its fixes included."""
    rows = [cells_ for row in claim.rows for cells_ in (row.when, row.needs, row.requires)]
    pins = [fix.pins for fix in claim.fixes]
    return {name for part in (claim.when, *rows, *pins) for name in part}


def families(folders: Sequence[Path] = ()) -> list[Family]:
    """Count the claims, and the ways in which jobs die, by family and grade."""
    known = matrix.load(folders)
    every: list[Claim | Mechanism] = [*known.everything(), *known.mechanisms()]
    groups: dict[str, list[Claim | Mechanism]] = {}
    for one in every:
        groups.setdefault(one.code.rstrip("0123456789"), []).append(one)
    return [_family(name, group) for name, group in sorted(groups.items())]


def _family(name: str, group: Sequence[Claim | Mechanism]) -> Family:
    named = {one.uses[0]: one.evidence for one in group if isinstance(one, Claim) and one.package}
    others = {one.code: one.evidence for one in group if not (isinstance(one, Claim) and one.package)}
    counted = Counter([*named.values(), *others.values()])
    grades = {grade: counted[grade] for grade in GRADES}
    return Family(name, len(others), len(named), grades, min(one.checked for one in group))


def errors_of(facts: Facts, claims: Sequence[Claim], uses: Sequence[str] = ()) -> list[Finding]:
    """Give the errors that any of the claims finds in facts."""
    case = Case(Recipe(uses=tuple(uses)), facts, tuple(claims))
    return [finding for finding in checks.run_all(case).findings if finding.status is Status.ERROR]


def of_example(example: Mapping[str, str]) -> Facts:
    """Give the facts of an example: a variable that is not listed is unset, any other component unseen."""
    there = {name: value for name, value in example.items() if value not in ("absent", "unset")}
    gone = [name for name in example if name not in there]
    facts = facts_of(
        Target("list", "an example"),
        facts=[Fact(name, value, "the example") for name, value in there.items() if is_host(name)],
        distributions=[Distribution(name, value) for name, value in there.items() if not is_host(name)],
        listed=False,
    )
    absent = {name: dataclasses.replace(_ABSENT, name=name) for name in gone if not name.startswith("env.")}
    return dataclasses.replace(facts, facts={**facts.facts, **absent})


_ABSENT = Fact("", source="the example", state=State.ABSENT)
