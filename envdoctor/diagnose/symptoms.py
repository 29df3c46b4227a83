"""Find the claims of the matrix whose symptoms a log shows.

Many claims may share one line (`No module named 'pkg_resources'`). Where the log speaks of the components of some of
them, these are meant; where it does not, what they have in common is told.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envdoctor.diagnose.candidates import Candidate, removed, shown, weighed
from envdoctor.model import Fix, Source, State, Status, is_host
from envdoctor.model.diagnosis import ENVIRONMENT, Cause

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from envdoctor.diagnose.literals import Text
    from envdoctor.diagnose.reading import Read
    from envdoctor.model import Claim, Facts

_KIND_OF = {"python": "python-version", "glibc": "glibc", "driver": "driver", "gpu.compute": "gpu-arch"}
_ALONE, _FITTING, _AMONG = 3.0, 3.4, 2.4
_WORD = re.compile(r"\w+")
_NAMES = {
    "env": "", "gpu": "gpu", "cuda": "cuda", "nvidia": "driver", "nccl": "nccl", "cudnn": "cudnn", "torch": "torch",
    "libstdcxx": "libstdc++", "vllm": "vllm",
}  # fmt: skip


def found(text: Text, read: Sequence[Read], claims: Iterable[Claim], facts: Facts, mentioned: frozenset[str],
          broken: Callable[[Claim], bool]) -> Iterator[Candidate]:  # fmt: skip
    """Give a candidate for each line that shows symptoms: the claims that the log, or the facts, mean."""
    by_line: dict[tuple[int, bool], list[Claim]] = {}
    for pattern, sharing in _by_pattern(claims).items():
        for index, _ in text.matches(pattern):
            for claim in sharing:
                if not claim.package or _tells_name(claim, text.lines[index]):
                    by_line.setdefault((index, bool(claim.package)), []).append(claim)
    for (index, _), here in sorted(by_line.items()):
        yield from _chosen(list({id(claim): claim for claim in here}.values()), read[index], facts, mentioned, broken)


def _by_pattern(claims: Iterable[Claim]) -> dict[str, list[Claim]]:
    found: dict[str, list[Claim]] = {}
    for claim in claims:
        for pattern in claim.symptoms:
            found.setdefault(pattern, []).append(claim)
    return found


def _tells_name(claim: Claim, line: str) -> bool:
    """Say whether a line has the name that a claim is about, beside the pattern that all names of its entry share."""
    return any(used.rpartition(".")[2] in _WORD.findall(line) for used in claim.uses)


def _chosen(
    claims: list[Claim], read: Read, facts: Facts, mentioned: frozenset[str], broken: Callable[[Claim], bool]
) -> Iterator[Candidate]:
    confirmed = [claim for claim in claims if broken(claim)]
    possible = confirmed or [claim for claim in claims if not _excluded(claim, facts)] or claims
    fitting = [claim for claim in possible if _spoken(claim, mentioned)]
    best = fitting or possible
    if (fitting and len(fitting) < len(possible)) or len(possible) == 1:
        best = sorted(best, key=lambda claim: -_share(claim, mentioned))
    weight = _FITTING if fitting or confirmed else _ALONE if len(possible) == 1 else _AMONG
    best = sorted(best, key=lambda claim: bool(claim.package) and not removed(claim))
    together = best if len(best) > 1 and not (fitting or confirmed) else best[:1]
    cause = _cause(best[0], together, read, mentioned)
    yield Candidate(cause, weighed(weight, read), read.group, read.line.number, tuple(best), bool(fitting))


def _excluded(claim: Claim, facts: Facts) -> bool:
    """Say whether what is known rules out that a claim applies: a component that it speaks of is not there."""
    return any(
        facts.get(name).state is State.ABSENT and cell not in ("absent", "unset") and not name.startswith("env.")
        for name, cell in claim.when.items()
    )


def components(claim: Claim) -> list[str]:
    """Give the distributions that must be there for a claim to be true."""
    return [name for name, cell in claim.when.items() if not is_host(name) and cell not in ("absent", "unset")]


def _spoken(claim: Claim, mentioned: frozenset[str]) -> bool:
    wanted = components(claim)
    return bool(wanted) and mentioned.issuperset(wanted)


def _share(claim: Claim, mentioned: frozenset[str]) -> float:
    wanted = {*components(claim)} | {name for row in claim.rows for name in (*row.needs, *row.requires)}
    return len(wanted & mentioned) / len(wanted) if wanted else 0.0


def _cause(first: Claim, together: Sequence[Claim], read: Read, mentioned: frozenset[str]) -> Cause:
    shared = [fix for fix in first.fixes if all(_has(other, fix.pins.keys()) for other in together)]
    rest = [fix for claim in together[:3] for fix in claim.fixes if fix not in shared]
    fixes = [*(shared or _what_all_need(together)), *rest] if len(together) > 1 else list(first.fixes)
    return Cause(
        code=first.code,
        says=ENVIRONMENT,
        kind=kind_of(first),
        title=first.title if len(together) == 1 else _common_title(together),
        cause=first.cause if len(together) == 1 else f"for example: {first.title}: {first.cause}",
        packages=packages_of(together, mentioned),
        lines=(shown(read.line),),
        fixes=tuple(fixes),
        source=Source(first.source, first.checked, first.evidence),
    )


def _what_all_need(together: Sequence[Claim]) -> list[Fix]:
    """Give the range of a package that each of several claims needs, whichever of them it is."""
    asked = [{(name, cell) for row in claim.rows for name, cell in row.needs.items()} for claim in together]
    common = set.intersection(*asked)
    return [
        Fix(pins={name: cell}, note="what each of them needs") for name, cell in sorted(common) if not is_host(name)
    ]


def _has(claim: Claim, pins: Iterable[str]) -> bool:
    wanted = set(pins)
    return any(wanted and wanted <= fix.pins.keys() for fix in claim.fixes)


def _common_title(together: Sequence[Claim]) -> str:
    codes = list(dict.fromkeys(claim.code for claim in together))
    if len(codes) == 1 and together[0].package:
        return f"`{together[0].uses[0]}` is not in every {together[0].package}"
    more = " …" if len(codes) > 6 else ""
    return f"one of several known pairs ({', '.join(codes[:6])}{more}): name the target to tell which"


def kind_of(claim: Claim) -> str:
    """Give the kind of a claim as a finding of it would have it."""
    if claim.kind:
        return claim.kind
    asked = [name for row in claim.rows for name in (*row.needs, *row.requires)] or list(claim.when)
    if asked and asked[0].startswith("env."):
        return "env-var"
    required = [name for row in claim.rows for name in row.requires]
    return _KIND_OF.get(asked[0], "missing-package" if required and not claim.key else "version-pair")


def packages_of(together: Sequence[Claim], mentioned: frozenset[str]) -> tuple[str, ...]:
    """Give the components of claims, the likeliest culprit first; what several share comes before what one has."""
    often: dict[str, int] = {}
    for claim in together:
        itself = [claim.package] if claim.package else []
        for name in (*itself, *claim.culprit, *_columns(claim, mentioned), *_rows(claim), *components(claim)):
            often[name] = often.get(name, 0) + 1
    order = list(often)
    if len(together) > 1:
        order.sort(key=lambda name: (-often[name], name not in mentioned))
    named = [_NAMES.get(name.partition(".")[0], name) if is_host(name) else name for name in order]
    return tuple(name for name in dict.fromkeys(named) if name)[:6]


def _columns(claim: Claim, mentioned: frozenset[str]) -> list[str]:
    """Give the columns of a table that the log speaks of, or those whose miss is an error."""
    spoken = [name for name in claim.columns if name in mentioned and not is_host(name)]
    return spoken or [name for name, severity in claim.columns.items() if severity is Status.ERROR]


def _rows(claim: Claim) -> list[str]:
    return [] if claim.key else [name for row in claim.rows for name in (*row.needs, *row.requires)]
