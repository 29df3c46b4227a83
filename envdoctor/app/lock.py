"""Lock what a subject asks for: solve it for each computer under the matrix, and write what comes of it."""

from __future__ import annotations

import dataclasses
import datetime
from typing import TYPE_CHECKING

from envdoctor import matrix
from envdoctor.app import lock_files, lock_pythons, lock_settling
from envdoctor.app import lock_request as request
from envdoctor.app.lock_request import Asked, Earlier
from envdoctor.errors import UserError
from envdoctor.lock import ask, keep
from envdoctor.solve import wishes

if TYPE_CHECKING:
    from pathlib import Path

    from envdoctor.app.lock_request import Tell
    from envdoctor.formats.pylock import Lock
    from envdoctor.matrix import Matrix
    from envdoctor.model import Recipe
    from envdoctor.model.locks import Written

__all__ = ["Asked", "earlier", "lock"]


def lock(asked: Asked, tell: Tell) -> list[Written]:
    """Make the locks of a subject; raise UserError, Impossible, or CannotLook if no index answers."""
    known = matrix.load(asked.matrix)
    wanted = request.recipe(asked, known)
    folder = lock_files.place(asked.subject, asked.to)
    with keep.alone(folder, tell):
        if lock_files.concerns_conda(wanted):
            from envdoctor.app import lock_conda  # not for every lock

            return lock_conda.lock(asked, wanted, known, folder, tell)
        if asked.render:
            raise UserError("only the lock of an environment of conda can be rendered", place=wanted.path)
        return _of_index(asked, wanted, known, folder, tell)


def _of_index(asked: Asked, wanted: Recipe, known: Matrix, folder: Path, tell: Tell) -> list[Written]:
    """Make the locks whose packages come from an index of Python packages."""
    if not wanted.packages:
        raise UserError("asks for no package", place=wanted.path, hint="name some under `packages:`")
    wanted = _lockable(wanted, tell)
    old = lock_files.existing(folder, wanted.name)
    asked = request.updating(asked, {entry.name for lock in old.values() for entry in lock.entries})
    before = [earlier(one) for one in old.values()]
    computers, instant = request.described(asked, wanted), request.before(asked, wanted, before)
    pythons = lock_pythons.choose(wanted, asked.at, computers, before, instant)
    kept = {} if request.ALL in asked.anew else old
    ground = lock_settling.Ground(asked, wanted, known, instant, computers, kept, ask.Learnt(), tell)
    settled = lock_settling.settled(ground, pythons)
    from envdoctor.app import lock_writing  # not before uv is at work

    return lock_writing.put(ground, settled, old, folder)


def _lockable(wanted: Recipe, tell: Tell) -> Recipe:
    """Give a recipe without what no index of Python packages has: it is told, and not missed."""
    left_out = [wish for wish in wanted.packages if not wishes.written(wish)]
    for wish in left_out:
        tell(f"`{wish.name}` is left out: no index of Python packages has it")
    return dataclasses.replace(wanted, packages=tuple(wish for wish in wanted.packages if wish not in left_out))


def earlier(lock: Lock) -> Earlier:
    """Give what a lock says of itself."""
    from envdoctor.lock import pypi

    instant = pypi.own(lock).get("exclude-newer")
    known = isinstance(instant, datetime.datetime) and instant.tzinfo
    before = instant.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if known and instant else ""
    return Earlier(before, pypi.spots_of(lock)[0].python)
