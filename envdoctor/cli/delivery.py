"""Deliver a report: to files, whole ones or none, and then to stdout."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

import typer

from envdoctor.cli.options import Color, Format

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from envdoctor.model import Report
    from envdoctor.report.layout import Line

    Lines = Callable[[int], Iterable[Line]]


class Way(NamedTuple):
    """How a report is wanted: the format on stdout, a format for each file, colour, and how much is told."""

    form: Format
    files: Mapping[str, Format]
    color: Color
    volume: int

    @classmethod
    def of(cls, form: Format, json: bool, outputs: Sequence[str] | None, color: Color, volume: int) -> Way:
        """Give the way that options ask for; refuse an output that is not `FORMAT=FILE`."""
        files: dict[str, Format] = {}
        for given in outputs or ():
            named, _, file = given.partition("=")
            if named not in list(Format) or file in ("", "-"):
                raise typer.BadParameter(f"`-o {given}` is not FORMAT=FILE (formats: {', '.join(Format)})")
            if file in files:
                raise typer.BadParameter(f"`{file}` is named twice")
            files[file] = Format(named)
        return cls(Format.JSON if json else form, files, color, volume)


def deliver(report: Report, way: Way, lines: Lines | None = None) -> None:
    """Write the files of a report, print it, and end with its status; `lines` lays it out as text for a width.

    A reader that goes away while it is printed changes nothing: what was judged is judged.
    """
    lines = lines or (lambda width: _lines(report, width, way.volume))
    if way.files:
        from envdoctor.app import outputs

        outputs.write({file: _text(report, form, lines) for file, form in way.files.items()})
    try:
        _print(report, way, lines)
        sys.stdout.flush()
    except BrokenPipeError:
        from envdoctor.cli import output

        output.silence()
    raise typer.Exit(report.exit_code)


def _lines(report: Report, width: int, volume: int) -> Iterable[Line]:
    from envdoctor.report import layout

    return layout.lines(report, width=width, volume=volume)


def _print(report: Report, way: Way, lines: Lines) -> None:
    if way.form is not Format.TEXT:
        sys.stdout.write(_rendered(report, way.form))
        return
    from envdoctor.cli import output

    output.show(lines(output.width()), way.color)


def _text(report: Report, form: Format, lines: Lines) -> str:
    """Give what a file is to hold."""
    if form is not Format.TEXT:
        return _rendered(report, form)
    from envdoctor.report import layout

    return layout.plain(lines(80))


def _rendered(report: Report, form: Format) -> str:
    """Give a report in a format for machines, by the module of that name: no other is loaded."""
    from importlib import import_module

    text: str = import_module(f"envdoctor.report.{form.value}").render(report)
    return text
