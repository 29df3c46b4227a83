"""Turn what is asked for into processes: trials whose modules need the same packages share one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from envdoctor.smoke import catalog

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from envdoctor.model.smoke import Wanted
    from envdoctor.smoke.catalog import Trial


class Settings(NamedTuple):
    """How to try: device, size of the models, threads; seconds of CPU and of wall time a process may take."""

    device: str = "cpu"
    preset: str = "tiny"
    threads: int = 1
    cpu: float = 300.0
    wall: float = 1800.0


class Job(NamedTuple):
    """One process: the words after the target's Python, the trials it is asked for, the packages that it needs."""

    name: str
    words: tuple[str, ...]
    asked: tuple[str, ...]
    needs: tuple[str, ...] = ()
    folder: str = ""


def jobs(trials: Iterable[Trial], settings: Settings) -> list[Job]:
    """Give the processes that run trials."""
    together: dict[tuple[str, ...], list[Trial]] = {}
    for trial in trials:
        together.setdefault(trial.needs, []).append(trial)
    return [_job(needs, group, settings) for needs, group in together.items()]


def _job(needs: tuple[str, ...], group: Sequence[Trial], settings: Settings) -> Job:
    modules = list(dict.fromkeys(trial.module for trial in group))
    names = tuple(trial.name for trial in group)
    words = [str(catalog.PROGRAMS / "harness.py"), "--modules", ",".join(modules), "--only", ",".join(names)]
    words += ["--device", settings.device, "--preset", settings.preset, "--threads", str(settings.threads)]
    return Job(needs[0], tuple(words), names, needs)


def own(wanted: Wanted, folder: str) -> Job:
    """Give the process that runs a script of the recipe's owner, in the recipe's folder."""
    return Job(wanted.run, (wanted.run,), (wanted.name,), folder=folder)
