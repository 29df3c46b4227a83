"""Judge what trials measured: figures by their conditions, exceptions by the matrix, ends of processes by kind."""

from __future__ import annotations

import dataclasses
import re
import signal
from typing import TYPE_CHECKING

from envdoctor.model import Fact, Finding, Fix, Held, Source, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envdoctor.model import Claim
    from envdoctor.model.smoke import Attempt, Figure, Ran

SHOWN = 3


def judge(ran: Ran, claims: Iterable[Claim] = ()) -> Iterator[Finding | Held]:
    """Give what is wrong with a process of trials, and which of them held."""
    known = tuple(claims)
    for outcome in _judged(ran):
        yield outcome if isinstance(outcome, Held) else _explained(_with_versions(outcome, ran), ran, known)


def _judged(ran: Ran) -> Iterator[Finding | Held]:
    if ran.refused:
        yield _refused(ran)
        return
    if ran.fault or ran.status is None:
        yield _ended(ran)
        yield from (_unknown(trial, "the process ended before it") for trial in ran.asked if trial != ran.at)
        return
    tried = {attempt.trial for attempt in ran.attempts}
    for attempt in ran.attempts:
        yield from _attempt(attempt)
    yield from (_unknown(trial, "the process did not come to it") for trial in ran.asked if trial not in tried)


def _attempt(attempt: Attempt) -> Iterator[Finding | Held]:
    wrong = [figure for figure in attempt.figures if not holds(figure)]
    if wrong:
        yield _wrong(attempt, wrong)
    elif attempt.status == "unable":
        yield _unknown(attempt.trial, attempt.reason)
    elif attempt.status == "error":
        title = f"{attempt.trial} fails: {_first(attempt.reason)}"
        yield Finding("SMOKE002", Status.ERROR, "other", title, attempt.reason)
    elif not any(figure.condition for figure in attempt.figures):
        yield _unknown(attempt.trial, "it asked nothing of what it measured")
    else:
        yield Held("SMOKE001", attempt.trial)


def holds(figure: Figure) -> bool:
    """Say whether a figure is what it has to be; what is no number is never small enough."""
    got, bound = figure.got, figure.bound
    if figure.condition == "equal":
        return type(got) is type(bound) and got == bound if isinstance(bound, bool) else got == bound
    if not figure.condition:
        return True
    if not isinstance(got, float | int) or not isinstance(bound, float | int):
        return False
    return got <= bound if figure.condition == "most" else got >= bound


def _wrong(attempt: Attempt, wrong: list[Figure]) -> Finding:
    more = f"; and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
    told = "; ".join(said(figure) for figure in wrong[:SHOWN])
    cause = f"it has to hold that: {attempt.proves}" if attempt.proves else ""
    if attempt.status == "error":
        cause = f"{cause} then: {attempt.reason}".strip()
    return Finding("SMOKE001", Status.ERROR, "other", f"{attempt.trial}: {told}{more}", cause)


def said(figure: Figure) -> str:
    """Give a figure in words."""
    words = {"most": "at most", "least": "at least", "equal": "has to be"}
    bound = f" ({words[figure.condition]} {_short(figure.bound)})" if figure.condition else ""
    return f"{figure.name}: {_short(figure.got)}{bound}"


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _unknown(trial: str, reason: str) -> Finding:
    return Finding("SMOKE006", Status.UNKNOWN, "other", f"{trial} was not tried", reason)


def _refused(ran: Ran) -> Finding:
    missing = ran.lacks and ran.refused.startswith("ModuleNotFoundError")
    kind = "missing-package" if missing else "other"
    cause = f"{ran.refused} (so none of these can be tried: {', '.join(ran.asked)})"
    return Finding("SMOKE003", Status.ERROR, kind, f"{ran.program} cannot be imported", cause, culprit=ran.needs[:1])


def absent(ran: Ran, package: str, status: Status = Status.ERROR) -> Finding:
    """Give the finding of a package without which trials cannot be run, as bad as they were asked for."""
    cause = f"these try it: {', '.join(ran.asked)}"
    title, fix = f"{package} is not installed", Fix(pins={package: "*"})
    return Finding("SMOKE008", status, "missing-package", title, cause, (package,), fixes=(fix,))


def _ended(ran: Ran) -> Finding:
    busy = f" in {ran.at}" if ran.at else ""
    if ran.status is None:
        cause = f"the machine's load is {ran.load:.1f}: a loaded machine is slow, not broken"
        return Finding("SMOKE005", Status.UNKNOWN, "other", f"{ran.program} took over {ran.limit:g} s{busy}", cause)
    if ran.status == -getattr(signal, "SIGXCPU", 24):
        return Finding("SMOKE005", Status.ERROR, "other", f"{ran.program} computes without end{busy}", ran.last)
    if ran.status < 0:
        return _killed(ran, busy)
    status = f", and ends with status {ran.status}" if ran.status else ""
    return Finding("SMOKE007", Status.ERROR, "other", f"{ran.program}: {ran.fault}{status}", ran.last)


def _killed(ran: Ran, busy: str) -> Finding:
    assert ran.status is not None
    number = -ran.status
    name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
    where = busy or (f" while {ran.library} was loaded" if ran.library else " before anything was tried")
    means = {"SIGKILL": "the system kills what takes too much memory", "SIGILL": "the processor lacks an instruction"}
    cause = "; ".join(ran.cut) or means.get(name, "") or ran.last
    kind = "corrupt" if ran.cut else "other"
    return Finding("SMOKE004", Status.ERROR, kind, f"{ran.program} was killed by {name}{where}", cause, ran.needs[:1])


def _first(text: str) -> str:
    lines = text.strip().splitlines() or ["it says nothing"]
    return lines[0] if len(lines[0]) < 200 else f"{lines[0][:200]}…"


def _with_versions(finding: Finding, ran: Ran) -> Finding:
    seen = tuple(Fact(name, version, "its own __version__") for name, version in ran.versions.items())
    return dataclasses.replace(finding, evidence=seen) if finding.status is Status.ERROR else finding


def _explained(finding: Finding, ran: Ran, claims: tuple[Claim, ...]) -> Finding:
    """Give the finding with what the matrix knows of its words: a claim whose symptom they are."""
    if finding.status is not Status.ERROR:
        return finding
    words = "\n".join([finding.cause, *_tracebacks(finding, ran), *ran.warnings])
    for claim in claims:
        if any(re.search(symptom, words) for symptom in claim.symptoms):
            return dataclasses.replace(
                finding,
                cause=f"{claim.code}, {claim.title}: {claim.cause} ({_first(finding.cause)})",
                kind=claim.kind or finding.kind,
                culprit=claim.culprit or finding.culprit,
                fixes=claim.fixes,
                source=Source(claim.source, claim.checked, claim.evidence),
            )
    noticed = [line for line in ran.warnings if "initialize" in line or "compiled" in line]
    cause = f"{finding.cause}; on import it said: {noticed[0]}" if noticed else finding.cause
    return dataclasses.replace(finding, cause=cause)


def _tracebacks(finding: Finding, ran: Ran) -> list[str]:
    if finding.code == "SMOKE003":
        return [ran.traceback]
    return [one.traceback for one in ran.attempts if finding.title.startswith(f"{one.trial} ")]
