"""Lock what a subject asks for: solve it for each computer under the matrix, and write what comes of it."""

from __future__ import annotations

import dataclasses
import datetime
import os
import platform as this
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from envdoctor import cells, facts, matrix
from envdoctor.app import filters, judging
from envdoctor.app.options import Filters
from envdoctor.errors import Impossible, UserError
from envdoctor.facts import At, given, machines
from envdoctor.formats import pylock
from envdoctor.lock import changes, compare, keep, merge, pypi, settle, spots, toml
from envdoctor.markers import Markers
from envdoctor.model import Machine, Status, Written
from envdoctor.recipe import locking
from envdoctor.solve import uv, wishes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from envdoctor.formats.pylock import Lock
    from envdoctor.lock.settle import Settled, Wanted
    from envdoctor.lock.spots import Spot
    from envdoctor.matrix import Matrix
    from envdoctor.model import Claim, Facts, Finding, Recipe

    Tell = Callable[[str], None]


_WAY_OUT = "`envdoctor explain CODE` tells what is known; a wider range in the recipe, or another Python, may help"


class Asked(NamedTuple):
    """What to lock, for whom, into which folder, and how: `anew` names what may move (`*`: everything)."""

    subject: str
    to: Path | None = None
    at: At = At()
    machines: tuple[str, ...] = ()
    before: str = ""
    torch: str = ""
    anew: tuple[str, ...] = ()
    built: tuple[str, ...] = ()
    dry: bool = False
    matrix: tuple[Path, ...] = ()
    limit: float = uv.LIMIT


def lock(asked: Asked, tell: Tell) -> list[Written]:
    """Make the locks of a subject; raise UserError, Impossible, or CannotLook if the index cannot be asked."""
    known = matrix.load(asked.matrix)
    wanted = _recipe(asked, known)
    folder = place(asked.subject, asked.to)
    with keep.alone(folder, tell):
        old = existing(folder, wanted.name)
        every = spots.of(wanted, _machines(asked, wanted), _here(asked, wanted, old))
        question = _question(asked, wanted, known, old, tell)
        settled = [_settled(question, spot, old, asked) for spot in every]
        groups = merge.groups(settled)
        paths = [folder / _name(wanted.name, group if len(groups) > 1 else ()) for group in groups]
        documents = [pypi.document(group, question, title(asked.subject)) for group in groups]
        for path, document in zip(paths, documents, strict=True):
            compare.keep_seal(document, old.get(path))
        rows = zip(paths, documents, groups, strict=True)
        written = [_written(path, document, group, old.get(path), asked) for path, document, group in rows]
        if not asked.dry:
            for path, document in zip(paths, documents, strict=True):
                keep.write(path, pypi.text(document, path.name))
    return written


def title(subject: str) -> str:
    """Give a subject as it can be typed beside it, whoever's folder that is."""
    return Path(subject).name


def _name(recipe: str, group: Sequence[Settled]) -> str:
    """Give the name of a file: the recipe's, with the machine's where each has its own; the standard wants no dots."""
    plain = re.sub(r"[^A-Za-z0-9-]+", "-", recipe)
    return f"pylock.{plain}-{group[0].spot.name}.toml" if group else f"pylock.{plain}.toml"


def _recipe(asked: Asked, known: Matrix) -> Recipe:
    wanted = judging.wanted(asked.subject, known)
    if not wanted.packages:
        raise UserError("asks for no package", place=wanted.path, hint="name some under `packages:`")
    if not asked.torch:
        return wanted
    if not locking.VARIANT.fullmatch(asked.torch):
        hint = "auto, pypi (what the index itself has), cpu, cu126, rocm6.4 …"
        raise UserError(f"`--torch-variant {asked.torch}` is no variant of PyTorch", hint=hint)
    torch = "" if asked.torch == "auto" else asked.torch
    return dataclasses.replace(wanted, locking=wanted.locking._replace(torch=torch))


def place(subject: str, to: Path | None) -> Path:
    """Give the folder of a subject's locks: that of its file, for a bundled recipe the one we are in."""
    if to is not None:
        return to
    path = Path(os.path.expanduser(subject))
    return path.parent if path.is_file() else Path()


def existing(folder: Path, name: str) -> dict[Path, Lock]:
    """Give the locks of a recipe that are in a folder."""
    own = folder / _name(name, ())
    paths = [own, *sorted(folder.glob(f"{own.stem}-*.toml"))]
    found = {path: pylock.read(path) for path in paths if path.is_file()}
    return {path: lock for path, lock in found.items() if _is_of(lock, name)}


def _is_of(lock: Lock, name: str) -> bool:
    own = pypi.own(lock)
    return own.get("recipe") == name


def _machines(asked: Asked, wanted: Recipe) -> Sequence[Machine]:
    """Give the machines to lock for: those that are named, the one that is described, else all of the recipe."""
    if asked.at.given:
        return [Machine("", given.read(asked.at.given))]
    return machines.find(asked.machines or (machines.ALL,) if wanted.machines else asked.machines, wanted.machines)


def _here(asked: Asked, wanted: Recipe, old: Mapping[Path, Lock]) -> dict[str, str]:
    """Give Python, system and processor where nobody declares them: those of an earlier lock, else of the target."""
    system = {"Darwin": "darwin", "Windows": "windows"}.get(this.system(), "linux")
    here = {"os": system, "arch": this.machine()}
    for lock in old.values() if asked.at.named is None else ():
        return {**here, "python": pypi.spots_of(lock)[0].python}
    if any("python" in machine for machine in wanted.machines.values()) or _declared(asked):
        return {**here, "python": f"{this.python_version()}"}
    look = facts.Look(asked.at._replace(given=()))
    try:
        return {**here, "python": look.facts().need("python").value}
    finally:
        look.close()


