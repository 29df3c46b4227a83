"""Ask uv what a computer would get: under pins, of its cache alone where that holds all that decides."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from envdoctor.errors import CannotLook
from envdoctor.solve import uv

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from envdoctor.lock.settle import Wanted
    from envdoctor.lock.spots import Spot


_NOT_FOUND = re.compile(r"\b([a-z0-9._-]+) was not found in the package registry")


class Index:
    """What an index of Python packages has for a computer; `kept` is an earlier lock for it."""

    def __init__(self, wanted: Wanted, spot: Spot, kept: str = "", outside: Sequence[str] = ()) -> None:
        self._wanted, self._spot, self._kept, self._outside = wanted, spot, kept, outside
        self._wheelless = dict(wanted.wheelless)
        self._unknown: list[str] = []
        self._asked = False

    def __call__(self, pins: Mapping[str, str], asked: frozenset[str]) -> uv.Answer:
        """Give the set under pins, those of what is asked for as requirements, the others as bounds."""
        answer = self._answer(pins, asked)
        while (missing := _NOT_FOUND.search(answer.reason)) and missing[1] in {*self._outside} - {*self._unknown}:
            self._unknown.append(missing[1])  # it is there all the same
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
        if self._asked and question.files is not None:
            cached = dataclasses.replace(question, files=dataclasses.replace(question.files, cached=True))
            answer = uv.solve(cached, limit=self._wanted.limit)
            if answer.asked and not answer.short:
                return answer
        self._asked = True
        answer = uv.solve(question, limit=self._wanted.limit)
        if not answer.asked:
            raise CannotLook(f"the index cannot be asked: {answer.reason}", hint="nothing was written")
        return answer

    def _question(self, pins: Mapping[str, str], asked: frozenset[str]) -> uv.Question:
        wanted, spot = self._wanted, self._spot
        words = {name: name if cell == "*" else f"{name}{cell}" for name, cell in pins.items()}
        files = uv.Files(
            before=wanted.before,
            constraints=[*wanted.bounds, *(word for name, word in words.items() if name not in asked)],
            kept=self._kept,
            anew=wanted.anew,
            indexes=wanted.recipe.locking.indexes,
            torch=spot.torch,
            outside=self._outside,
            unknown=tuple(self._unknown),
            built=wanted.built,
            macos=spot.macos,
        )
        requirements = [*wanted.requirements, *(words[name] for name in sorted(asked))]
        return uv.Question(requirements, {}, spot.python, spot.uv, self._wheelless, files=files)
