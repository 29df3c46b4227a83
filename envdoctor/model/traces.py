"""What was seen on disk and in the process's variables that may bend an environment; checks judge it."""

from __future__ import annotations

from typing import NamedTuple


class Folder(NamedTuple):
    """A folder that the target's Python looks into for code, in search order, and what put it there.

    `origin` is `the standard library`, `site`, `user site`, `system packages`, the name of a variable or of a `.pth`
    file, or `start-up code` where nothing else tells.
    """

    path: str
    origin: str


class Trace(NamedTuple):
    """One thing that was seen, and where.

    `what` is the word by which a check finds it; `name` the distribution, module or variable (`env.NAME`) that it is
    about. `paths` holds a few of `number` files (`of`: how many there are in all). `via` is what puts it in front, as a
    `Folder.origin`; `said` a value, a tag or a version; `others` who else is concerned.
    """

    what: str
    name: str
    paths: tuple[str, ...] = ()
    number: int = 1
    of: int = 0
    via: str = ""
    said: str = ""
    others: tuple[str, ...] = ()
