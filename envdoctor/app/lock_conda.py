"""Lock what a subject asks of conda's channels, and of pip beside them, as a conda-lock.yml."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from envdoctor import processes
from envdoctor.app import judging, lock_files, lock_settling
from envdoctor.app import lock_request as request
from envdoctor.app.lock_request import Earlier
from envdoctor.errors import CannotLook, UserError
from envdoctor.facts import machines
from envdoctor.formats import conda_environment, condalock, pylock
from envdoctor.lock import changes, compare_conda, conda_channels, conda_file, conda_specs, keep, pypi, spots, virtual
from envdoctor.lock.ask import Learnt
from envdoctor.lock.conda import Channels, Environment
from envdoctor.lock.conda_specs import Written as Line
from envdoctor.model import Held, Place, Recipe
from envdoctor.model.locks import Written
from envdoctor.solve import wishes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from envdoctor.app.lock_request import Asked, Tell
    from envdoctor.formats.condalock import CondaLock
    from envdoctor.lock.settle import Settled
    from envdoctor.lock.spots import Spot
    from envdoctor.lock.wanted import Wanted
    from envdoctor.matrix import Matrix
    from envdoctor.model import Facts, Finding, Wish


class Lines(NamedTuple):
    """What is asked of conda and of pip, as it is written."""

    channels: tuple[str, ...]
    conda: tuple[Line, ...]
    pip: tuple[Line, ...]

    @property
    def asked(self) -> list[str]:
        """Give all of it, as a lock remembers it."""
        texts = [f"channel {channel}" for channel in self.channels] + [line.text for line in self.conda]
        return sorted([*texts, *(f"pip {line.text}" for line in self.pip)])


def lines(wanted: Recipe, known: Matrix) -> Lines:
    """Give what a recipe or an environment.yml asks of conda and of pip."""
    if wanted.kind == "environment":
        found = conda_environment.read(Path(wanted.path))
        conda = tuple(Line(text.value.strip(), text.place) for text in found.conda)
        pip = tuple(Line(text.value.strip(), text.place) for text in found.pip)
        named = [channel for channel in found.channels if channel != conda_channels.NONE]
        return Lines(tuple(map(conda_channels.plain, named)) or (conda_channels.DEFAULTS,), conda, pip)
    to_conda = {pypi_name: conda_name for conda_name, pypi_name in known.conda_names().items()}
    wished = [wish for wish in wanted.packages if not wish.optional]
    python = [Line(f"python {wanted.python.specifier}".strip(), _place(wanted.python, wanted))] if wanted.python else []
    ours = [wish for wish in wished if wish.unmapped or (wish.name in to_conda and not wish.extras and not wish.marker)]
    conda = tuple(Line(f"{to_conda.get(w.name, w.name)} {w.specifier}".strip(), _place(w, wanted)) for w in ours)
    pip = tuple(Line(line, _place(w, wanted)) for w in wished if w not in ours and (line := wishes.written(w)))
    return Lines(wanted.locking.channels, (*python, *conda), pip)


def _place(wish: Wish, wanted: Recipe) -> Place:
    return wish.place or Place(wanted.path)


def path_of(folder: Path, name: str) -> Path:
    """Give the path of a recipe's lock."""
    return folder / f"{name}.conda-lock.yml"


