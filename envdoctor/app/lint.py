"""Lint the matrix: the form of its files, every example, every fix, and whether the claims agree with one another."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from envdoctor import cells, matrix
from envdoctor.app import lint_listed
from envdoctor.app.knowledge import components, errors_of, of_example
from envdoctor.checks.judge import Broken, Past, judge
from envdoctor.errors import UserError
from envdoctor.model import Status, is_host

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from envdoctor.matrix import Matrix
    from envdoctor.model import Claim, Fix


def lint(folders: Sequence[Path] = ()) -> list[UserError]:
    """Give every mistake in the matrix, with its place; mistakes of form first, alone.

    Of the bundled claims only those are judged again that further folders have something to say of.
    """
    mistakes = list(matrix.entry_errors(folders))
    if mistakes:
        return mistakes
    known = matrix.load(folders)
    every = known.everything()
    groups = (list(group) for _, group in groupby(every, key=lambda claim: claim.code))
    touched = _touched(every, folders)
    told = ((group[0], problem) for group in groups if touched(group[0]) for problem in _problems(group, known))
    found = [UserError(f"{claim.code}: {problem}", place=claim.place or "") for claim, problem in told]
    return [*found, *lint_listed.mistakes(folders, every)]


def _touched(every: Sequence[Claim], folders: Sequence[Path]) -> Callable[[Claim], bool]:
    """Say of a claim whether it stands in the further folders, or shares a component with one that does."""
    if not folders:
        return lambda _: True
    own = {claim.code for claim in every if claim.place and _within(claim.place.file, folders)}
    named = {name for claim in every if claim.code in own for name in components(claim)}
    return lambda claim: claim.code in own or not named.isdisjoint(components(claim))


def _within(file: str, folders: Sequence[Path]) -> bool:
    return any(Path(file).is_relative_to(folder) for folder in folders)


def _problems(group: Sequence[Claim], known: Matrix) -> Iterator[str]:
    claim = group[0]
    if not (claim.bad and claim.good):
        yield "`bad` and `good` examples are missing"
        return
    if claim.evidence == "derived" and Status.ERROR in (claim.severity, *claim.columns.values()):
        yield "what is only derived may warn, not err"
    if claim.package:
        yield from _unseen_sides(group)
        return
    for example in claim.bad:
        if not isinstance(judge(claim, of_example(example)), Broken):
            yield f"this bad example is not found: {_told(example)}"
        yield from _fix_problems(claim, example, known)
    for example in claim.good:
        if isinstance(judge(claim, of_example(example)), Broken | Past):
            yield f"this good example is condemned: {_told(example)}"
        for code in _errors(claim, example, known) - {claim.code}:
            yield f"{code} contradicts it, and finds an error in the good example {_told(example)}"


def _unseen_sides(group: Sequence[Claim]) -> Iterator[str]:
    """Name what no example shows missing, or no example shows there."""
    examples = [*group[0].bad, *group[0].good]
    for name, claims in groupby(group, key=lambda claim: claim.uses[0]):
        ranges = [claim.when for claim in claims]
        (package,) = ranges[0]
        seen = [example[package] for example in examples if package in example]
        for cell in (range_[package] for range_ in ranges):
            if not any(cells.contains(cell, version) for version in seen):
                yield f"no example lies in {package} {cell}, where `{name}` is missing"
        if not any(not cells.contains(range_[package], version) for version in seen for range_ in ranges[:1]):
            yield f"no example shows `{name}` there"


def _fix_problems(claim: Claim, example: Mapping[str, str], known: Matrix) -> Iterator[str]:
    for fix in claim.fixes:
        if not fix.gives:
            if fix.pins:
                yield "a fix does not say what it `gives`"
            continue
        for name, cell in fix.pins.items():
            given = fix.gives.get(name)
            if given and given != "absent" and not cells.contains(cell, given):
                yield f"the fix gives {name} {given}, which is not {cell}"
        for code in _errors(claim, overlaid(example, fix), known):
            yield f"after the fix for {_told(example)} {code} still finds an error"


def _errors(claim: Claim, example: Mapping[str, str], known: Matrix) -> set[str]:
    there = {name for name in example if not is_host(name)}
    found = errors_of(of_example(example), known.concerning(there, claim.uses), claim.uses)
    return {finding.code for finding in found}


def overlaid(example: Mapping[str, str], fix: Fix) -> dict[str, str]:
    """Give an example set as it is after a fix: the versions it gives, the variables it sets or unsets."""
    env = {f"env.{name}": "unset" if value is None else value for name, value in fix.env.items()}
    python = {"python": fix.python} if fix.python and cells.version(fix.python) else {}
    return {**example, **fix.gives, **env, **python}


def _told(example: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in example.items())
