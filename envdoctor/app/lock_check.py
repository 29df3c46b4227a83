"""Check that a recipe, its lock and a target agree; seal a lock by what is installed."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from envdoctor import facts, matrix
from envdoctor.app import filters, judging, lock_files, order
from envdoctor.app.options import Filters
from envdoctor.errors import UserError
from envdoctor.facts import At, machines
from envdoctor.facts.fingerprint import fingerprint
from envdoctor.formats import pylock
from envdoctor.lock import codes, compare, keep, pypi, spots
from envdoctor.model import Cure, Finding, Fix, Held, Machine, Recipe, Report, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from envdoctor.app.lock_conda import Checked
    from envdoctor.formats.pylock import Lock
    from envdoctor.lock.spots import Spot
    from envdoctor.matrix import Matrix
    from envdoctor.model import Facts

    Tell = Callable[[str], None]


class Asked(NamedTuple):
    """What to check: a recipe whose lock lies in a folder, or a lock; a target; the machines to judge it for."""

    subject: str
    to: Path | None = None
    at: At = At()
    machines: tuple[str, ...] = ()
    filters: Filters = Filters()
    matrix: tuple[Path, ...] = ()
    words: str = "envdoctor lock check"


def check(asked: Asked) -> Report:
    """Give the report; raise UserError for what a person must correct, CannotLook without a target."""
    look = facts.Look(asked.at)
    try:
        known = matrix.load(asked.matrix)
        conda = _of_conda(asked, known)
        wanted, locks = (conda.wanted, []) if conda else _locks(asked, known)
        filters.validate(asked.filters, wanted, known)
        seen = look.facts({*known.variables(), *(f"env.{wish.name}" for wish in wanted.env)})
    finally:
        look.close()
    lock = _for_target(locks, seen)
    if conda:
        outcomes = list(conda.outcomes(seen, look.sighting.path, asked.machines))
    else:
        outcomes = [*_of_recipe(wanted, locks), *_of_machines(wanted, locks, known, asked)]
        outcomes += [compare.elsewhere(locks[0], seen)] if lock is None else compare.with_target(lock, seen)
    found = [_ignored(one, wanted, asked.filters) for one in outcomes if isinstance(one, Finding)]
    whole = Report(
        recipe=wanted,
        target=seen.target,
        fingerprint=fingerprint(seen),
        findings=tuple(order.sorted_findings(filters.only(found, asked.filters))),
        held=tuple(filters.selected([one for one in outcomes if isinstance(one, Held)], asked.filters)),
        cure=_cure(found, lock, seen),
        verify=asked.words,
    )
    return dataclasses.replace(whole, exit_code=filters.exit_code(whole, asked.filters))


def _of_conda(asked: Asked, known: Matrix) -> Checked | None:
    """Give the lock of the conda side, if the subject has one."""
    if pylock.is_name(Path(asked.subject).name):
        return None
    from envdoctor.app import lock_conda  # not for every lock: it reads YAML

    return lock_conda.checked(asked.subject, asked.to, known)


def seal(asked: Asked, tell: Tell) -> tuple[Path, int]:
    """Write into a lock what is installed in the target; give its path and the number of packages sealed."""
    known = matrix.load(asked.matrix)
    if _of_conda(asked, known):
        hint = "`envdoctor lock check` compares conda's packages by their builds"
        raise UserError("a lock of conda is not sealed", place=asked.subject, hint=hint)
    look = facts.Look(asked.at)
    try:
        _, locks = _locks(asked, known, whole=True)
        seen = look.facts()
    finally:
        look.close()
    lock = _for_target(locks, seen)
    if lock is None:
        raise UserError("is for another Python or computer than the target's", place=locks[0].file)
    differing = [one for one in compare.with_target(lock, seen) if isinstance(one, Finding) and _hinders(one)]
    if differing:
        hint = f"`uv pip sync {lock.file}` makes it so"
        raise UserError(f"the target is not what the lock says: {differing[0].title}", place=lock.file, hint=hint)
    path = Path(lock.file)
    with keep.alone(path.parent, tell):
        document = compare.with_seal(lock, seen)
        keep.write(path, pypi.text(document, path.name))
    return path, len(document["tool"]["envdoctor"][compare.SEALED][compare.kind(seen)])


def _hinders(finding: Finding) -> bool:
    return finding.code in (codes.MISSING, codes.OTHER)


def _locks(asked: Asked, known: Matrix, *, whole: bool = False) -> tuple[Recipe, list[Lock]]:
    path = Path(asked.subject)
    if pylock.is_name(path.name) and path.is_file():
        lock = lock_files.read(path, whole=whole)
        pypi.own(lock)
        return Recipe(name=path.name, kind="lock", path=asked.subject), [lock]
    wanted = judging.wanted(asked.subject, known)
    folder = lock_files.place(asked.subject, asked.to)
    locks = list(lock_files.existing(folder, wanted.name, whole=whole).values())
    if not locks:
        hint = f"`envdoctor lock {asked.subject}` makes one; `--to` names another folder"
        raise UserError("there is no lock of it", place=str(folder), hint=hint)
    return wanted, locks


def _of_recipe(wanted: Recipe, locks: Sequence[Lock]) -> Iterator[Finding | Held]:
    for lock in locks:
        lines = pypi.own(lock).get("asked") if wanted.kind == "lock" else lock_files.asked_lines(wanted)
        yield from compare.with_recipe(lock, lines if isinstance(lines, list) else [])


def _of_machines(wanted: Recipe, locks: Sequence[Lock], known: Matrix, asked: Asked) -> Iterator[Finding | Held]:
    """Judge what the locks hold by what is known today, for the machines that are named, else those of the locks."""
    for spot, versions in _spots(wanted, locks, asked):
        verdict = judging.verdict(wanted, spots.facts(spot, versions, wanted), known)
        yield Held("LOCK000", "judgements of what is locked", sum(held.number for held in verdict.held))
        for finding in verdict.found:
            yield dataclasses.replace(finding, machine=spot.name or None)


def _spots(wanted: Recipe, locks: Sequence[Lock], asked: Asked) -> Iterator[tuple[Spot, Mapping[str, str]]]:
    for lock in locks:
        for spot in pypi.spots_of(lock):
            if not asked.machines or spot.name in asked.machines or machines.ALL in asked.machines:
                yield spot, pypi.versions(lock, spots.facts(spot, {}, wanted))
    others = [name for name in asked.machines if name != machines.ALL and not _is_locked(name, locks)]
    for machine in machines.find(others, wanted.machines):
        yield from _another(machine, wanted, locks)


def _is_locked(name: str, locks: Sequence[Lock]) -> bool:
    return any(spot.name == name for lock in locks for spot in pypi.spots_of(lock))


def _another(machine: Machine, wanted: Recipe, locks: Sequence[Lock]) -> Iterator[tuple[Spot, Mapping[str, str]]]:
    """Give a machine that no lock was made for, with the first lock that is for its kind."""
    here = {"os": "linux", "arch": "x86_64", "python": pypi.spots_of(locks[0])[0].python}
    (spot,) = spots.of(wanted, [machine], here)
    for lock in locks:
        if compare.is_for(lock, spots.facts(spot, {}, wanted)):
            yield spot, pypi.versions(lock, spots.facts(spot, {}, wanted))
            return
    raise UserError(
        f"no lock is for the machine `{machine.name}`", place=locks[0].file, hint="make it with that machine"
    )


def _for_target(locks: Sequence[Lock], seen: Facts) -> Lock | None:
    """Give the lock for a target: of several that may be the one that it differs least from."""
    fitting = [lock for lock in locks if compare.is_for(lock, seen)]
    if len(fitting) < 2:
        return fitting[0] if fitting else None
    return min(fitting, key=lambda lock: _distance(lock, seen))


def _distance(lock: Lock, seen: Facts) -> int:
    return sum(len(one.culprit) for one in compare.with_target(lock, seen) if isinstance(one, Finding))


def _ignored(finding: Finding, wanted: Recipe, chosen: Filters) -> Finding:
    return filters.marked(finding, wanted, chosen)


def _cure(found: Sequence[Finding], lock: Lock | None, seen: Facts) -> Cure | None:
    """Give the command that makes the target what the lock says, where its packages differ."""
    ended = dict.fromkeys(f.code for f in found if f.code in codes.OF_TARGET and not f.suppressed)
    if not ended or lock is None or seen.target.kind != "interpreter":
        return None
    if seen.managed:
        return Cure(Fix(note="this Python belongs to the operating system: make an environment with it"), tuple(ended))
    from envdoctor.solve import command, uv  # only where something is to be typed

    program, again = uv.typed() or "uv", [f"--reinstall-package {name}" for name in _again(found)]
    words = [program, "pip", "sync", "--python", command.path(seen.target.path), *again, command.path(lock.file)]
    notes = ["it removes what is not in the lock"] if codes.EXTRA in ended else []
    notes += [] if seen.get("python").state is State.KNOWN else ["for the Python of the lock"]
    return Cure(Fix(note="; ".join(notes), command=" ".join(words)), tuple(ended))


def _again(found: Sequence[Finding]) -> Iterator[str]:
    return (name for one in found if one.code == codes.CHANGED for name in one.culprit)
