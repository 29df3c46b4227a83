"""Read the fields that the entries of the matrix share, each with the place of its mistake."""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING, Any

from envdoctor import cells, yamlpos
from envdoctor.errors import UserError, near
from envdoctor.model import HOST_COMPONENTS, HOST_FAMILIES, OF_A_BUILD, normalised

if TYPE_CHECKING:
    from collections.abc import Collection

GRADES = ("executed", "documented", "reported", "derived")
SEVERITIES = ("error", "warning", "info")
KINDS = (
    "version-pair requirement missing-package python-version numpy-abi protobuf abi glibc missing-lib mixed-install "
    "corrupt shadow cpu-only-build cuda-toolkit driver gpu-arch env-var other"
).split()
NO_CHANGE: dict[str, Any] = {
    "pins": {}, "env": {}, "python": None, "reinstall": [], "split": [], "host": {}, "note": "", "gives": {},
}  # fmt: skip
_MOST_REPETITIONS = 3
_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_FIX = NO_CHANGE.keys()


def optional(node: yamlpos.Map, key: str) -> str:
    """Give the text of a field, or an empty one."""
    return yamlpos.text(node.get(key), f"`{key}`").value if key in node.items else ""


def required(node: yamlpos.Map, key: str) -> str:
    """Give the text of a field that must be there."""
    found = optional(node, key)
    if not found:
        raise UserError(f"`{key}` is missing", place=node.place)
    return found


def choice(node: yamlpos.Map, key: str, known: Collection[str], default: str = "") -> str:
    """Give a field that must be one of some words."""
    found = optional(node, key) or default
    if found and found not in known:
        raise UserError(f"`{key}` cannot be `{found}`", place=node.items[key].place, hint=near(found, known))
    return found


def date(node: yamlpos.Map, key: str) -> str:
    """Give a field that must be a day (YYYY-MM-DD)."""
    found = required(node, key)
    try:
        datetime.date.fromisoformat(found)
    except ValueError:
        raise UserError(f"`{key}` must be a day", place=node.items[key].place, hint="write YYYY-MM-DD") from None
    return found


def words(node: yamlpos.Map, key: str) -> list[str]:
    """Give a field that is a list of words, or nothing."""
    return [item.value for item in yamlpos.texts(node.get(key), f"`{key}`")] if key in node.items else []


def strings(node: yamlpos.Map, key: str) -> dict[str, str]:
    """Give a field that maps words to words."""
    if key not in node.items:
        return {}
    inner = yamlpos.mapping(node.get(key), f"`{key}`")
    return {name: yamlpos.text(item, f"`{name}`").value for name, item in inner.items.items()}


def cells_of(node: yamlpos.Map, key: str) -> dict[str, str]:
    """Give a field that maps components to cells."""
    return cells_in(yamlpos.mapping(node.get(key), f"`{key}`")) if key in node.items else {}


def ranges_of(node: yamlpos.Map, key: str) -> dict[str, list[str]]:
    """Give a field that maps names to one range or a list of ranges."""
    found: dict[str, list[str]] = {}
    for name, item in yamlpos.mapping(node.get(key), f"`{key}`").items.items():
        if not _DOTTED.fullmatch(name):
            raise UserError(f"`{name}` is no public name", place=item.place, hint="as a program writes it: numpy.float")
        parts = item.items if isinstance(item, yamlpos.List) else (item,)
        found[name] = [_cell(name, yamlpos.text(part, f"`{name}`")) for part in parts]
    return found


def cells_in(node: yamlpos.Map) -> dict[str, str]:
    """Give a mapping of components to cells, each of which can be read."""
    return {name: _cell(name, yamlpos.text(node.items[name], f"`{name}`")) for name in names_in(node)}


def names_in(node: yamlpos.Map) -> list[str]:
    """Give the keys of a mapping, each of which can name a component."""
    for key in node.keys.values():
        _component(key)
    return list(node.items)


def component(node: yamlpos.Map, key: str) -> str:
    """Give a field that names a component."""
    required(node, key)
    found = yamlpos.text(node.get(key), f"`{key}`")
    _component(found)
    return found.value


