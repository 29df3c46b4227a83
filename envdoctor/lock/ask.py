"""Ask uv what a computer would get: under pins, of its cache alone where that holds all that decides."""

from __future__ import annotations

import dataclasses
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from envdoctor.errors import CannotLook
from envdoctor.solve import uv

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from envdoctor.lock.spots import Spot
    from envdoctor.lock.wanted import Wanted


NOT_FOUND = re.compile(r"\b([a-z0-9._-]+) was not found in the package registry")


@dataclass(slots=True)
class Learnt:
    """What was learnt of an index in this run: the pages that were read anew, and the packages that it has not."""

    pages: set[str] = field(default_factory=set)
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
        self._begun: tuple[uv.Question, uv.Solving] | None = None

    @contextmanager
    def begun(self) -> Iterator[Index]:
        """Have uv begin with the first question, the one without pins, before anybody asks it."""
        question = self._question({}, frozenset())
        self._begun = question, uv.Solving(question)
        try:
            yield self
        finally:
            if self._begun:
                self._begun[1].end()

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
        answer = self._cached(question)
        if answer is None:
            answer = self._solving(question).answer(self._wanted.limit)
            if not answer.asked:
                raise CannotLook(f"the index cannot be asked: {answer.reason}", hint="nothing was written")
            self._learnt.pages |= answer.pages
        return answer

    def _cached(self, question: uv.Question) -> uv.Answer | None:
        """Give an answer that rests on nothing older than this run: it is the same whatever a cache held before."""
        if not self._learnt.pages or question.files is None:
            return None
        cached = dataclasses.replace(question, files=dataclasses.replace(question.files, cached=True))
        answer = uv.solve(cached, limit=self._wanted.limit)
        whole = answer.asked and not answer.short and answer.pages
        return answer if whole and answer.pages <= self._learnt.pages else None

    def _solving(self, question: uv.Question) -> uv.Solving:
        begun, self._begun = self._begun, None
        if begun and begun[0] == question:
            return begun[1]
        if begun:
            begun[1].end()
        return uv.Solving(question)

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
