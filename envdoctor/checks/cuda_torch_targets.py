"""Does the official torch wheel hold code for every GPU that is visible?

Every release is built once for each of several CUDAs, each with its own list of targets, and the lists have two ends:
old GPUs leave, new ones come. There is no PTX to fall back on in the wheels that were opened, so a GPU outside the list
fails at its first kernel, though `torch.cuda.is_available()` is true. The table has one row a release, CUDA and
processor; a build that is not the official one has to be opened to be judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor import cells
from envdoctor.checks import builds, check
from envdoctor.checks.waiting import waits
from envdoctor.model import Finding, Fix, Held, Row, Source, State, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case, Claim, Facts

CODE = "GPU010"


@check(CODE, "the torch wheel has no code for a GPU")
def torch_targets(case: Case) -> Iterator[Outcome]:
    """Look up the row of the installed wheel, and compare it with the GPUs."""
    table = next((claim for claim in case.claims if claim.code == CODE), None)
    facts = case.facts
    torch, compute = facts.by_name.get("torch"), facts.get("gpu.compute")
    opened = facts.get("torch.arch_list").state is State.KNOWN
    if table is None or torch is None or opened or not builds.official(torch) or compute.state is State.ABSENT:
        return
    if compute.state is State.UNSEEN:
        yield from waits(CODE, compute, case)
        return
    rows = [row for row in table.rows if _is_of(row, facts)] if cells.contains(table.known, torch.version) else []
    if not rows:
        yield _past(table, facts, builds.official(torch))
    elif any(cells.matches(row.needs["gpu.compute"], compute) for row in rows):
        yield Held(CODE, "the torch wheel has code for every GPU")
    else:
        yield _finding(table, rows[0], facts)


def _is_of(row: Row, facts: Facts) -> bool:
    """Say whether a row is that of the installed release, CUDA and processor."""
    parts = {**row.when, **{name: cell for name, cell in row.needs.items() if name != "gpu.compute"}}
    return all(cells.matches(cell, facts.get(name)) is not False for name, cell in parts.items())


def _past(table: Claim, facts: Facts, variant: str) -> Finding:
    torch = facts.get("torch")
    return Finding(
        code=CODE,
        status=Status.UNKNOWN,
        kind="gpu-arch",
        title=f"nothing is known of the GPUs that torch {torch.value} ({variant}) has code for",
        cause=f"the table was checked on {table.checked} and covers torch {table.known}",
        evidence=(torch,),
        source=Source(table.source, table.checked, table.evidence),
    )


def _finding(table: Claim, row: Row, facts: Facts) -> Finding:
    compute, torch = facts.get("gpu.compute"), facts.get("torch")
    has = row.needs["gpu.compute"]
    told = ", ".join(dict.fromkeys(compute.all or (compute.value,)))
    return Finding(
        code=CODE,
        status=Status.ERROR,
        kind="gpu-arch",
        title=f"torch {torch.value} for CUDA {facts.get('torch.cuda').value} has no code for a GPU of {told}",
        cause=f"it holds code for compute capability {has}: `no kernel image is available` at the first kernel",
        culprit=("torch", "gpu.compute"),
        evidence=(torch, facts.get("torch.cuda"), compute, facts.get("gpu.name")),
        fixes=tuple(_fixes(table, facts)),
        source=Source(table.source, table.checked, table.evidence),
    )


def _fixes(table: Claim, facts: Facts) -> Iterator[Fix]:
    best = _alternative(table, facts)
    if best is None:
        yield Fix(note="no official build of torch has code for these GPUs together: build it from source")
    else:
        cuda, release = best.needs["torch.cuda"], best.when["torch"].removesuffix(".*")
        yield Fix(note=f"torch {release} built for CUDA {cuda} (from PyTorch's own index of that CUDA)")
    if len(set(facts.get("gpu.compute").all)) > 1:
        yield Fix(note="CUDA_VISIBLE_DEVICES that lists the GPUs it has code for")


def _alternative(table: Claim, facts: Facts) -> Row | None:
    """Give a row that serves the GPUs: of the same release, else of the next newer one, else of the last older one."""
    arch, compute, torch = facts.get("arch"), facts.get("gpu.compute"), facts.get("torch")
    fits = [
        row
        for row in table.rows
        if cells.matches(row.needs["gpu.compute"], compute) and cells.matches(row.needs["arch"], arch) is not False
    ]
    places = {id(row): place for place, row in enumerate(table.rows)}
    own = [row for row in table.rows if cells.matches(row.when["torch"], torch)]
    here = places[id(own[0])] if own else 0
    same = [row for row in fits if row in own]
    newer = [row for row in fits if places[id(row)] > here]
    return next(iter([*same, *newer, *reversed(fits)]), None)