def lock(asked: Asked, wanted: Recipe, known: Matrix, folder: Path, tell: Tell) -> list[Written]:
    """Make the lock of the conda side; raise UserError, Impossible, or CannotLook if no channel answers."""
    path = path_of(folder, wanted.name)
    old = condalock.read(path) if path.exists() else None
    earlier = [_earlier(old)] if old is not None and conda_file.own(old) else []
    asked = request.updating(asked, {package.name for package in old.packages} if old is not None else ())
    of_conda = lines(wanted, known)
    every = _computers(asked, wanted)
    question = request.question(asked, wanted, known, request.before(asked, wanted, earlier), tell)
    question = dataclasses.replace(question, requirements=[], bounds=lock_files.bounds(wanted))
    kept = None if request.ALL in asked.anew else old
    learnt = Learnt()
    settled = [_settled(question, spot, of_conda, known, kept, learnt) for spot in every]
    document = conda_file.document(
        settled,
        question,
        asked.title,
        channels=of_conda.channels,
        hashes=_hashes(of_conda, every, wanted),
        asked=of_conda.asked,
    )
    text = conda_file.text(document, path.name)
    written = _written(path, document, settled, old, asked)
    if not asked.dry:
        keep.write(path, text)
        if asked.render:
            written = written._replace(rendered=tuple(map(str, rendered(path, asked.render, asked.limit))))
    return [written]


def _earlier(old: CondaLock) -> Earlier:
    return Earlier(str(conda_file.own(old).get("exclude-newer", "")), "")


def _computers(asked: Asked, wanted: Recipe) -> list[Spot]:
    """Give the computers: conda's platforms, each once; a Python is conda's own affair."""
    found = request.computers(wanted, request.described(asked, wanted), "")
    by_platform: dict[str, Spot] = {}
    for spot in found:
        other = by_platform.setdefault(spot.conda, spot)
        if virtual.of(other) != virtual.of(spot):
            problem = f"`{other.name}` and `{spot.name}` are both {spot.conda}, and differ for conda"
            raise UserError(problem, place=wanted.path, hint="`--machine NAME` locks for one of them")
    return list(by_platform.values())


def _hashes(of_conda: Lines, every: Sequence[Spot], wanted: Recipe) -> dict[str, str]:
    found = {}
    for spot in every:
        rows = conda_specs.dependencies(of_conda.conda, of_conda.pip, spots.facts(spot, {}, wanted))
        found[spot.conda] = conda_specs.content_hash(of_conda.channels, rows, virtual.of(spot), spot.conda)
    return found


def _settled(
    question: Wanted, spot: Spot, of_conda: Lines, known: Matrix, old: CondaLock | None, learnt: Learnt
) -> Settled:
    pip = [str(conda_specs.requirement(line)) for line in of_conda.pip]
    kept = conda_file.kept(old, spot.conda) if old is not None else []
    specs = [*(line.text for line in of_conda.conda), *(["pip"] if pip else [])]
    channels = _with_secrets(question.recipe, of_conda)
    environment = Environment(channels, specs, pip, known.conda_names(), kept)
    rulings = pypi.rulings(conda_file.own(old), question.codes) if old is not None else ()
    return lock_settling.solved(question, spot, Channels(question, spot, environment, learnt), rulings)


def _with_secrets(wanted: Recipe, of_conda: Lines) -> Sequence[str]:
    """Give the channels as they are to be asked: with what the file says of users and tokens, which no lock gets."""
    if wanted.kind != "environment":
        return of_conda.channels
    return conda_environment.read(Path(wanted.path)).channels or of_conda.channels


def _written(
    path: Path, document: Mapping[str, Any], settled: Sequence[Settled], old: CondaLock | None, asked: Asked
) -> Written:
    packages = document["package"]
    before = conda_file.compared([one._asdict() for one in old.packages], old.custom) if old is not None else None
    now = conda_file.compared(packages, document["metadata"]["custom_metadata"])
    changes.refuse_others(before, now, str(path))
    return Written(
        path=str(path),
        machines=tuple(one.spot.name or one.spot.conda for one in settled),
        python=settled[0].versions.get("python", ""),
        before=document["metadata"]["custom_metadata"]["envdoctor-exclude-newer"],
        packages=len(packages),
        size=conda_file.size(settled[0], packages),
        rulings=tuple(dict.fromkeys(ruling for one in settled for ruling in one.rulings)),
        moved=tuple(changes.between(before, now)),
        yanked=tuple(dict.fromkeys(name for one in settled for name in one.yanked)),
        dry=asked.dry,
        new=old is None,
        same=old is not None and path.read_text(encoding="utf-8") == conda_file.text(document, path.name),
    )


