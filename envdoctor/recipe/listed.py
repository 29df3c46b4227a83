"""Read the files of other tools as recipes: every entry that they list is a wish."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from envdoctor.formats import conda_environment, service
from envdoctor.model import Place, Recipe, Wish

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from envdoctor.formats.bentofile import Bento
    from envdoctor.formats.conda_environment import Environment
    from envdoctor.formats.condalock import CondaLock
    from envdoctor.formats.pylock import Lock
    from envdoctor.formats.pyproject import Project
    from envdoctor.model import Listed
    from envdoctor.yamlpos import Text

_CHOSEN = re.compile(r"\b(extras|dependency_groups)\b")


def of_requirements(entries: Iterable[Listed], name: str, file: str) -> Recipe:
    """Give the recipe of requirements; a constraint bounds a package but does not ask for it."""
    wishes = tuple(_wish(entry) for entry in entries)
    return Recipe(name=name, kind="requirements", path=file, packages=wishes)


def of_environment(environment: Environment, file: str, to_pypi: Mapping[str, str]) -> Recipe:
    """Give the recipe of an environment.yml, conda's names as PyPI's where the table knows them."""
    python, wishes = _wishes(environment.entries, to_pypi)
    env = tuple(_variable(name, text) for name, text in environment.variables.items())
    return Recipe(environment.name, "environment", file, python=python, packages=wishes, env=env)


def of_project(project: Project, file: str) -> Recipe:
    """Give the recipe of a pyproject.toml; what an extra or a group adds is judged if it is there."""
    always = tuple(_wish(entry) for entry in project.entries)
    python = Wish("python", project.python.value, place=project.python.place) if project.python else None
    return Recipe(project.name, "pyproject", file, python=python, packages=(*always, *_further(project.further)))


def _further(entries: Sequence[Listed]) -> Iterator[Wish]:
    """Give what extras and groups add, each package once; where two differ, either may be the one that was meant."""
    ranges: dict[str, set[str]] = {}
    for entry in entries:
        ranges.setdefault(entry.name, set()).add(f"{entry.specifier};{entry.marker}")
    for name, found in ranges.items():
        wish = dataclasses.replace(_wish(next(one for one in entries if one.name == name)), optional=True)
        yield wish if len(found) == 1 else dataclasses.replace(wish, specifier="", marker="")


def of_pylock(lock: Lock, file: str) -> Recipe:
    """Give the recipe of a pylock.toml: exactly these versions; what only an extra or a group takes may be absent."""
    wishes = [_wish(entry) for entry in lock.entries]
    packages = tuple(
        dataclasses.replace(wish, marker="", optional=True) if _CHOSEN.search(wish.marker) else wish for wish in wishes
    )
    python = Wish("python", lock.python, place=Place(file)) if lock.python else None
    return Recipe(_stem(file), "pylock", file, python=python, packages=packages)


def of_conda_lock(lock: CondaLock, file: str, to_pypi: Mapping[str, str]) -> Recipe:
    """Give the recipe of a conda-lock.yml: exactly these versions, on each of its platforms."""
    python, wishes = _wishes(lock.entries(), to_pypi)
    return Recipe(_stem(file), "conda-lock", file, python=python, packages=wishes)


def of_bento(bento: Bento, path: Path, file: str, to_pypi: Mapping[str, str]) -> Recipe:
    """Give the recipe of a bentofile.yaml: its packages, BentoML, what the image has, what the service uses."""
    python, wishes = _wishes(bento.entries, to_pypi)
    if bento.python:
        python = Wish("python", f"=={bento.python.value}.*", place=bento.python.place)
    own = () if any(wish.name == "bentoml" for wish in wishes) else (Wish("bentoml", place=bento.service.place),)
    source = path.parent / service.file(bento.service.value)
    return Recipe(
        name=bento.name,
        kind="bentofile",
        path=file,
        python=python,
        packages=(*wishes, *own),
        host=tuple(_of_image(bento.cuda)),
        env=tuple(Wish(name, text.value, place=text.place) for name, text in bento.variables.items()),
        uses=service.uses(source) if source.is_file() else (),
    )


def _of_image(cuda: Text | None) -> Iterator[Wish]:
    """Give what an image with a CUDA asks of the machine: a GPU, and a driver for that major version."""
    if cuda is not None:
        yield Wish("accelerator", "cuda", place=cuda.place)
        yield Wish("cuda", f">={cuda.value.split('.')[0]}", place=cuda.place)


def _stem(file: str) -> str:
    """Give the name that a lock is called by: `train` of `pylock.train.toml` and of `train.conda-lock.yml`."""
    name = file.replace("\\", "/").rpartition("/")[2]
    return name.removeprefix("pylock.").removesuffix(".toml").partition(".conda-lock")[0].partition(".")[0]


def _wishes(entries: Iterable[Listed], to_pypi: Mapping[str, str]) -> tuple[Wish | None, tuple[Wish, ...]]:
    """Give the wish for Python among entries of conda and pip, and all the others, in PyPI's names."""
    python = None
    wishes = []
    for entry in entries:
        wish = _wish(entry)
        if conda_environment.unread(entry):
            wish = dataclasses.replace(wish, unreadable=conda_environment.unread(entry))
        if entry.conda and entry.name == "python":
            python = wish
        else:
            wishes.append(_mapped(wish, to_pypi) if entry.conda else wish)
    return python, tuple(wishes)


def _variable(name: str, text: Text) -> Wish:
    """Give the wish for a variable; conda sets one without a value to the empty text."""
    return Wish(name, "" if text.empty else text.value, place=text.place)


def _wish(entry: Listed) -> Wish:
    """Give the wish of an entry; a folder or URL that states no name keeps itself as one, and cannot be looked for."""
    return Wish(
        name=entry.name or entry.url,
        specifier=entry.specifier,
        extras=entry.extras,
        marker=entry.marker,
        place=entry.place,
        optional=entry.constraint,
        unmapped=not entry.name,
        url=entry.url,
    )


def _mapped(wish: Wish, to_pypi: Mapping[str, str]) -> Wish:
    known = to_pypi.get(wish.name)
    if known is None:
        return dataclasses.replace(wish, unmapped=True)
    return dataclasses.replace(wish, name=known)
