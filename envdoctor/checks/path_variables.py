"""Do variables name files that are gone, or values that nobody takes?

A file of certificates that is gone ends the first connection of what reads the variable: with requests an OSError,
with httpx a FileNotFoundError as soon as a client is made. A name in TORCH_LOGS that is unknown ends `import torch`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.checks import check
from envdoctor.model import Fact, Finding, Fix, State, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case, Trace

GONE, UNKNOWN = "PATH011", "PATH012"
# who fails without the file, by variable; the others only fail to verify
_READERS = {"SSL_CERT_FILE": ("httpx",), "SSL_CERT_DIR": (), "REQUESTS_CA_BUNDLE": ("requests",)}
_READERS |= {"CURL_CA_BUNDLE": ("requests",)}


@check(GONE, "a variable names a file that is gone")
@check(UNKNOWN, "TORCH_LOGS holds a name that torch does not know")
def variables(case: Case) -> Iterator[Outcome]:
    """Judge each variable that names a file, and TORCH_LOGS."""
    for trace in case.facts.traced("path gone"):
        if trace.name != "env.LD_PRELOAD":
            yield _gone(trace, case)
    for trace in case.facts.traced("takes"):
        yield from _unknown(trace, case)


def _gone(trace: Trace, case: Case) -> Finding:
    variable, place = trace.name.removeprefix("env."), trace.paths[0]
    readers = [name for name in _READERS.get(variable, ()) if case.facts.get(name).state is State.KNOWN]
    return Finding(
        code=GONE,
        status=Status.ERROR if readers else Status.WARNING,
        kind="env-var",
        title=f"{variable} names {place}, which is gone",
        cause=f"{readers[0]} fails as soon as it needs it" if readers else "what relies on it cannot verify anything",
        culprit=(trace.name, *readers),
        evidence=(Fact(trace.name, place, "environment"), *(case.facts.get(name) for name in readers)),
        fixes=(Fix(env={variable: None}, note="or set it to a file that is there"),),
    )


def _unknown(trace: Trace, case: Case) -> Iterator[Finding]:
    fact = case.facts.get(trace.name)
    known = {*trace.others, *case.facts.by_name, "help", "all", ""}
    for part in fact.value.split(","):
        name = part.strip().lstrip("+-")
        if name not in known and "." not in name:  # a name with a dot is a module's
            yield _refused(name, fact, trace)


def _refused(name: str, fact: Fact, trace: Trace) -> Finding:
    return Finding(
        code=UNKNOWN,
        status=Status.ERROR,
        kind="env-var",
        title=f"TORCH_LOGS holds `{name}`, which torch does not know",
        cause="`import torch` fails on a name that is neither registered nor a module",
        culprit=(fact.name, "torch"),
        evidence=(fact, Fact("torch", f"{len(trace.others)} names", trace.paths[0])),
        fixes=(Fix(env={"TORCH_LOGS": None}),),
    )
