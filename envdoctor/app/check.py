"""Check a target by a subject: begin to look, and judge what is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor import facts
from envdoctor.errors import CannotLook

if TYPE_CHECKING:
    from collections.abc import Callable

    from envdoctor.app.options import Options
    from envdoctor.model import Report


def check(options: Options, tell: Callable[[str], None]) -> Report:
    """Give the report of a check; raise UserError for what a person must correct. `tell` hears of progress."""
    look, refusal = _begin(options)
    try:
        from envdoctor.app import judging  # loaded while the target's Python runs

        return judging.report(options, look or refusal, tell)
    finally:
        if look is not None:
            look.close()


def _begin(options: Options) -> tuple[facts.Look | None, CannotLook]:
    """Begin to look at the target; one that is not there is told after a mistake in the recipe."""
    try:
        # what an installer would choose may be asked of another Python than the target's
        at = options.at._replace(given=()) if options.resolve else options.at
        return facts.Look(at), CannotLook("there is no target")
    except CannotLook as error:
        return None, error
