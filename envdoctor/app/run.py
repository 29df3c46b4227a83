"""Run a job behind a gate: check, then the job, then, if it failed, the diagnosis joined with this machine's facts."""

from __future__ import annotations

import datetime
import json
import os
import shutil
from typing import TYPE_CHECKING, NamedTuple

from envdoctor import matrix
from envdoctor.app import check, diagnose, look
from envdoctor.app.options import At, Filters, Options
from envdoctor.errors import CannotLook, UserError
from envdoctor.formats import files
from envdoctor.logs.sieve import Sieve
from envdoctor.model.diagnosis import Log
from envdoctor.run import job

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from envdoctor.model import Report
    from envdoctor.model.diagnosis import Diagnosis
    from envdoctor.run.job import Ended

    Tell = Callable[[str], None]

ERRORS = 1


class Asked(NamedTuple):
    """What to run and how: the words of the job, the gate's subject, and where to keep what comes of it."""

    words: tuple[str, ...]
    subject: str | None = None
    at: At = At()
    filters: Filters = Filters()
    matrix: tuple[Path, ...] = ()
    online: bool = False
    record: Path | None = None


class Ran(NamedTuple):
    """What came of it: the report of a gate that refused, or how the job ended and why it failed."""

    refusal: Report | None = None
    ended: Ended | None = None
    diagnosis: Diagnosis | None = None


def run(asked: Asked, tell: Tell) -> Ran:
    """Run a job; raise UserError for what a person must correct, OSError if the job cannot be started."""
    asked = asked._replace(at=_judging_the_job(asked))
    report = check.check(Options(asked.subject, asked.at, asked.filters, asked.matrix, online=asked.online), tell)
    if report.exit_code == ERRORS:
        return Ran(refusal=report)
    if report.exit_code:
        tell("the environment could not be looked at; the job runs unjudged")
    folder = _begun(asked, tell)
    sieve = Sieve()
    began = datetime.datetime.now(datetime.UTC)
    ended = _listened(asked, folder, sieve)
    told = _diagnosed(asked, sieve, tell) if ended.status and not ended.stopped else None
    if folder:
        _kept(folder, asked, began, ended, told)
    return Ran(ended=ended, diagnosis=told)


def _judging_the_job(asked: Asked) -> At:
    """Judge the Python that the job names, unless a target is named."""
    program = shutil.which(asked.words[0])
    named = os.path.basename(asked.words[0]).startswith("python")
    return asked.at._replace(named=program) if program and named and asked.at.named is None else asked.at


def _begun(asked: Asked, tell: Tell) -> Path | None:
    """Make the folder of the record, with the snapshot of what the job is about to run on."""
    if asked.record is None:
        return None
    try:
        asked.record.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot be made: {error.strerror}", place=str(asked.record)) from None
    try:
        files.write_whole(asked.record / "snapshot.json", look.taken(asked.at, asked.matrix).encode())
    except CannotLook as error:
        tell(f"no snapshot: {error.problem}")
    return asked.record


def _listened(asked: Asked, folder: Path | None, sieve: Sieve) -> Ended:
    if folder is None:
        return job.run(asked.words, sieve.feed)
    with (folder / "log.txt").open("wb", buffering=0) as log:

        def hear(chunk: bytes) -> None:
            sieve.feed(chunk)
            log.write(chunk)

        return job.run(asked.words, hear)


def _diagnosed(asked: Asked, sieve: Sieve, tell: Tell) -> Diagnosis:
    known = matrix.load(asked.matrix)
    lines = tuple(sieve.finish())
    try:
        seen = diagnose.looked(asked.at, known)
    except CannotLook as error:
        tell(f"the log is not joined with the machine's facts: {error.problem}")
        seen = None
    ask = diagnose.asker(seen, tell) if asked.online else None
    return diagnose.of_logs([Log("the job", lines, sieve.total)], diagnose.knowledge(known), seen, ask)


def _kept(folder: Path, asked: Asked, began: datetime.datetime, ended: Ended, told: Diagnosis | None) -> None:
    """Write down what ran, when and how it ended, and the diagnosis of a failure."""
    from envdoctor.report import diagnosis

    document = {
        "schema": "envdoctor.run/1",
        "command": list(asked.words),
        "began": began.isoformat(timespec="seconds"),
        "seconds": round(ended.seconds, 3),
        "status": ended.status,
        "log": "log.txt",
        "snapshot": "snapshot.json",
        "diagnosis": diagnosis.document(told) if told else None,
    }
    files.write_whole(folder / "run.json", (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode())
