"""Link small jobs: a program or a recipe beside an environment, and what is found wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.app import check
from envdoctor.app.options import At, Filters, Options

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from envdoctor.model import Finding, Report


def linked(
    site: Path,
    program: str = "",
    recipe: str = "",
    *,
    select: Sequence[str] = ("LINK",),
    given: Sequence[str] = (),
    machines: Sequence[str] = (),
) -> Report:
    """Give the report of a link check, of a program or of what a recipe asks for."""
    job = site.parents[3] / "job"
    (job / "train.py").write_text(program)
    (job / "recipe.yml").write_text(f"recipe: 1\nname: job\n{recipe}")
    code = (job / "train.py",) if program else ()
    at = At(str(site.parents[2]), tuple(given), static=True, deep=True)
    options = Options(str(job / "recipe.yml"), at, Filters(select=tuple(select)), machines=tuple(machines), code=code)
    return check.check(options, lambda _: None)


def problems(report: Report) -> list[Finding]:
    return [finding for finding in report.findings if finding.code.startswith("LINK") and finding.code != "LINK000"]
