"""Read YAML as text with positions: `2.10` stays 2.10, a repeated key is an error, every value knows its line.

Nothing here is turned into numbers, dates or booleans; whoever needs one says so. Aliases are followed, but a document
that unfolds to more than `MOST_NODES` values is refused (the "billion laughs").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml

from envdoctor.errors import UserError, near
from envdoctor.model import Place

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

MOST_NODES = 200_000
DEEPEST = 60
_HARMLESS = 500  # so few brackets, or such short indents, cannot overflow anything
_LONG_LEAD = re.compile(r"^[ ?-]{500}", re.MULTILINE)
_NOWHERE = Place("")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar as it is written, and where."""

    value: str
    place: Place
    quoted: bool = False
    end: Place = _NOWHERE

    @property
    def empty(self) -> bool:
        """Say whether the value is YAML's null."""
        return not self.quoted and self.value in ("", "~", "null")


@dataclass(frozen=True, slots=True)
class List:
    """A sequence and where it starts and ends."""

    items: tuple[Node, ...]
    place: Place
    end: Place = _NOWHERE

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)


@dataclass(frozen=True, slots=True)
class Map:
    """A mapping with text keys, in the order of the file, and where it starts and ends."""

    items: dict[str, Node]
    keys: dict[str, Text]
    place: Place
    end: Place = _NOWHERE

    def get(self, key: str) -> Node | None:
        """Give the value of a key, or None."""
        return self.items.get(key)

    def only(self, known: Collection[str], what: str) -> None:
        """Refuse keys that nobody reads."""
        for key, written in self.keys.items():
            if key not in known:
                raise UserError(f"unknown key `{key}` in {what}", place=written.place, hint=near(key, known))


Node = Text | List | Map


def read(source: str, file: str) -> Node:
    """Give the one document of a YAML text; raise UserError with its place."""
    try:
        if _may_be_deep(source) and _depth(source) > DEEPEST:
            raise UserError("nested too deeply", place=Place(file))
        root = yaml.compose(source, Loader=_LOADER)
        if root is None:
            raise UserError("the file is empty", place=Place(file))
        return _Reader(file).node(root, 0)
    except RecursionError:
        raise UserError("nested too deeply", place=Place(file)) from None
    except yaml.MarkedYAMLError as error:
        raise UserError(_reason(error), place=_marked(error, file)) from None
    except yaml.reader.ReaderError as error:
        line = source.count("\n", 0, error.position) + 1
        raise UserError(f"not a text YAML can hold: {error.reason}", place=Place(file, line)) from None
    except (yaml.YAMLError, ValueError) as error:
        raise UserError(f"not YAML: {error}", place=Place(file)) from None


def _may_be_deep(source: str) -> bool:
    return source.count("[") + source.count("{") > _HARMLESS or _LONG_LEAD.search(source) is not None


def _depth(source: str) -> int:
    """Give the deepest nesting, from the parser's events: composing recurses in C, and its stack can overflow."""
    depth = deepest = 0
    for event in yaml.parse(source, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        deepest = max(deepest, depth)
        if deepest > DEEPEST:
            break
    return deepest


def _reason(error: yaml.MarkedYAMLError) -> str:
    if "nesting depth" in (error.problem or ""):  # newer releases of libyaml count for themselves
        return "nested too deeply"
    return ": ".join(part for part in (error.context, error.problem) if part) or "not YAML"


def _marked(error: yaml.MarkedYAMLError, file: str) -> Place:
    mark = error.problem_mark or error.context_mark
    return Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)


class _Reader:
    """Turn composed nodes into ours, counting them."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.count = 0
        self._made: dict[int, tuple[Node, int, int]] = {}  # what aliases lead to: with its size and height
        self._height = 0

    def node(self, found: yaml.Node, depth: int) -> Node:
        """Give our node for a composed one; an alias counts as often as it is followed, and is made once."""
        if made := self._made.get(id(found)):
            node, size, height = made
            self.count += size
            self._height = max(self._height, height)
            if self.count > MOST_NODES or depth + height > DEEPEST:
                raise UserError("too large or nested too deeply", place=node.place)
            return node
        before, beside, self._height = self.count, self._height, 0
        node = self._new(found, depth)
        if not isinstance(node, Text):
            self._height += 1
            self._made[id(found)] = node, self.count - before, self._height
        self._height = max(beside, self._height)
        return node

    def _new(self, found: yaml.Node, depth: int) -> Node:
        place = Place(self.file, found.start_mark.line + 1, found.start_mark.column + 1)
        end = Place(self.file, found.end_mark.line + 1, found.end_mark.column + 1)
        self.count += 1
        if self.count > MOST_NODES or depth > DEEPEST:
            raise UserError("too large or nested too deeply", place=place)
        if isinstance(found, yaml.MappingNode):
            return self._map(found, place, end, depth)
        if isinstance(found, yaml.SequenceNode):
            return List(tuple(self.node(item, depth + 1) for item in found.value), place, end)
        return Text(str(found.value), place, getattr(found, "style", None) not in (None, ""), end)

    def _map(self, found: yaml.MappingNode, place: Place, end: Place, depth: int) -> Map:
        items: dict[str, Node] = {}
        keys: dict[str, Text] = {}
        for left, right in found.value:
            key = self.node(left, depth + 1)
            if not isinstance(key, Text):
                raise UserError("a key must be a plain word", place=key.place)
            if key.value in items:
                raise UserError(f"`{key.value}` stands here twice", place=key.place, hint="keep one of them")
            keys[key.value] = key
            items[key.value] = self.node(right, depth + 1)
        return Map(items, keys, place, end)


def written(document: object) -> str:
    """Give plain data as YAML text, in its own order, as conda-lock and others write it."""
    return str(yaml.dump(document, Dumper=_DUMPER, sort_keys=False))


def offset(source: str, place: Place) -> int:
    """Give the index in a text of a place in it."""
    return sum(len(line) + 1 for line in source.split("\n")[: place.line - 1]) + place.column - 1


def text(node: Node | None, what: str) -> Text:
    """Give a scalar; raise UserError if something else stands there."""
    if not isinstance(node, Text):
        place: Place | str = node.place if node is not None else ""
        raise UserError(f"{what} must be one value", place=place)
    return node


def mapping(node: Node | None, what: str) -> Map:
    """Give a mapping; raise UserError if something else stands there."""
    if not isinstance(node, Map):
        place: Place | str = node.place if node is not None else ""
        raise UserError(f"{what} must be a mapping (`name: value`)", place=place)
    return node


def sequence(node: Node | None, what: str) -> List:
    """Give a list; raise UserError if something else stands there."""
    if not isinstance(node, List):
        place: Place | str = node.place if node is not None else ""
        raise UserError(f"{what} must be a list", place=place, hint="write it as `[a, b]`")
    return node


def texts(node: Node | None, what: str) -> tuple[Text, ...]:
    """Give a list of scalars."""
    return tuple(text(item, f"an entry of {what}") for item in sequence(node, what))