class Checked(NamedTuple):
    """A lock of the conda side that is to be checked, and the recipe it was made for."""

    wanted: Recipe
    lock: CondaLock
    asked: list[str]
    known: Matrix

    def outcomes(self, seen: Facts, python: Path, named: Sequence[str]) -> Iterator[Finding | Held]:
        """Compare the lock with what is asked for, with what is known, and with the environment of a Python.

        What is locked is judged for the machines that are named, else for those of the lock.
        """
        yield from compare_conda.with_inputs(self.lock, self.asked)
        for spot in self._spots(named):
            versions = conda_file.versions(self.lock, spot.conda, self.known.conda_names())
            verdict = judging.verdict(self.wanted, spots.facts(spot, versions, self.wanted), self.known)
            yield Held("LOCK000", "judgements of what is locked", sum(held.number for held in verdict.held))
            yield from (dataclasses.replace(finding, machine=spot.name or None) for finding in verdict.found)
        prefix = python.parent.parent if python.parent.name == "bin" else python.parent
        yield from compare_conda.with_target(self.lock, seen, str(prefix))

    def _spots(self, named: Sequence[str]) -> Iterator[Spot]:
        locked = [conda_file.spot_of(self.lock, platform) for platform in self.lock.platforms]
        yield from (spot for spot in locked if not named or spot.name in named or machines.ALL in named)
        others = [name for name in named if name != machines.ALL and name not in [spot.name for spot in locked]]
        found = machines.find(others, self.wanted.machines)
        for spot in request.computers(self.wanted, found, "") if found else ():
            if spot.conda not in self.lock.platforms:
                hint = f"it is for {', '.join(self.lock.platforms)}; make it with that machine"
                raise UserError(f"the lock is not for `{spot.name}`, {spot.conda}", place=self.lock.file, hint=hint)
            yield spot


def checked(subject: str, to: Path | None, known: Matrix) -> Checked | None:
    """Give the lock of a subject that asks for conda's packages, or that is such a lock; None for another subject."""
    path = Path(subject)
    if condalock.is_name(path.name) and path.is_file():
        lock = condalock.read(path)
        wanted, asked = Recipe(name=path.name, kind="lock", path=subject), conda_file.own(lock).get("asked")
        return Checked(wanted, lock, asked if isinstance(asked, list) else [], known)
    if pylock.is_name(path.name):
        return None
    wanted = judging.wanted(subject, known)
    if not lock_files.concerns_conda(wanted):
        return None
    path = path_of(lock_files.place(subject, to), wanted.name)
    if not path.exists():
        hint = f"`envdoctor lock {subject}` makes one; `--to` names another folder"
        raise UserError("there is no lock of it", place=str(path), hint=hint)
    return Checked(wanted, condalock.read(path), lines(wanted, known).asked, known)


def rendered(path: Path, kind: str, limit: float) -> list[Path]:
    """Have conda-lock write a lock as files that conda reads; give their paths."""
    lock = condalock.read(path)
    name = path.name.removesuffix(".conda-lock.yml") or path.stem
    words = [sys.executable, "-m", "conda_lock", "render", "--kind", kind]
    words += [word for platform in lock.platforms for word in ("--platform", platform)]
    words += ["--filename-template", f"{name}-{{platform}}.conda-lock", str(path.absolute())]
    done = processes.run(words, limit=limit, folder=path.parent)
    if "No module named conda_lock" in done.err:
        raise CannotLook("only conda-lock can render its locks", hint="pip install 'envdoctor[lock]'")
    if done.status != 0:
        last = done.err.strip().rpartition("\n")[2] or f"it gave no answer within {limit:g} s"
        raise CannotLook(f"conda-lock cannot render it: {last[:200]}", place=str(path))
    end = {"explicit": "", "env": ".yml"}[kind]
    return [path.parent / f"{name}-{platform}.conda-lock{end}" for platform in lock.platforms]
