"""Write a fix as the command to paste, with what the target has: uv or pip, that interpreter, variables before it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envdoctor.model import Facts, Fix


def _is_exact(value: str) -> bool:
    """Say whether a value can be typed: options or one word, and not words such as `the folder that holds it`."""
    return " " not in value or value.startswith("-")


def written(fix: Fix, facts: Facts, *, also: Sequence[str] = (), uv: str = "") -> str:
    """Give the lines to paste, or an empty text if nothing can be typed; `uv` is how uv is typed, if there is one.

    Another Python is another environment, and into the system's own Python nothing is installed (PEP 668). What is not
    installed yet is changed in its file.
    """
    if fix.python or facts.managed or facts.target.kind == "solution":
        return ""
    lines = [
        f"export {name}={shlex.quote(value)}"
        for name, value in fix.env.items()
        if value is not None and _is_exact(value)
    ]
    lines += [f"unset {name}" for name, value in fix.env.items() if value is None]
    wanted = [name if cell in ("*", "") else f"{name}{cell}" for name, cell in fix.pins.items()]
    again = [_same(name, facts) for name in fix.reinstall if name not in fix.pins]
    if wanted or again or also:
        words = [*_installer(facts, uv), *_reinstall(fix, facts, uv)]
        lines.append(" ".join([*words, *map(shlex.quote, [*wanted, *again, *also])]))
    return "\n".join(lines)


def _same(name: str, facts: Facts) -> str:
    """Give a distribution that is to be installed again in the version that it has."""
    dist = facts.by_name.get(name)
    return f"{name}=={dist.version}" if dist is not None and dist.version and not dist.fault else name


def _installer(facts: Facts, uv: str) -> list[str]:
    """Name the installer: the target's pip if it has one, else uv; for a record the plain word."""
    if facts.target.kind != "interpreter":
        return ["pip", "install"]
    python = path(facts.target.path)
    if uv and "pip" not in facts.by_name:
        return [path(uv), "pip", "install", "--python", python]
    return [python, "-m", "pip", "install"]


def path(written: str) -> str:
    """Quote a path for a shell, the tilde of the home folder left free to expand."""
    return "~/" + shlex.quote(written[2:]) if written.startswith("~/") else shlex.quote(written)


def _reinstall(fix: Fix, facts: Facts, uv: str) -> list[str]:
    if not fix.reinstall:
        return []
    if uv and facts.target.kind == "interpreter" and "pip" not in facts.by_name:
        return [word for name in fix.reinstall for word in ("--reinstall-package", shlex.quote(name))]
    return ["--force-reinstall", "--no-deps"]
