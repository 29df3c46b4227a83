"""Do glibc and libstdc++ have the symbol versions that the installed binaries ask for?

A binary names the highest version it was linked against (`GLIBC_2.32`, `GLIBCXX_3.4.30`). The tag of a wheel may
promise less than its files ask for, and the libstdc++ that counts is the one that the loader takes: often the system's
old one, though a newer lies in the conda environment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor import cells
from envdoctor.checks import check
from envdoctor.checks.waiting import waits
from envdoctor.model import Finding, Fix, Held, State, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case, Fact

CODE = "HOST007"
_LIBRARIES = {"needs.glibc.": ("glibc", "GLIBC"), "needs.glibcxx.": ("libstdcxx", "GLIBCXX")}


@check(CODE, "a binary asks for a newer glibc or libstdc++ than the loader takes")
def symbol_versions(case: Case) -> Iterator[Outcome]:
    """Compare what every distribution's files ask for with what is there."""
    for need in case.facts.facts.values():
        for start, (library, prefix) in _LIBRARIES.items():
            if need.name.startswith(start) and need.state is State.KNOWN:
                yield from _compared(need, need.name.removeprefix(start), case, library=library, prefix=prefix)


def _compared(need: Fact, name: str, case: Case, *, library: str, prefix: str) -> Iterator[Outcome]:
    there = case.facts.get(library)
    wanted, found = cells.version(need.value), cells.version(there.value)
    if there.state is State.UNSEEN:
        yield from waits(CODE, there, case)
    elif there.state is State.ABSENT:
        yield _without(need, name, there, case)
    elif wanted is None or found is None or wanted <= found:
        yield Held(CODE, f"{library} is new enough for {name}")
    else:
        fixes = _for_glibc(name, need) if library == "glibc" else _for_libstdcxx(need)
        yield Finding(
            code=CODE,
            status=Status.ERROR,
            kind="glibc" if library == "glibc" else "abi",
            title=f"{name} asks for {prefix}_{need.value}, {library} here is {there.value}",
            cause=f"`version {prefix}_{need.value} not found` when {name} is loaded ({need.source})",
            culprit=(name, library),
            evidence=(case.facts.get(name), there, need),
            fixes=fixes,
        )


def _without(need: Fact, name: str, there: Fact, case: Case) -> Finding:
    """Give the finding for a system that has another C library, such as musl, or no libstdc++."""
    return Finding(
        code=CODE,
        status=Status.ERROR,
        kind="glibc" if there.name == "glibc" else "missing-lib",
        title=f"{name} asks for {there.name} {need.value}, and this system has none",
        cause=f"{there.source}: what is built against {there.name} is not loaded here",
        culprit=(name, there.name),
        evidence=(case.facts.get(name), there, need),
        fixes=(
            Fix(note=f"a build of {name} for this system's own C library (musllinux), if there is one"),
            Fix(host={there.name: f">={need.value}"}, note=f"needs {there.name}: {need.value} or later"),
        ),
    )


def _for_glibc(name: str, need: Fact) -> tuple[Fix, ...]:
    host = Fix(host={"glibc": f">={need.value}"}, note=f"needs glibc: {need.value} or later (a newer system or image)")
    return (Fix(note=f"another release of {name}, or one built on this machine"), host)


def _for_libstdcxx(need: Fact) -> tuple[Fix, ...]:
    wanted = f">={need.value}"
    note = f"needs libstdcxx: {need.value} or later (conda: libstdcxx-ng), in front of the system's by LD_LIBRARY_PATH"
    return (Fix(host={"libstdcxx": wanted}, note=note),)
