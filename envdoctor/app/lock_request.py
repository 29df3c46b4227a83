"""What a lock is asked for: the recipe, its computers, the instant, and how a set is judged."""

from __future__ import annotations

import dataclasses
import datetime
import os
import platform as this
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from envdoctor import cells
from envdoctor.app import filters, judging
from envdoctor.app.options import Filters
from envdoctor.errors import Impossible, UserError
from envdoctor.facts import At, Look, given, interpreter, machines, target
from envdoctor.lock import settle, spots
from envdoctor.lock.pypi import asked as remembered
from envdoctor.model import Machine, Status
from envdoctor.recipe import locking
from envdoctor.solve import uv, wishes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from envdoctor.lock.settle import Settled, Wanted
    from envdoctor.lock.spots import Spot
    from envdoctor.matrix import Matrix
    from envdoctor.model import Claim, Facts, Finding, Recipe
    from envdoctor.model.locks import Ruling

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
    wanted = judging.wanted(asked.subject, known)
    if not asked.torch:
        return wanted
    if not locking.VARIANT.fullmatch(asked.torch):
        hint = "auto, pypi (what the index itself has), cpu, cu126, rocm6.4 …"
        raise UserError(f"`--torch-variant {asked.torch}` is no variant of PyTorch", hint=hint)
    torch = "" if asked.torch == "auto" else asked.torch
    return dataclasses.replace(wanted, locking=wanted.locking._replace(torch=torch))


def concerns_conda(wanted: Recipe) -> bool:
    """Say whether a recipe asks for conda's packages."""
    return wanted.kind == "environment" or bool(wanted.locking.channels)


def place(subject: str, to: Path | None) -> Path:
    """Give the folder of a subject's locks: that of its file, for a bundled recipe the one we are in."""
    if to is not None:
        return to
    path = Path(os.path.expanduser(subject))
    return path.parent if path.is_file() else Path()


def computers(asked: Asked, wanted: Recipe, earlier: Sequence[Earlier]) -> list[Spot]:
    """Give the computers to lock for: the machines that are named or described, else all of the recipe."""
    if asked.at.given:
        described: Sequence[Machine] = [Machine("", given.read(asked.at.given))]
    else:
        named = asked.machines or ((machines.ALL,) if wanted.machines else ())
        described = machines.find(named, wanted.machines)
    system = {"Darwin": "darwin", "Windows": "windows"}.get(this.system(), "linux")
    here = {"os": system, "arch": this.machine(), "python": ""}
    if not all("python" in machine.facts for machine in described) or not described:
        here["python"] = _python(asked.at, earlier)
    return spots.of(wanted, described, here)


def _python(at: At, earlier: Sequence[Earlier]) -> str:
    """Give the Python where nobody declares one: that of an earlier lock, unless a target is named, else its own."""
    if earlier and at.named is None:
        return earlier[0].python
    sighting = target.recognise(at.named)
    if sighting.kind == "interpreter":
        return str(interpreter.Question(str(sighting.path)).answer(at.timeout).get("python"))
    look = Look(at)
    try:
        return look.facts().need("python").value
    finally:
        look.close()


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
        found = filters.chosen(judging.verdict(wanted, seen, known), wanted, Filters())
        return [finding for finding in found if finding.status is Status.ERROR and not finding.suppressed]

    def claims(seen: Facts) -> Sequence[Claim]:
        return known.concerning({*seen.by_name}, wanted.uses)

    return settle.Wanted(
        recipe=wanted,
        requirements=requirements(wanted),
        bounds=bounds(wanted),
        before=instant,
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
    return remembered(requirements(wanted), bounds(wanted))


def settled(wanted: Wanted, spot: Spot, ask: settle.Ask, rulings: Sequence[Ruling]) -> Settled:
    """Give the set for a computer; raise Impossible with the reasons if there is none."""
    wanted.tell(f"solving for {spot.name or spot.uv}, Python {spot.python}, up to {wanted.before}")
    found = settle.settle(wanted, spot, ask, rulings)
    if not found.text:
        where = f" for {spot.name}" if spot.name else ""
        problem = f"cannot be locked{where}: {'; '.join(found.reasons)}"
        driver = any(error.kind == "driver" for error in found.errors)
        raise Impossible(problem, place=wanted.recipe.path, hint=_WAY_OUT, driver=driver)
    return found


def allowed(wanted: Recipe, spot: Spot) -> None:
    """Refuse a Python that a recipe does not allow."""
    python = wanted.python
    if python is not None and not cells.contains(python.specifier, spot.python):
        hint = "`--fact python=3.11` names another, or `--target` an environment with one"
        raise UserError(
            f"it would be Python {spot.python}, not {python.specifier}", place=python.place or "", hint=hint
        )
