"""Plan what can be run for a claim: a set of versions that has to work, one that has to fail, and each fix.

A trial names the packages to install, the variables to set and the program to run. What an example says of the host
(a driver, a GPU) cannot be arranged in a throw-away environment; such an example is left out, and says why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from envdoctor.model import is_host
from envdoctor.model.verification import Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from envdoctor.model import Claim, Fix

_GONE = ("absent", "unset")


class Trial(NamedTuple):
    """One set of packages, and what has to come of it.

    `pins` are the versions to force, `absent` what must not be there, `wanted` what may move (for a fix: its pins and
    the packages around them). `python` is a range. `why` says why it cannot be arranged, if so.
    """

    code: str
    role: Role
    pins: Mapping[str, str]
    absent: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()
    python: str = ""
    env: Mapping[str, str | None] = {}
    fix: Fix | None = None
    why: str = ""


def planned(group: Sequence[Claim]) -> Iterator[Trial]:
    """Give the trials of the claims that one entry compiles to: good sets, bad sets, and every fix of a bad set."""
    claim = group[0]
    if claim.probe or claim.package:
        for example in claim.good:
            yield _of(claim, Role.GOOD, example)
        for example in claim.bad:
            yield _of(claim, Role.BAD, example)
    if claim.package:
        return
    for example in claim.bad[:1]:
        yield from (_fixed(claim, example, fix) for fix in claim.fixes if fix.pins or fix.env or fix.python)


def _of(claim: Claim, role: Role, example: Mapping[str, str]) -> Trial:
    packages = {name: version for name, version in example.items() if not is_host(name)}
    return Trial(
        code=claim.code,
        role=role,
        pins={name: version for name, version in packages.items() if version not in _GONE},
        absent=tuple(name for name, version in packages.items() if version in _GONE),
        python=example.get("python", ""),
        env=_variables(example),
        why=_obstacle(example),
    )


def _variables(example: Mapping[str, str]) -> dict[str, str | None]:
    named = {name.removeprefix("env."): value for name, value in example.items() if name.startswith("env.")}
    return {name: None if value in _GONE else value for name, value in named.items()}


def _obstacle(example: Mapping[str, str]) -> str:
    """Say why an example cannot be arranged: a fact of the host, or a build that no index has."""
    for name, value in example.items():
        if is_host(name) and name != "python" and not name.startswith("env."):
            return f"`{name}` cannot be arranged"
        if "+" in value and not name.startswith("env."):
            return f"{name} {value} is a build of its own"
    return ""


def _fixed(claim: Claim, example: Mapping[str, str], fix: Fix) -> Trial:
    """Give the trial of a fix: its pins, and every other package of the bad set as a wish that may move."""
    base = _of(claim, Role.FIX, example)
    pinned = [name if cell == "*" else f"{name}{cell}" for name, cell in fix.pins.items()]
    others = [name for name in base.pins if name not in fix.pins]
    absent = tuple(name for name in base.absent if name not in fix.pins)
    return base._replace(
        wanted=(*pinned, *others),
        absent=absent,
        python=fix.python or base.python,
        env={**base.env, **fix.env},
        fix=fix,
        why=_obstacle({**example, **({"python": fix.python} if fix.python else {})}),
    )
