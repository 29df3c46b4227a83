"""What is asked for: recipes, and the entries of the files that list packages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envdoctor.model.smoke import Wanted
    from envdoctor.model.terms import Place


@dataclass(frozen=True, slots=True)
class Wish:
    """What a recipe asks of one package or host component.

    `unmapped`: a conda package, folder or URL of which nothing says what distribution it installs; `unreadable`: a
    range that PEP 440 cannot say; `url`: where it is to be had, if not from an index.
    """

    name: str
    specifier: str = ""
    extras: tuple[str, ...] = ()
    marker: str = ""
    place: Place | None = None
    optional: bool = False
    reason: str = ""
    unmapped: bool = False
    unreadable: str = ""
    url: str = ""


class Listed(NamedTuple):
    """One entry of a requirements, freeze or environment file: what is asked for (or is there), and where it stands.

    `name` is normalised. `url` is what a direct reference, an editable line or a local path points to; such an entry
    may have no name. `constraint` comes from a `-c` file: it bounds a package but does not ask for it. `channel` and
    `build` are conda's.
    """

    name: str
    specifier: str = ""
    extras: tuple[str, ...] = ()
    marker: str = ""
    url: str = ""
    editable: bool = False
    constraint: bool = False
    conda: bool = False
    channel: str = ""
    build: str = ""
    place: Place | None = None


class Ignore(NamedTuple):
    """A finding that the recipe's owner has accepted, why, and until when (an ISO date, or empty)."""

    code: str
    reason: str
    until: str = ""
    place: Place | None = None


class Locking(NamedTuple):
    """How an environment is to be frozen: where packages come from, for which conda platforms, and up to when.

    `before` is an instant (RFC 3339); `torch` the variant of PyTorch, empty where a rule is to choose it.
    """

    channels: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    before: str = ""
    torch: str = ""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a stack needs. `kind` says which file it was read from; `none` judges the target alone."""

    name: str = ""
    kind: str = "none"
    path: str = ""
    about: str = ""
    python: Wish | None = None
    packages: tuple[Wish, ...] = ()
    forbidden: tuple[Wish, ...] = ()
    host: tuple[Wish, ...] = ()
    env: tuple[Wish, ...] = ()
    machines: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    imports: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    smoke: tuple[Wanted, ...] = ()
    ignores: tuple[Ignore, ...] = ()
    locking: Locking = field(default_factory=Locking)

    def wish(self, name: str) -> Wish | None:
        """Give the wish for a package, if there is one."""
        return next((wish for wish in self.packages if wish.name == name), None)
