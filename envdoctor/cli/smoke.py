"""`envdoctor smoke`: does an environment still compute what the papers say?"""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from envdoctor.cli import check, options

if TYPE_CHECKING:
    from envdoctor.app.smoke import Asked
    from envdoctor.cli.delivery import Way


class Preset(StrEnum):
    """The sizes of the models."""

    TINY = "tiny"
    SMALL = "small"


class Device(StrEnum):
    """Where to compute."""

    CPU = "cpu"
    CUDA = "cuda"


Words = Annotated[
    list[str] | None,
    typer.Argument(metavar="[SUBJECT or NAME]...", help="A recipe, names of trials, or both; none: all core trials."),
]
Group = Annotated[
    list[str] | None, typer.Option("--group", help="Also the trials of this group: process, compile, gpu. Repeatable.")
]
Listed = Annotated[bool, typer.Option("--list", help="List the trials and what each proves.")]
Bench = Annotated[bool, typer.Option("--bench", help="Measure and print figures as JSON; judge nothing.")]
At = Annotated[Device, typer.Option("--device", help="Where to compute; with the group gpu it is cuda.")]
Size = Annotated[Preset, typer.Option("--preset", help="The size of the models.")]
Threads = Annotated[int, typer.Option("--threads", min=1, help="How many threads a process may use.")]
Wall = Annotated[float, typer.Option("--timeout", min=1, metavar="S", help="How long a process may take.")]
Cpu = Annotated[float, typer.Option("--cpu", min=1, metavar="S", help="How much CPU time it may take.")]


def smoke(  # noqa: PLR0917  (Typer makes options of them)
    words: Words = None,
    target: options.Target = None,
    group: Group = None,
    listed: Listed = False,
    bench: Bench = False,
    device: At = Device.CPU,
    preset: Size = Preset.TINY,
    threads: Threads = 1,
    timeout: Wall = 1800.0,
    cpu: Cpu = 900.0,
    select: check.Select = None,
    ignore: check.Ignore = None,
    fail_on: check.FailOn = options.FailOn.ERROR,
    strict: check.Strict = False,
    form: options.Form = options.Format.TEXT,
    json: options.Json = False,
    outputs: options.Outputs = None,
    verbose: check.Verbose = False,
    color: options.Colored = options.Color.AUTO,
) -> None:
    """Run reference models and servers by the target's own Python, and judge what they compute.

    Exit status: 0 nothing that fails, 1 a trial that fails, 2 wrong usage or a file to correct, 3 nothing was tried.
    """
    from envdoctor.app import options as how
    from envdoctor.app import smoke as app
    from envdoctor.cli import delivery, output
    from envdoctor.report import smoke as report

    if listed:
        output.show(report.trials(app.listed(), output.width()), color)
        return
    way = delivery.Way.of(form, json, outputs, color, int(verbose))
    chosen = how.Filters(check.prefixes(select), check.prefixes(ignore), fail_on.value, strict)
    settings = app.Settings("cuda" if "gpu" in (group or ()) else device.value, preset.value, threads, cpu, timeout)
    asked = app.Asked(tuple(words or ()), tuple(group or ()), how.At(target), chosen, settings, typed=check.again())
    _run(asked, way, bench=bench)


def _run(asked: Asked, way: Way, *, bench: bool) -> None:
    from envdoctor.app import smoke as app
    from envdoctor.cli import delivery, output
    from envdoctor.report import smoke as report

    if bench:
        sys.stdout.write(report.benchmarks(app.measured(asked, output.tell)))
        return
    smoked = app.smoke(asked, output.tell)
    delivery.deliver(smoked.report, way, lambda wide: report.lines(smoked.report, smoked.ran, wide, way.volume))
