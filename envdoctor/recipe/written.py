"""Read a recipe.yml: every mistake is told with file, line, column, problem and a hint."""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING

from packaging.markers import InvalidMarker, Marker

from envdoctor import cells, yamlpos
from envdoctor.errors import UserError, near
from envdoctor.model import HOST_COMPONENTS, Ignore, Place, Recipe, Wish, can_be_given, normalised
from envdoctor.model.smoke import Wanted
from envdoctor.recipe import locking

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYS = "recipe name about python packages optional forbidden host env machines lock imports uses smoke ignore".split()
_HOST = "accelerator driver gpu glibc libstdcxx os arch cuda cudnn nccl container".split()
_GPU = {"compute", "memory", "count", "name"}
_GIVEN = ("gpu.compute", "gpu.memory", "gpu.count", "gpu.name", "cuda.driver", "cuda.toolkit")
_ACCELERATORS = ("cuda", "cpu", "any")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?")
_PACKAGE = re.compile(r"(?P<conda>conda:)?(?P<name>[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)(\[(?P<extras>[^\]]*)\])?")
_MEMORY = re.compile(r"(>=|>)?\s*\d+(\.\d+)?\s*([MGT]i?B)?", re.IGNORECASE)


def recipe(node: yamlpos.Node, file: str) -> Recipe:
    """Give the recipe that a document states; raise UserError at the first mistake."""
    root = yamlpos.mapping(node, "a recipe")
    root.only(KEYS, "a recipe")
    _version(root, file)
    return Recipe(
        name=_name(root),
        kind="recipe",
        path=file,
        about=yamlpos.text(root.get("about"), "`about`").value if root.get("about") else "",
        python=_python(root),
        packages=(*_packages(root, "packages"), *_packages(root, "optional", optional=True)),
        forbidden=tuple(_forbidden(root)),
        host=tuple(_host(root)),
        env=tuple(_env(root)),
        machines=_machines(root),
        imports=tuple(item.value for item in _texts(root, "imports")),
        uses=tuple(item.value for item in _texts(root, "uses")),
        smoke=tuple(_smoke(root)),
        ignores=tuple(_ignores(root)),
        locking=locking.of(root),
    )


def _version(root: yamlpos.Map, file: str) -> None:
    if "recipe" not in root.items:
        raise UserError("`recipe: 1` is missing", place=Place(file), hint="the first line of a recipe")
    version = yamlpos.text(root.get("recipe"), "`recipe`")
    if version.value != "1":
        raise UserError(f"recipe version `{version.value}` is not known", place=version.place, hint="write `recipe: 1`")


def _name(root: yamlpos.Map) -> str:
    if "name" not in root.items:
        raise UserError("`name` is missing", place=root.place)
    name = yamlpos.text(root.get("name"), "`name`")
    if not _NAME.fullmatch(name.value):
        raise UserError(f"`{name.value}` is not a name", place=name.place, hint="letters, digits and dashes")
    return name.value


def _inner(root: yamlpos.Map, key: str) -> yamlpos.Map | None:
    found = root.get(key)
    if found is None or (isinstance(found, yamlpos.Text) and found.empty):
        return None
    return yamlpos.mapping(found, f"`{key}`")


def _texts(root: yamlpos.Map, key: str) -> tuple[yamlpos.Text, ...]:
    found = root.get(key)
    return () if found is None else yamlpos.texts(found, f"`{key}`")


def _range(item: yamlpos.Text) -> str:
    try:
        return cells.specifier(item.value)
    except ValueError as error:
        raise UserError(str(error), place=item.place, hint='for example `">=2.4,<3"`, `2.15` or `"*"`') from None


def _python(root: yamlpos.Map) -> Wish | None:
    if root.get("python") is None:
        return None
    item = yamlpos.text(root.get("python"), "`python`")
    return Wish("python", _range(item), place=item.place)


def _packages(root: yamlpos.Map, key: str, *, optional: bool = False) -> Iterator[Wish]:
    inner = _inner(root, key)
    seen: dict[str, Place] = {}
    for written, item in inner.items.items() if inner else ():
        assert inner is not None
        wish = _package(inner.keys[written], item, optional=optional)
        if wish.name in seen:
            raise UserError(
                f"`{wish.name}` stands here twice", place=inner.keys[written].place, hint=f"also at {seen[wish.name]}"
            )
        seen[wish.name] = inner.keys[written].place
        yield wish


def _package(key: yamlpos.Text, item: yamlpos.Node, *, optional: bool) -> Wish:
    found = _PACKAGE.fullmatch(key.value)
    if not found:
        raise UserError(f"`{key.value}` is not a package name", place=key.place, hint="for example `jax[cuda12]`")
    version, marker = item, ""
    if isinstance(item, yamlpos.Map):
        item.only({"version", "when"}, f"`{key.value}`")
        version = item.get("version") or yamlpos.Text("*", item.place)
        marker = _marker(item)
    extras = tuple(normalised(part.strip()) for part in (found["extras"] or "").split(",") if part.strip())
    return Wish(
        name=normalised(found["name"]),
        specifier=_range(yamlpos.text(version, f"`{key.value}`")),
        extras=extras,
        marker=marker,
        place=key.place,
        optional=optional,
        unmapped=bool(found["conda"]),
    )


