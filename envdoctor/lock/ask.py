"""Ask uv what a computer would get: under pins, of its cache alone where that holds all that decides."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from envdoctor.errors import CannotLook
from envdoctor.solve import uv

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from envdoctor.lock.spots import Spot
    from envdoctor.lock.wanted import Wanted


_ROUNDS = 5  # from what a cache holds to what is asked for
NOT_FOUND = re.compile(r"\b([a-z0-9._-]+) was not found in the package registry")


@dataclass(slots=True)
class Learnt:
    """What was learnt of an index in this run: the pages that were read, and the packages that it has not."""

    pages: set[tuple[str, str]] = field(default_factory=set)
    unknown: list[str] = field(default_factory=list)


class Index:
    """What an index of Python packages has for a computer; `kept` is an earlier lock for it.

    `outside` are packages that others install. What was `learnt` is shared by all who ask in the same run.
    """

    def __init__(
        self, wanted: Wanted, spot: Spot, learnt: Learnt, *, kept: str = "", outside: Sequence[str] = ()
    ) -> None:
        self._wanted, self._spot, self._learnt, self._kept, self._outside = wanted, spot, learnt, kept, outside
        self._wheelless = dict(wanted.wheelless)

    def __call__(self, pins: Mapping[str, str], asked: frozenset[str]) -> uv.Answer:
        """Give the set under pins, those of what is asked for as requirements, the others as bounds."""
        answer = self._answer(pins, asked)
        unknown = self._learnt.unknown
        while (missing := NOT_FOUND.search(answer.reason)) and missing[1] in {*self._outside} - {*unknown}:
            unknown.append(missing[1])  # it is there all the same
            answer = self._answer(pins, asked)
        newer = [n for n, rows in self._wheelless.items() if answer.versions.get(n, "") not in {"", *rows}]
        if not newer:
            return answer
        # Only those releases are to be built that have no wheel, not later ones as well.
        whole = self._wheelless
        self._wheelless = {name: rows for name, rows in whole.items() if name not in newer}
        again = self._answer(pins, asked)
        if again.reason:
            self._wheelless = whole
        return answer if again.reason else again

    def _answer(self, pins: Mapping[str, str], asked: frozenset[str]) -> uv.Answer:
        question = self._question(pins, asked)
        answer = self._of_cache(question)
        if answer is None:
            answer = self._of_index(question)
            self._learnt.pages |= {page for page in answer.pages if page[0] in answer.versions}
        return answer

    def _of_index(self, question: uv.Question) -> uv.Answer:
        answer = uv.solve(question, limit=self._wanted.limit)
        if not answer.asked:
            raise CannotLook(f"the index cannot be asked: {answer.reason}", hint="nothing was written")
        return answer

    def _of_cache(self, question: uv.Question) -> uv.Answer | None:
        """Give the answer of the cache, with all that it rests on read anew: at once, not one after the other."""
        for _ in range(_ROUNDS):
            answer = uv.solve(_with(question, cached=True), limit=self._wanted.limit)
            if not answer.asked or answer.short or not answer.pages:
                return None
            stale = {name for name, _ in answer.pages - self._learnt.pages}
            if not stale and not answer.lacks:
                return answer
            if not (self._read(question, stale) if stale else self._look_into(question, answer)):
                return None
        return None

    def _read(self, question: uv.Question, names: Collection[str]) -> bool:
        """Read the pages of packages. Nothing is built, for what they need is said not to matter."""
        part = dataclasses.replace(_part(question, sorted(names), names), builds=True)
        answer = self._of_index(part)
        self._learnt.pages |= answer.pages if not answer.reason else set()
        return not answer.reason

    def _look_into(self, question: uv.Question, answer: uv.Answer) -> bool:
        """Read what those releases need that were passed over because the cache did not say."""
        pins = [f"{name}=={version}" for name, version in answer.lacks.items()]
        others = {name for name, _ in answer.pages} - answer.lacks.keys()
        return not self._of_index(_part(question, pins, others)).reason

    def _question(self, pins: Mapping[str, str], asked: frozenset[str]) -> uv.Question:
        wanted, spot = self._wanted, self._spot
        words = {name: name if cell == "*" else f"{name}{cell}" for name, cell in pins.items()}
        files = uv.Files(
            constraints=[*wanted.bounds, *(word for name, word in words.items() if name not in asked)],
            kept=self._kept,
            anew=wanted.anew,
            indexes=wanted.recipe.locking.indexes,
            torch=spot.torch,
            outside=self._outside,
            unknown=tuple(self._learnt.unknown),
            built=wanted.built,
            macos=spot.macos,
        )
        requirements = [*wanted.requirements, *(words[name] for name in sorted(asked))]
        return uv.Question(requirements, {}, spot.python, spot.uv, self._wheelless, files=files, before=wanted.before)


def _with(question: uv.Question, **changes: Any) -> uv.Question:
    assert question.files is not None
    return dataclasses.replace(question, files=dataclasses.replace(question.files, **changes))


def _part(question: uv.Question, requirements: Sequence[str], silent: Collection[str]) -> uv.Question:
    """Give a question of the same index about these requirements alone."""
    bare = _with(question, silent=sorted(silent), constraints=(), kept="", outside=(), unknown=())
    return dataclasses.replace(bare, requirements=requirements, wheelless={})