def _component(key: yamlpos.Text) -> None:
    """Refuse what can name no component: a fact that nobody reads, or a package not under its normal name."""
    name, (family, dot, _) = key.value, key.value.partition(".")
    normal = normalised(name)
    if dot and family not in HOST_FAMILIES and name.rpartition(".")[2] not in OF_A_BUILD:
        raise UserError(f"unknown component `{name}`", place=key.place, hint=near(family, HOST_FAMILIES))
    if not dot and name not in HOST_COMPONENTS and name != normal:
        raise UserError(f"unknown component `{name}`", place=key.place, hint=f"did you mean `{normal}`?")


def _cell(name: str, item: yamlpos.Text) -> str:
    if name.startswith("env.") or not re.match(r"[<>=!~\d]", item.value):
        return item.value
    try:
        cells.specifier(item.value)
    except ValueError as error:
        raise UserError(str(error), place=item.place) from None
    return item.value


def examples(node: yamlpos.Map, key: str) -> list[dict[str, str]]:
    """Give a list of example sets: component to version or value."""
    if key not in node.items:
        return []
    found = []
    for item in yamlpos.sequence(node.get(key), f"`{key}`"):
        inner = yamlpos.mapping(item, "an example")
        found.append({name: yamlpos.text(inner.items[name], f"`{name}`").value for name in names_in(inner)})
    return found


def patterns(node: yamlpos.Map, key: str) -> list[str]:
    """Give a field of log patterns, each one compiled once to see that it can be, and refused if it could run away."""
    if key not in node.items:
        return []
    for item in yamlpos.texts(node.get(key), f"`{key}`"):
        try:
            re.compile(item.value)
        except re.error as error:
            raise UserError(f"not a pattern: {error}", place=item.place) from None
        if why := _runs_away(item.value):
            raise UserError(f"a pattern that can run away: it has {why}", place=item.place)
    return words(node, key)


def _runs_away(pattern: str) -> str:
    """Say what could make a pattern take more than linear time, or nothing."""
    if re.search(r"\\[1-9]|\(\?P=", pattern):
        return "a back-reference"
    plain = re.sub(r"\\.|\[(?:\\.|[^\]])+\]", "x", pattern)  # an escape or a class is one character
    if re.search(r"\(\?<?[=!]", plain):
        return "a look-around"
    if re.search(r"\)[*+{]", plain):
        return "a group under a repetition"
    if len(re.findall(r"[*+]|\{\d*,\d*\}", plain)) > _MOST_REPETITIONS:
        return f"more than {_MOST_REPETITIONS} repetitions"
    return ""


def refuted(node: yamlpos.Map) -> list[list[str]]:
    """Give what was tried and does not help."""
    if "refuted" not in node.items:
        return []
    found = []
    for item in yamlpos.sequence(node.get("refuted"), "`refuted`"):
        inner = yamlpos.mapping(item, "a refuted fix")
        inner.only({"try", "outcome"}, "a refuted fix")
        found.append([required(inner, "try"), required(inner, "outcome")])
    return found


def fixes(node: yamlpos.Map) -> list[dict[str, Any]]:
    """Give the fixes in their order."""
    if "fixes" not in node.items:
        return []
    return [_fix(yamlpos.mapping(item, "a fix")) for item in yamlpos.sequence(node.get("fixes"), "`fixes`")]


def _fix(node: yamlpos.Map) -> dict[str, Any]:
    node.only(_FIX, "a fix")
    if not any(key in node.items for key in _FIX - {"gives"}):
        raise UserError("a fix must change something", place=node.place)
    env = yamlpos.mapping(node.get("env"), "`env`").items if "env" in node.items else {}
    values = {name: yamlpos.text(item, f"`{name}`") for name, item in env.items()}
    return {
        "pins": _pins(node),
        "env": {name: None if item.empty or item.value == "unset" else item.value for name, item in values.items()},
        "python": optional(node, "python") or None,
        "reinstall": words(node, "reinstall"),
        "split": words(node, "split"),
        "host": strings(node, "host"),
        "note": optional(node, "note"),
        "gives": strings(node, "gives"),
    }


def _pins(node: yamlpos.Map) -> dict[str, str]:
    found = cells_of(node, "pins")
    for name, cell in found.items():
        if cell in ("absent", "unset", "set"):
            place = node.items["pins"].place
            raise UserError(f"`{name}: {cell}` is no pin", place=place, hint="a range, or `*`; say the rest in `note`")
    return found