def _declared(asked: Asked) -> bool:
    return any(pair.startswith("python=") for pair in asked.at.given)


def _question(asked: Asked, wanted: Recipe, known: Matrix, old: Mapping[Path, Lock], tell: Tell) -> Wanted:
    for wish in wanted.packages:
        if not wishes.written(wish):
            tell(f"{wish.name} is left out: no index of Python packages has it")

    def judge(seen: Facts) -> list[Finding]:
        found = filters.chosen(judging.verdict(wanted, seen, known), wanted, Filters())
        return [finding for finding in found if finding.status is Status.ERROR and not finding.suppressed]

    def claims(seen: Facts) -> Sequence[Claim]:
        return known.concerning({*seen.by_name}, wanted.uses)

    return settle.Wanted(
        recipe=wanted,
        requirements=requirements(wanted),
        bounds=bounds(wanted),
        before=_before(asked, wanted, old),
        judge=judge,
        claims=claims,
        tell=tell,
        wheelless=known.wheelless(),
        codes=known.codes(),
        anew=[name for name in asked.anew if name != "*"],
        built=asked.built,
        limit=asked.limit,
    )


def requirements(wanted: Recipe) -> list[str]:
    """Give what a recipe asks for as lines of requirements."""
    lines = [wishes.written(wish) for wish in wanted.packages if not wish.optional]
    return [line for line in lines if line]


def bounds(wanted: Recipe) -> list[str]:
    """Give what a recipe allows of what it does not ask for."""
    lines = [wishes.written(wish) for wish in wanted.packages if wish.optional and wish.specifier and not wish.extras]
    return [*(line for line in lines if line), *(f"{wish.name}<{0}" for wish in wanted.forbidden)]


def asked_lines(wanted: Recipe) -> list[str]:
    """Give all that a lock of a recipe remembers of it."""
    return pypi.asked(requirements(wanted), bounds(wanted))


def _before(asked: Asked, wanted: Recipe, old: Mapping[Path, Lock]) -> str:
    """Give the instant: the one that is asked for, the recipe's, the earlier lock's, else today's first moment."""
    if asked.before:
        try:
            return locking.instant(asked.before)
        except ValueError:
            hint = "a day (2026-11-01: its first moment, UTC) or an instant (2026-11-01T12:00:00Z)"
            raise UserError(f"`--exclude-newer {asked.before}` is no day", hint=hint) from None
    if wanted.locking.before:
        return wanted.locking.before
    kept = [pypi.own(lock).get("exclude-newer") for lock in old.values()]
    instants = [one for one in kept if isinstance(one, datetime.datetime) and one.tzinfo]
    if instants and not asked.anew:
        return max(instants).astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT00:00:00Z")


def _settled(question: Wanted, spot: Spot, old: Mapping[Path, Lock], asked: Asked) -> Settled:
    python = question.recipe.python
    if python is not None and not cells.contains(python.specifier, spot.python):
        hint = "`--fact python=3.11` names another, or `--target` an environment with one"
        raise UserError(
            f"it would be Python {spot.python}, not {python.specifier}", place=python.place or "", hint=hint
        )
    question.tell(f"solving for {spot.name or spot.uv}, Python {spot.python}, up to {question.before}")
    settled = settle.settle(question, spot, settle.NOTHING if "*" in asked.anew else _kept(spot, old, question))
    if not settled.text:
        where = f" for {spot.name}" if spot.name else ""
        raise Impossible(
            f"cannot be locked{where}: " + "; ".join(settled.reasons),
            place=question.recipe.path,
            hint=_WAY_OUT,
        )
    return settled


def _kept(spot: Spot, old: Mapping[Path, Lock], question: Wanted) -> settle.Earlier:
    """Give what an earlier lock holds for a computer, as a lock of its own, and what had been ruled out."""
    markers = Markers(spots.facts(spot, {}, question.recipe))
    for lock in old.values():
        if spot.name in [one.name for one in pypi.spots_of(lock)]:
            holds = [markers.may_hold(str(package.marker or "")) for package in lock.pylock.packages]
            text = toml.written(merge.part(lock.document, holds))
            return settle.Earlier(text, pypi.rulings(pypi.own(lock), question.codes))
    return settle.NOTHING


def _written(
    path: Path, document: Mapping[str, Any], group: Sequence[Settled], before: Lock | None, asked: Asked
) -> Written:
    packages = document["packages"]
    files = [file for package in packages for file in (package.get("wheels") or [package.get("sdist", {})])[:1]]
    return Written(
        path=str(path),
        machines=tuple(one.spot.name for one in group if one.spot.name),
        before=document["tool"]["envdoctor"]["exclude-newer"].isoformat().replace("+00:00", "Z"),
        packages=len(packages),
        size=sum(file.get("size", 0) for file in files),
        rulings=tuple(dict.fromkeys(ruling for one in group for ruling in one.rulings)),
        moved=tuple(changes.between(before.document if before else None, document)),
        builds=tuple(package["name"] for package in packages if "sdist" in package and not package.get("wheels")),
        dry=asked.dry,
        new=before is None,
        same=before is not None and before.document == document,
    )
