"""What became of a lock: what was ruled out on the way, what moved, what was written."""

from __future__ import annotations

from typing import NamedTuple


class Ruling(NamedTuple):
    """What the matrix ruled out: the code and title, what was seen of it, and the bounds that came of it."""

    code: str
    title: str
    seen: str
    bounds: tuple[str, ...]


class Change(NamedTuple):
    """One package that differs: its version in either lock, empty where it is in one alone, and what moved it."""

    name: str
    was: str
    becomes: str
    why: str = ""


class Written(NamedTuple):
    """A lock: where it is, for which machines and Python, up to when, what it brings, what was ruled out, what moved.

    `size` is what an installer downloads for one machine, in bytes, as far as it is stated; `builds` is what it has to
    build, `yanked` what was withdrawn, `rendered` the files that conda-lock made of it. `dry`: it was not written.
    `same`: it was there, and is what it would be.
    """

    path: str
    machines: tuple[str, ...]
    python: str
    before: str
    packages: int
    size: int
    rulings: tuple[Ruling, ...] = ()
    moved: tuple[Change, ...] = ()
    builds: tuple[str, ...] = ()
    yanked: tuple[str, ...] = ()
    dry: bool = False
    new: bool = True
    same: bool = False
    rendered: tuple[str, ...] = ()
