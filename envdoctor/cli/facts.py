"""`envdoctor facts`: take a snapshot of a target."""

from __future__ import annotations

import sys

from envdoctor.cli import options


def facts(
    target: options.Target = None,
    fact: options.Given = None,
    matrix: options.Matrix = None,
    deep: options.Deep = False,
    static: options.Static = False,
    timeout: options.Timeout = 30.0,
) -> None:
    """Print a target's facts as JSON, to be judged elsewhere with `check --target`."""
    from envdoctor.app import look
    from envdoctor.app.options import At

    at = At(named=target, given=tuple(fact or ()), static=static, timeout=timeout, deep=deep)
    sys.stdout.write(look.taken(at, tuple(matrix or ())))
