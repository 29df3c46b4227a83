"""Lock what a subject asks for: solve it for each computer under the matrix, and write what comes of it."""

from __future__ import annotations

import dataclasses
import datetime
import re
from typing import TYPE_CHECKING, Any

from envdoctor import matrix
from envdoctor.app import lock_request as request
from envdoctor.app.lock_request import Asked, Earlier
from envdoctor.errors import Impossible, UserError
from envdoctor.formats import pylock
from envdoctor.lock import ask, changes, compare, keep, merge, pypi, spots, toml, virtual
from envdoctor.markers import Markers
from envdoctor.model.locks import Written
from envdoctor.solve import wishes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from envdoctor.app.lock_request import Tell
    from envdoctor.formats.pylock import Lock
    from envdoctor.lock.settle import Settled, Wanted
    from envdoctor.lock.spots import Spot
    from envdoctor.matrix import Matrix
    from envdoctor.model import Recipe
    from envdoctor.model.locks import Ruling

__all__ = ["Asked", "earlier", "existing", "lock"]


def lock(asked: Asked, tell: Tell) -> list[Written]:
    """Make the locks of a subject; raise UserError, Impossible, or CannotLook if no index answers."""
    known = matrix.load(asked.matrix)
    wanted = request.recipe(asked, known)
    folder = request.place(asked.subject, asked.to)
    with keep.alone(folder, tell):
        if request.concerns_conda(wanted):
            from envdoctor.app import lock_conda  # not for every lock

            return lock_conda.lock(asked, wanted, known, folder, tell)
        if asked.render:
            raise UserError("only the lock of an environment of conda can be rendered", place=wanted.path)
        return _of_index(asked, wanted, known, folder, tell)


def _of_index(asked: Asked, wanted: Recipe, known: Matrix, folder: Path, tell: Tell) -> list[Written]:
    """Make the locks whose packages come from an index of Python packages."""
    if not wanted.packages:
        raise UserError("asks for no package", place=wanted.path, hint="name some under `packages:`")
    for wish in wanted.packages:
        if not wishes.written(wish):
            tell(f"{wish.name} is left out: no index of Python packages has it")
    old = existing(folder, wanted.name)
    before = [earlier(one) for one in old.values()]
    every = request.computers(asked, wanted, before)
    question = request.question(asked, wanted, known, request.before(asked, wanted, before), tell)
    settled = [_settled(question, spot, {} if "*" in asked.anew else old) for spot in every]
    groups = merge.groups(settled)
    paths = [folder / _name(wanted.name, group if len(groups) > 1 else ()) for group in groups]
    documents = [pypi.document(group, question, asked.title) for group in groups]
    for path, document in zip(paths, documents, strict=True):
        compare.keep_seal(document, old.get(path))
    rows = zip(paths, documents, groups, strict=True)
    written = [_written(path, document, group, old.get(path), asked) for path, document, group in rows]
    for path, document in zip(paths, documents, strict=True) if not asked.dry else ():
        keep.write(path, pypi.text(document, path.name))
    return written


def _name(recipe: str, group: Sequence[Settled]) -> str:
    """Give the name of a file: the recipe's, with the machine's where each has its own; the standard wants no dots."""
    plain = re.sub(r"[^A-Za-z0-9-]+", "-", recipe)
    return f"pylock.{plain}-{group[0].spot.name}.toml" if group else f"pylock.{plain}.toml"


def existing(folder: Path, name: str) -> dict[Path, Lock]:
    """Give the locks of a recipe that are in a folder."""
    own = folder / _name(name, ())
    paths = [own, *sorted(folder.glob(f"{own.stem}-*.toml"))]
    found = {path: pylock.read(path) for path in paths if path.is_file()}
    return {path: lock for path, lock in found.items() if pypi.own(lock).get("recipe") == name}


def earlier(lock: Lock) -> Earlier:
    """Give what a lock says of itself."""
    instant = pypi.own(lock).get("exclude-newer")
    known = isinstance(instant, datetime.datetime) and instant.tzinfo
    before = instant.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if known and instant else ""
    return Earlier(before, pypi.spots_of(lock)[0].python)


def _settled(question: Wanted, spot: Spot, old: Mapping[Path, Lock]) -> Settled:
    request.allowed(question.recipe, spot)
    text, rulings = _kept(spot, old.values(), question)
    try:
        return request.settled(question, spot, ask.Index(question, spot, text), rulings)
    except Impossible as error:
        variant = virtual.torch_for(spot)
        if not (error.driver and variant and not spot.torch and not question.recipe.locking.torch):
            raise
        question.tell(f"the driver is too old for the index's own PyTorch; trying its variant {variant}")
        other = dataclasses.replace(spot, torch=variant)
        return request.settled(question, other, ask.Index(question, other, text), rulings)


def _kept(spot: Spot, old: Iterable[Lock], question: Wanted) -> tuple[str, tuple[Ruling, ...]]:
    """Give what an earlier lock holds for a computer, as a lock of its own, and what had been ruled out."""
    markers = Markers(spots.facts(spot, {}, question.recipe))
    for lock in old:
        if spot.name in [one.name for one in pypi.spots_of(lock)]:
            holds = [markers.may_hold(str(package.marker or "")) for package in lock.pylock.packages]
            text = toml.written(merge.part(lock.document, holds))
            return text, pypi.rulings(pypi.own(lock), question.codes)
    return "", ()


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
