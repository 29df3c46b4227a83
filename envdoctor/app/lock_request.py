"""What a lock is asked for: the recipe, its computers, the instant, and how a set is judged."""

from __future__ import annotations

import dataclasses
import datetime
import platform as this
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from envdoctor import recipe as recipes
from envdoctor.app import lock_files
from envdoctor.app.options import Filters
from envdoctor.errors import UserError, near
from envdoctor.facts import At, given, machines
from envdoctor.lock import spots
from envdoctor.lock.wanted import Wanted
from envdoctor.model import Machine, Status, normalised
from envdoctor.recipe import locking
from envdoctor.solve import uv

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from envdoctor.lock.spots import Spot
    from envdoctor.matrix import Matrix
    from envdoctor.model import Claim, Facts, Finding, Recipe

    Tell = Callable[[str], None]


ALL = "*"
LOCKS = ("pylock", "conda-lock")


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
    render: str = ""

    @property
    def title(self) -> str:
        """Give the subject as it can be typed beside it, whoever's folder that is."""
        return Path(self.subject).name


class Earlier(NamedTuple):
    """What an earlier lock says of itself: its instant (RFC 3339), and the Python it was made for."""

    before: str
    python: str


def recipe(asked: Asked, known: Matrix) -> Recipe:
    """Give the recipe of the subject, with the variant of PyTorch that is asked for."""
    wanted = recipes.load(asked.subject, known.conda_names())
    if wanted.kind in LOCKS:
        hint = "name what it was made from; `envdoctor lock check` checks it"
        raise UserError("is a lock already", place=wanted.path, hint=hint)
    if not asked.torch:
        return wanted
    if not locking.VARIANT.fullmatch(asked.torch):
        hint = "auto, pypi (what the index itself has), cpu, cu126, rocm6.4 …"
        raise UserError(f"`--torch-variant {asked.torch}` is no variant of PyTorch", hint=hint)
    torch = "" if asked.torch == "auto" else asked.torch
    return dataclasses.replace(wanted, locking=wanted.locking._replace(torch=torch))


def updating(asked: Asked, held: Collection[str]) -> Asked:
    """Give what is asked for, what may move named as it is locked; raise UserError for what is not locked."""
    names = tuple(normalised(name) for name in asked.anew if name != ALL)
    if names and not held:
        hint = "`--update` is for a lock that is there; without it one is made"
        raise UserError("there is no lock to update", place=asked.subject, hint=hint)
    for name in names:
        if name not in held:
            raise UserError(f"`--update {name}`: the lock has no such package", hint=near(name, held))
    return asked._replace(anew=(ALL,) if ALL in asked.anew else names)


def described(asked: Asked, wanted: Recipe) -> Sequence[Machine]:
    """Give the computers that are described: by facts, by name, else all of the recipe; none for one like this."""
    if asked.at.given:
        return [Machine("", given.read(asked.at.given))]
    return machines.find(asked.machines or ((machines.ALL,) if wanted.machines else ()), wanted.machines)


def computers(wanted: Recipe, described: Sequence[Machine], python: str) -> list[Spot]:
    """Give the computers to lock for; those that say no Python of their own have this one."""
    system = {"Darwin": "darwin", "Windows": "windows"}.get(this.system(), "linux")
    return spots.of(wanted, described, {"os": system, "arch": this.machine(), "python": python})


def before(asked: Asked, wanted: Recipe, earlier: Sequence[Earlier]) -> str:
    """Give the instant: the one that is asked for, the recipe's, the earlier lock's, else today's first moment."""
    if asked.before:
        try:
            return locking.instant(asked.before)
        except ValueError:
            hint = "a day (2026-11-01: its first moment, UTC) or an instant (2026-11-01T12:00:00Z)"
            raise UserError(f"`--exclude-newer {asked.before}` is no day", hint=hint) from None
    if wanted.locking.before:
        return wanted.locking.before
    if earlier and not asked.anew:
        return max(one.before for one in earlier)
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT00:00:00Z")


def question(asked: Asked, wanted: Recipe, known: Matrix, instant: str, tell: Tell) -> Wanted:
    """Give what is to be solved, and how a set is judged: as `check` does, what is ignored left out."""

    def judge(seen: Facts) -> list[Finding]:
        from envdoctor.app import filters, judging  # while uv is at work

        found = filters.chosen(judging.verdict(wanted, seen, known), wanted, Filters())
        return [finding for finding in found if finding.status is Status.ERROR and not finding.suppressed]

    def claims(seen: Facts) -> Sequence[Claim]:
        return known.concerning({*seen.by_name}, wanted.uses)

    return Wanted(
        recipe=wanted,
        requirements=lock_files.requirements(wanted),
        bounds=lock_files.bounds(wanted),
        before=instant,
        judge=judge,
        claims=claims,
        tell=tell,
        wheelless=known.wheelless(),
        codes=known.codes(),
        anew=[name for name in asked.anew if name != ALL],
        built=asked.built,
        limit=asked.limit,
    )
