"""Write a fix as bounds for the file that asks for the packages, each with the line to edit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.model import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.model import Fix, Recipe, Wish

_LOCKS = ("pylock", "conda-lock", "none")


def edits(fix: Fix, recipe: Recipe) -> tuple[Edit, ...]:
    """Give the lines to change and to add; none for a lock, which is made again."""
    return () if recipe.kind in _LOCKS else tuple(_edits(fix, recipe))


def _edits(fix: Fix, recipe: Recipe) -> Iterator[Edit]:
    places = [wish.place for wish in recipe.packages if wish.place is not None and wish.place.file == recipe.path]
    last = max((place.line for place in places), default=1)
    for name, cell in fix.pins.items():
        wish = recipe.wish(name)
        bounds = "" if cell in ("*", "") else cell
        if wish is not None and wish.place is not None:
            both = ",".join(part for part in (wish.specifier, bounds) if part) if _keeps(wish, bounds) else bounds
            now = _written(recipe.kind, wish, both)
            yield Edit(wish.place.file, wish.place.line, _written(recipe.kind, wish, wish.specifier), now)
        else:
            yield Edit(recipe.path, last, "", _line(recipe.kind, name, bounds))
    if fix.python:
        place = recipe.python.place if recipe.python else None
        was = f"python {recipe.python.specifier}" if recipe.python else ""
        yield Edit(place.file if place else recipe.path, place.line if place else 1, was, f"python {fix.python}")
    for name, value in fix.env.items() if recipe.kind == "recipe" else ():
        said = "unset" if value is None else f'"{value}"'
        yield Edit(recipe.path, last, "", f"env: {{{name}: {said}}}")


def _keeps(wish: Wish, bounds: str) -> bool:
    """Say whether the old bounds stay beside the new ones: a pin says it all, an upper bound does not."""
    return bool(bounds) and not bounds.startswith("==") and not wish.specifier.startswith("==")


def _written(kind: str, wish: Wish, cell: str) -> str:
    extras = f"[{','.join(wish.extras)}]" if wish.extras else ""
    return _line(kind, f"{wish.name}{extras}", cell)


def _line(kind: str, name: str, cell: str) -> str:
    """Write an entry as its file does."""
    if kind == "recipe":
        return f'{name}: "{cell or "*"}"'
    if kind in ("environment", "bentofile"):
        return f"- {name}{cell}"
    return f'"{name}{cell}"' if kind == "pyproject" else f"{name}{cell}"
