"""What does BentoML's bentofile.yaml ask for?

`python` has packages and a requirements file, `conda` packages of conda or its environment.yml, `docker` the Python,
the CUDA and the variables of the image. BentoML itself is what reads the file, so it is asked for too.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, NamedTuple

from envdoctor import yamlpos
from envdoctor.errors import UserError
from envdoctor.formats import conda_environment, requirements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from envdoctor.model import Listed, Place

KEYS = "service name description labels include exclude python docker conda models envs runtime args".split()
_LISTS = ("packages", "trusted_host", "find_links", "extra_index_url", "wheels")
_SWITCHES = ("lock_packages", "pack_git_packages", "no_index")
_PYTHON = re.compile(r"\d+(\.\d+){0,2}")
_CUDA = re.compile(r"\d+(\.\d+){0,2}")


class Bento(NamedTuple):
    """A bentofile.yaml: its packages (conda's among them), and what the image is to have."""

    name: str
    service: yamlpos.Text
    entries: tuple[Listed, ...]
    python: yamlpos.Text | None
    cuda: yamlpos.Text | None
    variables: dict[str, yamlpos.Text]
    place: Place


def looks_like(node: yamlpos.Node) -> bool:
    """Say whether a YAML document is a bentofile, and not a recipe."""
    return isinstance(node, yamlpos.Map) and "recipe" not in node.items and "service" in node.items


def is_name(name: str) -> bool:
    """Say whether a file is called as a bentofile is."""
    return name in ("bentofile.yaml", "bentofile.yml")


def document(node: yamlpos.Node, path: Path) -> Bento:
    """Give what a document asks for; raise UserError with the place."""
    root = yamlpos.mapping(node, "a bentofile")
    for key, written in root.keys.items():
        close = difflib.get_close_matches(key[:80], KEYS, n=1, cutoff=0.8)
        if close and key not in KEYS:
            raise UserError(f"unknown key `{key[:80]}`", place=written.place, hint=f"did you mean `{close[0]}`?")
    service = yamlpos.text(root.get("service"), "`service`") if "service" in root.items else None
    if service is None:
        raise UserError("`service` is missing", place=root.place, hint='`service: "service.py:svc"`')
    docker = _inner(root, "docker")
    return Bento(
        name=yamlpos.text(root.get("name"), "`name`").value if "name" in root.items else path.resolve().parent.name,
        service=service,
        entries=(*_python(_inner(root, "python"), path), *_conda(_inner(root, "conda"), path)),
        python=_version(docker, "python_version", _PYTHON, "for example `3.11`"),
        cuda=_version(docker, "cuda_version", _CUDA, "for example `12.4.1`"),
        variables={**_variables(docker.get("env")), **_variables(root.get("envs"))},
        place=root.place,
    )


def _is_empty(node: yamlpos.Node | None) -> bool:
    return node is None or (isinstance(node, yamlpos.Text) and node.empty)


def _inner(root: yamlpos.Map, key: str) -> yamlpos.Map:
    found = root.get(key)
    return yamlpos.Map({}, {}, root.place) if _is_empty(found) else yamlpos.mapping(found, f"`{key}`")


def _version(docker: yamlpos.Map, key: str, form: re.Pattern[str], hint: str) -> yamlpos.Text | None:
    found = docker.get(key)
    if _is_empty(found):
        return None
    said = yamlpos.text(found, f"`{key}`")
    if said.value == "default":  # BentoML's choice
        return None
    if not form.fullmatch(said.value):
        raise UserError(f"`{said.value[:80]}` is no version", place=said.place, hint=hint)
    return said


def _python(python: yamlpos.Map, path: Path) -> Iterator[Listed]:
    for key in _SWITCHES:
        if key in python.items and yamlpos.text(python.get(key), f"`{key}`").value.lower() not in ("true", "false"):
            raise UserError(f"`{key}` is true or false", place=python.keys[key].place)
    for key in _LISTS:
        if not _is_empty(python.get(key)):
            yamlpos.texts(python.get(key), f"`{key}`")
    if not _is_empty(python.get("packages")):
        for item in yamlpos.texts(python.get("packages"), "`packages`"):
            yield from requirements.parse(item.value, str(path), folder=path.parent, start=item.place)
    if not _is_empty(python.get("requirements_txt")):
        named = yamlpos.text(python.get("requirements_txt"), "`requirements_txt`")
        yield from _named(named, requirements.read, path)


def _named(named: yamlpos.Text, read: Callable[[Path], Iterable[Listed]], path: Path) -> Iterator[Listed]:
    try:
        yield from read(path.parent / named.value)
    except UserError as error:
        where = named.place if error.place == str(path.parent / named.value) else error.place
        raise UserError(f"`{named.value[:80]}` {error.problem}", place=where, hint=error.hint) from None


def _conda(conda: yamlpos.Map, path: Path) -> Iterator[Listed]:
    if not _is_empty(conda.get("environment_yml")):
        named = yamlpos.text(conda.get("environment_yml"), "`environment_yml`")
        yield from _named(named, lambda file: conda_environment.read(file).entries, path)
    for key in ("dependencies", "pip"):
        if _is_empty(conda.get(key)):
            continue
        for item in yamlpos.texts(conda.get(key), f"`{key}`"):
            if key == "pip":
                yield from requirements.parse(item.value, str(path), folder=path.parent, start=item.place)
            else:
                yield conda_environment.entry(item.value, item.place)


def _variables(node: yamlpos.Node | None) -> dict[str, yamlpos.Text]:
    """Give variables: a mapping, `NAME=VALUE` lines, or mappings with name and value; a file of them is left alone."""
    if _is_empty(node) or isinstance(node, yamlpos.Text):
        return {}
    if isinstance(node, yamlpos.Map):
        return {name: yamlpos.text(value, f"`{name}`") for name, value in node.items.items()}
    found = {}
    for item in yamlpos.sequence(node, "a list of variables"):
        if isinstance(item, yamlpos.Text):
            name, _, value = item.value.partition("=")
            found[name] = yamlpos.Text(value, item.place)
        elif "value" in yamlpos.mapping(item, "a variable").items:
            name = yamlpos.text(yamlpos.mapping(item, "a variable").get("name"), "`name`").value
            found[name] = yamlpos.text(yamlpos.mapping(item, "a variable").get("value"), "`value`")
    return found
