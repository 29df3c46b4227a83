"""Verify claims for real: try what each of them says in throw-away environments, and write down what came of it."""

from __future__ import annotations

import datetime
import platform
import shutil
import sys
import tempfile
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from envdoctor import matrix, processes
from envdoctor.app.knowledge import errors_of, of_example
from envdoctor.errors import CannotLook, UserError
from envdoctor.model.verification import Verification
from envdoctor.solve import uv
from envdoctor.verify import ground as grounds
from envdoctor.verify import listed, results, rewrite
from envdoctor.verify.perform import Knowledge, perform
from envdoctor.verify.trials import planned

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Future

    from envdoctor.matrix import Matrix
    from envdoctor.model import Claim
    from envdoctor.verify.ground import Ground

    Tell = Callable[[Verification, int, int], None]

_REMOVALS = 30  # tries, a tenth of a second apart


class Wanted(NamedTuple):
    """What to verify and within what: code prefixes, claims not checked since a day, jobs, GiB of disk, minutes.

    `kept` is the file of results; `again`: try also what is in it already. `work` keeps the environments' cache.
    """

    matrix: tuple[Path, ...] = ()
    only: tuple[str, ...] = ()
    since: str = ""
    jobs: int = 2
    disk: float = 20.0
    minutes: float = 60.0
    kept: Path = Path("envdoctor-verify.json")
    again: bool = False
    write: bool = False
    work: Path | None = None


class Verified(NamedTuple):
    """What was tried in this run, the codes not reached within the budget, and how many entries were rewritten."""

    results: tuple[Verification, ...]
    left: tuple[str, ...] = ()
    rewritten: int = 0


def verify(wanted: Wanted, tell: Tell) -> Verified:
    """Try the claims that are asked for, the stalest first; raise UserError or CannotLook. `tell` hears of each."""
    program = uv.find()
    if program is None:
        raise CannotLook("uv is not installed", hint="`pip install 'envdoctor[lock]'`")
    known = matrix.load(wanted.matrix)
    waiting = _waiting(known, wanted, () if wanted.again else results.read(wanted.kept))
    folder = wanted.work or Path(tempfile.mkdtemp(prefix="envdoctor-verify-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        ground = grounds.Ground(folder, program, most_bytes=int(wanted.disk * 2**30), pythons=grounds.pythons(program))
        run = _Run(ground, known, wanted, tell)
        left = run.all(waiting)
        run.keep_what_is_seen_here()
    finally:
        if wanted.work is None:
            _removed(folder)
    changed = _rewritten(wanted, run.new) if wanted.write else 0
    return Verified(tuple(run.new.values()), left, changed)


def _removed(folder: Path) -> None:
    """Remove a folder that an installer which is being ended may still write to."""
    for _ in range(_REMOVALS):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.1)


def _waiting(known: Matrix, wanted: Wanted, done: Mapping[str, Verification] | tuple[()]) -> list[list[Claim]]:
    """Give the claims to try, those of one entry together, the ones checked longest ago first."""
    groups: dict[str, list[Claim]] = {}
    for claim in known.everything():
        groups.setdefault(claim.code, []).append(claim)
    for group in listed.stand_ins(matrix.files(wanted.matrix), known.store.part("modules")):
        groups[group[0].code] = group
    here = (listed.IMPLIED,)
    if missing := [prefix for prefix in wanted.only if not any(code.startswith(prefix) for code in (*groups, *here))]:
        raise UserError(f"`--only {missing[0]}` matches no claim", hint="`envdoctor rules` lists the families")
    chosen = [group for code, group in groups.items() if not wanted.only or code.startswith(wanted.only)]
    stale = [group for group in chosen if not wanted.since or group[0].checked < wanted.since]
    tried = [group for group in stale if group[0].code not in done and any(True for _ in planned(group))]
    return sorted(tried, key=lambda group: (group[0].checked, group[0].code))


class _Run:
    """Several claims at once, within the budget; what is found is kept after every claim."""

    def __init__(self, ground: Ground, known: Matrix, wanted: Wanted, tell: Tell) -> None:
        self.ground, self.known, self.wanted, self.tell = ground, known, wanted, tell
        self.kept = results.read(wanted.kept)
        self.new: dict[str, Verification] = {}
        self._running: set[Future[Verification]] = set()
        self._free = shutil.disk_usage(ground.folder).free
        self._until = time.monotonic() + wanted.minutes * grounds.MINUTE
        self._wheelless = known.wheelless()
        self._total = 0

    def all(self, waiting: list[list[Claim]]) -> tuple[str, ...]:
        """Try every claim and give the codes of those for which there was no time or room."""
        queue = list(waiting)
        self._total = len(waiting)
        with ThreadPoolExecutor(self.wanted.jobs) as pool:
            try:
                while queue and self._goes_on():
                    self._running.add(pool.submit(self._tried, queue.pop(0)))
                    self._collect(self.wanted.jobs - 1)
                self._collect(0)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                processes.end_all()
                raise
        return tuple(group[0].code for group in queue)

    def _goes_on(self) -> bool:
        """Say whether time and disk are left; the cache is emptied where it helps, and only while nothing runs."""
        if time.monotonic() > self._until:
            return False
        if grounds.over(self.ground, self._free):
            self._collect(0)
            grounds.empty_cache(self.ground)
        return not grounds.over(self.ground, self._free)

    def _collect(self, most: int) -> None:
        """Wait until no more than so many run, and keep what they found."""
        while len(self._running) > most:
            done, self._running = wait(self._running, return_when=FIRST_COMPLETED)
            for result in (future.result() for future in done):
                self._keep(result)

    def _keep(self, result: Verification) -> None:
        self.new[result.code] = self.kept[result.code] = result
        results.write(self.wanted.kept, self.kept)
        self.tell(result, len(self.new), max(self._total, len(self.new)))

    def keep_what_is_seen_here(self) -> None:
        """Keep what this computer shows of what the matrix says of its like, if that is asked for."""
        for found in listed.of_this_computer(matrix.files(self.wanted.matrix)):
            if not self.wanted.only or found.code.startswith(self.wanted.only):
                self._keep(found)

    def _tried(self, group: Sequence[Claim]) -> Verification:
        known = Knowledge(group, self._errors(group), self._wheelless, _running())
        outcomes = [
            perform(trial, known, self.ground, self.ground.folder / f"{trial.code}-{number}")
            for number, trial in enumerate(planned(group))
        ]
        today = datetime.datetime.now(datetime.UTC).date().isoformat()
        return Verification(group[0].code, today, f"{sys.platform} {platform.machine()}", outcomes)

    def _errors(self, group: Sequence[Claim]) -> Callable[[Mapping[str, str]], list[str]]:
        def judge(example: Mapping[str, str]) -> list[str]:
            claims = self.known.concerning(example, group[0].uses)
            return [finding.code for finding in errors_of(of_example(example), claims, group[0].uses)]

        return judge


def _running() -> str:
    """Give the minor release of this Python: what a claim that names none is tried with."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _rewritten(wanted: Wanted, found: Mapping[str, Verification]) -> int:
    return sum(rewrite.rewrite(path, found) for path in matrix.files(wanted.matrix))
