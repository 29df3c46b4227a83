"""Judge a case: run every check, and turn what could not be judged into `unknown` findings.

A check is a function in a module of this folder, found by itself. It yields findings, `Held` for a judgement that
held, and `Waits` for one that lacks a fact; it may also let `Facts.need` raise, which ends it with a `Waits`.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.checks import sight
from envdoctor.model import Finding, Held, State, Status, Unseen, Waits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from envdoctor.model import Case

    Outcome = Finding | Held | Waits
    Check = Callable[[Case], Iterator[Outcome]]

UNSEEN = "HOST000"
CRASHED = "HOST999"
NO_TARGET = "HOST001"
UNSOLVABLE = "RECIPE008"
TITLES = {
    UNSEEN: "a fact that some judgements need was not seen",
    NO_TARGET: "the target cannot be looked at",
    CRASHED: "a check crashed",
    UNSOLVABLE: "there is no set of packages that is what the subject asks for",
}
_OWN = {
    UNSEEN: "What could not be seen is told once, with the judgements that wait for it; `--fact NAME=VALUE` gives it.",
    NO_TARGET: "Nothing was judged: there is no such target, it does not answer, or nothing is installed in it.",
    CRASHED: "A fault of envdoctor, not of the environment; the other checks ran.",
    UNSOLVABLE: "`check --resolve` asked the index; the cause is the solver's reason, with the wish that it speaks of.",
}
_CHECKS: dict[str, Check] = {}
_MODULES: dict[str, str] = {}


class Verdict(NamedTuple):
    """What all checks together found, which judgements held, which wait for a fact, and whether a check crashed."""

    found: tuple[Finding, ...]
    held: tuple[Held, ...]
    waiting: tuple[Waits, ...] = ()
    crashed: bool = False

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Give what was found, and an `unknown` for each fact that judgements wait for."""
        return (*self.found, *unseen(self.waiting))


def check(code: str, title: str) -> Callable[[Check], Check]:
    """Register a check under a code; a check with several codes is decorated several times."""

    def register(function: Check) -> Check:
        TITLES[code] = title
        _MODULES[code] = function.__module__
        _CHECKS[code] = function
        return function

    return register


@cache
def load() -> dict[str, Check]:
    """Import every check and give each once, by the first of its codes."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    first = {function: code for code, function in sorted(_CHECKS.items(), reverse=True)}
    return {code: function for function, code in reversed(first.items())}


def explanation(code: str) -> str:
    """Give the documentation of the check that owns a code, or nothing."""
    load()
    return (sys.modules[_MODULES[code]].__doc__ or "").strip() if code in _MODULES else _OWN.get(code, "")


def run_all(case: Case) -> Verdict:
    """Run every check on a case, with the machine as the job sees it, and give what they found."""
    case = sight.of(case)
    outcomes: list[Outcome] = []
    crashed = False
    for code, function in load().items():
        try:
            outcomes.extend(_run(code, function, case))
        except Exception as error:  # noqa: BLE001  (the one place where a crash becomes a finding)
            crashed = True
            outcomes.append(_crash(code, error))
    return Verdict(
        found=tuple(outcome for outcome in outcomes if isinstance(outcome, Finding)),
        held=tuple(outcome for outcome in outcomes if isinstance(outcome, Held)),
        waiting=tuple(outcome for outcome in outcomes if isinstance(outcome, Waits)),
        crashed=crashed,
    )


def _run(code: str, function: Check, case: Case) -> Iterator[Outcome]:
    try:
        yield from function(case)
    except Unseen as unseen:
        yield Waits(code, unseen.fact)


def _crash(code: str, error: Exception) -> Finding:
    return Finding(
        code=CRASHED,
        status=Status.ERROR,
        kind="other",
        title=f"the check {code} crashed: {type(error).__name__}: {error}",
        cause="a fault of envdoctor, not of the environment; the other checks ran",
    )


def unseen(waiting: Iterable[Waits]) -> Iterator[Finding]:
    """Tell each fact that was not seen once, with how many judgements wait for it."""
    by_fact: dict[str, list[Waits]] = {}
    for one in waiting:
        by_fact.setdefault(one.fact.name, []).append(one)
    for name, group in sorted(by_fact.items()):
        count = len(group)
        codes = ", ".join(dict.fromkeys(one.code for one in group))
        yield Finding(
            code=UNSEEN,
            status=Status.UNKNOWN,
            kind="other",
            title=f"{count} judgement{'s wait' if count > 1 else ' waits'} for `{name}`",
            cause=f"{group[0].fact.source} ({codes})" if group[0].fact.state is State.UNSEEN else codes,
            evidence=(group[0].fact,),
        )
