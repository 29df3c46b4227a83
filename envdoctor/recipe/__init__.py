"""Read what a stack needs: a recipe, the name of a bundled one, or one of the files that other tools read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from envdoctor import yamlpos
from envdoctor.errors import UserError, near
from envdoctor.formats import bentofile, conda_environment, condalock, files, requirements
from envdoctor.recipe import listed, written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envdoctor.model import Recipe

_PACKAGE = Path(__file__).parent.parent


def bundled() -> dict[str, Path]:
    """Give the recipes that come with envdoctor: those in the package, or beside it in a checkout."""
    for folder in (_PACKAGE / "recipes", _PACKAGE.parent / "recipes"):
        found = {path.stem: path for path in sorted(folder.glob("*.yml"))}
        if found:
            return found
    return {}


def load(subject: str, to_pypi: Mapping[str, str]) -> Recipe:
    """Give the recipe of a subject; raise UserError with its place. `to_pypi` has conda's names as PyPI's."""
    path = _find(subject)
    file = subject if os.path.exists(subject) and str(path) == subject else str(path)
    if path.suffix.lower() == ".toml":
        return _of_toml(path, file)
    if path.suffix.lower() in (".txt", ".in"):
        return listed.of_requirements(requirements.read(path), path.stem, file)
    return _of_yaml(path, file, to_pypi)


def _of_toml(path: Path, file: str) -> Recipe:
    from envdoctor.formats import pylock, pyproject

    if pylock.is_name(path.name):
        return listed.of_pylock(pylock.read(path), file)
    return listed.of_project(pyproject.read(path), file)


def _of_yaml(path: Path, file: str, to_pypi: Mapping[str, str]) -> Recipe:
    if condalock.is_name(path.name):
        return listed.of_conda_lock(condalock.read(path), file, to_pypi)
    node = yamlpos.read(files.read_text(path), file)
    if bentofile.is_name(path.name) or bentofile.looks_like(node):
        return listed.of_bento(bentofile.document(node, path), path, file, to_pypi)
    if condalock.looks_like(node):
        return listed.of_conda_lock(condalock.document(node, file), file, to_pypi)
    if conda_environment.looks_like(node):
        return listed.of_environment(conda_environment.read(path), file, to_pypi)
    return written.recipe(node, file)


def _find(subject: str) -> Path:
    path = Path(os.path.expanduser(subject))  # `os.path` asks without raising, whatever stands there
    if os.path.isfile(path) or (os.path.exists(path) and subject not in bundled()):
        return path
    if "/" in subject or path.suffix:
        raise UserError("there is no such file", place=subject[:200], hint=_hint(path.stem))
    recipes = bundled()
    if subject not in recipes:
        raise UserError(f"`{subject[:200]}` is neither a file nor a bundled recipe", hint=near(subject[:200], recipes))
    return recipes[subject]


def _hint(stem: str) -> str:
    return f"`{stem}` is a bundled recipe" if stem in bundled() else ""
