"""`envdoctor explain`: what is known of a code or a package."""

from __future__ import annotations

from typing import Annotated

import typer

from envdoctor.cli import options

Asked = Annotated[str, typer.Argument(metavar="CODE|PACKAGE|PACKAGE:NAME", help="TF001, tensorflow-hub, numpy:float …")]


Online = Annotated[bool, typer.Option("--online", help="Ask the index which releases have PACKAGE:NAME.")]


def explain(
    asked: Asked,
    online: Online = False,
    matrix: options.Matrix = None,
    color: options.Colored = options.Color.AUTO,
) -> None:
    """Tell what is known of a code or a package, from where, since when, and what was tried and refuted."""
    from envdoctor.app import knowledge
    from envdoctor.cli import output
    from envdoctor.report import knowledge as report

    found = knowledge.explain(asked, tuple(matrix or ()), online=online)
    if found.text:
        output.show(report.documentation(f"{found.asked}: {found.text}", output.width()), color)
        return
    if found.mechanism:
        output.show(report.mechanism(found.mechanism, found.old, output.width()), color)
        return
    output.show(report.claims(found.claims, found.old, output.width()), color)
    if found.history is not None:
        output.show(report.time_line(found.history, output.width()), color)