def _marker(item: yamlpos.Map) -> str:
    if "when" not in item.items:
        return ""
    when = yamlpos.text(item.get("when"), "`when`")
    try:
        Marker(when.value)
    except InvalidMarker as error:
        problem = str(error).splitlines()[0]
        raise UserError(
            f"not an environment marker: {problem}", place=when.place, hint="`sys_platform == 'linux'`"
        ) from None
    return when.value


def _forbidden(root: yamlpos.Map) -> Iterator[Wish]:
    inner = _inner(root, "forbidden")
    for written, item in inner.items.items() if inner else ():
        assert inner is not None
        reason = yamlpos.text(item, f"`{written}`")
        key = inner.keys[written]
        found = _PACKAGE.fullmatch(written)
        if not found:
            raise UserError(f"`{written}` is not a package name", place=key.place)
        yield Wish(normalised(found["name"]), place=key.place, reason=reason.value)


def _host(root: yamlpos.Map) -> Iterator[Wish]:
    inner = _inner(root, "host")
    if inner is None:
        return
    inner.only(_HOST, "`host`")
    for key, item in inner.items.items():
        if key == "gpu":
            gpu = yamlpos.mapping(item, "`gpu`")
            gpu.only(_GPU, "`gpu`")
            for part, cell in gpu.items.items():
                yield _host_wish(f"gpu.{part}", yamlpos.text(cell, f"`{part}`"))
        else:
            yield _host_wish(key, yamlpos.text(item, f"`{key}`"))


def _host_wish(name: str, item: yamlpos.Text) -> Wish:
    if name == "accelerator" and item.value not in _ACCELERATORS:
        raise UserError(f"`{item.value}` is no accelerator", place=item.place, hint=near(item.value, _ACCELERATORS))
    if name == "gpu.memory" and not _MEMORY.fullmatch(item.value):
        raise UserError(f"`{item.value}` is not a size", place=item.place, hint='for example `">=40 GiB"`')
    plain = name in ("accelerator", "gpu.memory", "gpu.name", "os", "arch", "container")
    return Wish(name, item.value if plain else _range(item), place=item.place)


def _env(root: yamlpos.Map) -> Iterator[Wish]:
    inner = _inner(root, "env")
    for name, item in inner.items.items() if inner else ():
        value = yamlpos.text(item, f"`{name}`")
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise UserError(f"`{name}` is not the name of a variable", place=value.place)
        yield Wish(name, value.value, place=value.place)


def _machines(root: yamlpos.Map) -> dict[str, dict[str, str]]:
    inner = _inner(root, "machines")
    found: dict[str, dict[str, str]] = {}
    for name, item in inner.items.items() if inner else ():
        facts = yamlpos.mapping(item, f"machine `{name}`")
        for key in facts.items:
            if not can_be_given(key):
                hint = near(key, {*HOST_COMPONENTS, *_GIVEN})
                raise UserError(f"`{key}` is no fact of a machine", place=facts.keys[key].place, hint=hint)
        found[name] = {key: yamlpos.text(value, f"`{key}`").value for key, value in facts.items.items()}
    return found


def _smoke(root: yamlpos.Map) -> Iterator[Wanted]:
    """Give the trials by name, the scripts (`{run: FILE}`) and the BentoML services (`{serve: FILE}`)."""
    for node in yamlpos.sequence(root.get("smoke"), "`smoke`") if root.get("smoke") is not None else ():
        if not isinstance(node, yamlpos.Map):
            name = yamlpos.text(node, "an entry of `smoke`")
            yield Wanted(name.value, place=name.place)
            continue
        node.only({"run", "serve"}, "an entry of `smoke`")
        if len(node.items) != 1:
            raise UserError("says not what to run", place=node.place, hint="{run: tests/smoke.py}, {serve: service.py}")
        ((key, item),) = node.items.items()
        file = yamlpos.text(item, f"`{key}`")
        yield Wanted(file.value, **{key: file.value}, place=file.place)


def _ignores(root: yamlpos.Map) -> Iterator[Ignore]:
    if root.get("ignore") is None:
        return
    for node in yamlpos.sequence(root.get("ignore"), "`ignore`"):
        item = yamlpos.mapping(node, "an entry of `ignore`")
        item.only({"code", "reason", "until"}, "an entry of `ignore`")
        for needed in ("code", "reason"):
            if needed not in item.items:
                raise UserError(f"`{needed}` is missing", place=item.place, hint="{code: TF001, reason: why}")
        code = yamlpos.text(item.get("code"), "`code`")
        if not code.value.strip():
            raise UserError("`code` is empty", place=code.place, hint="{code: TF001, reason: why}")
        reason = yamlpos.text(item.get("reason"), "`reason`")
        yield Ignore(code.value, reason.value, _until(item), code.place)


def _until(item: yamlpos.Map) -> str:
    if "until" not in item.items:
        return ""
    until = yamlpos.text(item.get("until"), "`until`")
    try:
        datetime.date.fromisoformat(until.value)
    except ValueError:
        raise UserError(f"`{until.value}` is not a day", place=until.place, hint="write YYYY-MM-DD") from None
    return until.value
