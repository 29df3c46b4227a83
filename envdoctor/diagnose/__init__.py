"""Judge logs: is it the environment, which component, what to type; or is it something else, or unclear?

A log is laid out (`reading`), asked for symptoms of claims (`symptoms`), for names that some releases do not have
(`names`) and for the ways in which jobs die (`mechanisms`). What is found is weighed: the first failure in time, not
the last line. Facts of a target, and those that the log states itself (`versions`), confirm or refute it.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.diagnose import join, mechanisms, names, owners, reading, symptoms, tables, versions
from envdoctor.diagnose.candidates import STRONG, merged, shown, tidied
from envdoctor.diagnose.literals import Text
from envdoctor.model import Facts, Target
from envdoctor.model.diagnosis import ENVIRONMENT, OPEN, UNKNOWN, Diagnosis, Log

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from envdoctor.diagnose.candidates import Candidate
    from envdoctor.diagnose.join import Standing
    from envdoctor.diagnose.reading import Read
    from envdoctor.model import Claim
    from envdoctor.model.diagnosis import Cause, Line, Mechanism, Origins

SHOWN = 3
_MODULE = re.compile(r"No module named '?(\w+)'?$")
_WORD = re.compile(r"[A-Za-z][\w-]{2,60}")
NOTHING = Facts(Target("log", "the log"), listed=False)


class Known(NamedTuple):
    """What a log is judged by.

    `names` gives the claims about a dotted name, `judged` what facts say of a claim, `tables` the claims that say which
    releases of some packages belong together.
    """

    claims: tuple[Claim, ...]
    mechanisms: tuple[Mechanism, ...]
    origins: Origins
    names: Callable[[str], Sequence[Claim]]
    judged: Callable[[Claim, Facts], Standing]
    tables: tables.Tables


def diagnose(logs: Sequence[Log], known: Known, target: Facts | None = None, *, online: bool = False) -> Diagnosis:
    """Give the diagnosis of logs, joined with a target's facts if there is one; `online`: an index is asked too."""
    read = reading.laid_out(line._replace(file=log.name) for log in logs for line in log.lines)
    facts = _facts(read, known, target)
    found = _candidates(read, known, facts, joined=target is not None)
    ordered = join.confirmed_first(merged(found))
    failure = None if ordered else _failure(read)
    return Diagnosis(
        verdict=ordered[0].cause.says if ordered else UNKNOWN,
        causes=tuple(_tidied(tables.answered(cause, known.tables, facts)) for cause in _told(ordered)),
        decide=_decide(ordered, failure, target, online=online),
        logs={log.name: log.total for log in logs},
        failure=failure,
        target=f"{target.target.kind} {target.target.path}" if target else "",
    )


def _failure(read: Sequence[Read]) -> Line | None:
    """Give the first line that names an exception, else the first that says that something failed."""
    failing = [one for one in read if one.says and not one.warns and not one.text.lstrip().startswith("raise ")]
    return next((shown(one.line) for one in failing if one.raised), shown(failing[0].line) if failing else None)


def _facts(read: Sequence[Read], known: Known, target: Facts | None) -> Facts:
    """Give the facts of the target, or those that the log states; what the log shows at work is not absent."""
    if target is None:
        return dataclasses.replace(NOTHING, facts=versions.stated(read, known.origins))
    at_work = {owners.of_file(path, known.origins) for path in {path for one in read for path in one.files}}
    missing = dict.fromkeys(at_work - {"", *target.by_name}, "the log shows it, the target does not have it")
    return dataclasses.replace(target, missing={**missing, **target.missing})


def _candidates(read: Sequence[Read], known: Known, facts: Facts, *, joined: bool) -> list[Candidate]:
    whole = Text([one.text for one in read])
    harmless = mechanisms.noise(whole, known.mechanisms)
    kept = [one for index, one in enumerate(read) if index not in harmless]
    text, told = Text([one.text for one in kept]), [one for one in known.mechanisms if one.says != "harmless"]
    mentioned = _mentioned(kept, known.origins)

    def broken(claim: Claim) -> bool:
        return known.judged(claim, facts).state == "confirmed"

    found = [
        *symptoms.found(text, kept, known.claims, facts, mentioned, broken),
        *names.found(text, kept, known.names, facts, known.origins),
        *mechanisms.found(text, kept, told, known.origins, mentioned),
    ]
    return join.agreed([join.with_facts(one, facts, known.judged, joined=joined) for one in found])


def _mentioned(read: Sequence[Read], origins: Origins) -> frozenset[str]:
    """Name the components that a log speaks of: the owners of its files, and its words."""
    files = {path for one in read for path in one.files}
    found = {owners.of_file(path, origins) for path in files}
    for word in {word for one in read for word in _WORD.findall(f"{one.line.stream} {one.text}")}:
        found.add(owners.normal(word))
        found.update(origins.modules.get(word, ()))
    return frozenset(found - {""})


def _tidied(cause: Cause) -> Cause:
    return dataclasses.replace(cause, fixes=tidied(cause.fixes))


def _told(ordered: Sequence[Candidate]) -> tuple[Cause, ...]:
    """Give the causes to show: those that say what the verdict says, what is strong before what is weak."""
    if not ordered:
        return ()
    same = [one for one in ordered if one.cause.says == ordered[0].cause.says]
    found: list[Candidate] = []
    for one in [one for one in same if one.weight >= STRONG] or same[:1]:
        if not (_is_vague(one) and any(_tells(first, one) for first in found)):
            found.append(one)
    return tuple(one.cause for one in found[:SHOWN])


def _is_vague(one: Candidate) -> bool:
    """Say whether a cause knows no more of its line than a mechanism does: one of several pairs may be meant."""
    codes = {claim.code for claim in one.claims}
    return not codes or (len(codes) > 1 and not one.fits and one.cause.state == OPEN)


def _tells(first: Candidate, one: Candidate) -> bool:
    """Say whether what knows more of a line has told already what is vaguer of it."""
    return first.at == one.at and not set(first.cause.packages).isdisjoint(one.cause.packages)


def _decide(
    ordered: Sequence[Candidate], failure: Line | None, target: Facts | None, *, online: bool
) -> tuple[str, ...]:
    """Say what would decide what is open."""
    if ordered and (ordered[0].cause.says != ENVIRONMENT or ordered[0].cause.state != "open"):
        return ()
    found = []
    if failure and (module := _MODULE.search(failure.text)):
        found.append(
            f"whether `{module[1]}` is the program's own module (its folder is not where Python looks, then) or a "
            "package's (it is not installed, then)"
        )
    if target is None:
        found.append("`--target WHAT` joins the log with what is installed where the job ran")
    if ordered and (lack := ordered[0].cause.lack) and not online:
        wanted = f"{lack.name}({lack.argument}=)" if lack.argument else lack.name
        found.append(f"`--online` asks the index which releases of {lack.package} have `{wanted}`")
    if not ordered:
        found.append("`envdoctor check` judges the environment itself, `--deep` also the content of its files")
        found.append("`envdoctor diff OLD-SNAPSHOT` shows what changed since the job last ran")
    return tuple(found)
