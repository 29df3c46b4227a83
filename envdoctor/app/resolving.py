"""Put what an installer would choose in the place of what is installed, so that it is judged before anything is.

uv solves the subject's wishes for the target's Python and machine, on a day if one is named; no package is installed,
and none is run. Of the target itself only the machine and the variables count.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from envdoctor import checks
from envdoctor.app import judging
from envdoctor.errors import CannotLook, UserError
from envdoctor.facts import given
from envdoctor.facts.together import facts_of
from envdoctor.model import Distribution, Finding, Place, State, Status, Target, is_of_computer
from envdoctor.solve import cure, uv

if TYPE_CHECKING:
    from envdoctor.app.judging import Ground, Tell
    from envdoctor.app.options import Options
    from envdoctor.facts import Look
    from envdoctor.matrix import Matrix
    from envdoctor.model import Facts, Recipe, Wish

LOCKS = ("pylock", "conda-lock")
_BUILDS = "an installer would build a package to learn what it needs, which runs its code: not asked"


def grounds(options: Options, wanted: Recipe, look: Look | CannotLook, known: Matrix, tell: Tell) -> list[Ground]:
    """Give what would be installed on each machine that is asked for; raise CannotLook, UserError."""
    _validate(options, wanted)
    base = _machine(options, wanted, look, known)
    return [_chosen(ground, options, wanted, known, tell) for ground in _laid_out(options, wanted, base)]


def _validate(options: Options, wanted: Recipe) -> None:
    """Refuse what there is nothing to choose for."""
    if options.subject is None or not wanted.packages:
        hint = "`envdoctor check recipe.yml --resolve`"
        raise UserError("`--resolve` needs a subject that asks for packages", hint=hint)
    if wanted.kind in LOCKS:
        hint = "check it without `--resolve`, or resolve what it was made from"
        raise UserError("a lock leaves nothing to choose", place=wanted.path, hint=hint)


def _machine(options: Options, wanted: Recipe, look: Look | CannotLook, known: Matrix) -> Facts:
    """Give the facts of the machine alone; raise CannotLook if not even the Python is known.

    What is given stands for what the target has: another Python may be asked about, and with any fact of another
    computer none of this one counts.
    """
    said = given.read(options.at.given)
    try:
        seen = judging.looked(look, wanted, known)
    except CannotLook:
        if "python" not in said:
            raise
        return facts_of(Target("solution", ""), facts=said.values())
    kept = {name: fact for name, fact in seen.facts.items() if _counts(name, alone=not said)}
    missing = {name: why for name, why in seen.missing.items() if _counts(name, alone=not said) and name not in said}
    return facts_of(Target("solution", ""), facts={**kept, **said}.values(), missing=missing)


def _counts(name: str, *, alone: bool) -> bool:
    """Say whether a fact of the target is one of its machine; of its computer only where no other is described."""
    return name in given.OF_THE_TARGET or name.startswith("env.") or (alone and is_of_computer(name))


def _laid_out(options: Options, wanted: Recipe, base: Facts) -> list[Ground]:
    """Give the facts once for each machine that was named: unlike a target, a solution has the machine's Python."""
    if not options.machines:
        return [judging.Ground(base, base)]
    from envdoctor.facts import machines

    found = []
    for one in machines.find(options.machines, wanted.machines):
        kept = {name: fact for name, fact in base.facts.items() if not is_of_computer(name)}
        facts = facts_of(base.target, facts={**kept, **one.facts}.values(), missing=one.missing)
        own = {name: fact for name, fact in one.facts.items() if is_of_computer(name)}
        found.append(judging.Ground(facts, facts, one._replace(facts=own)))
    return found


def _chosen(ground: Ground, options: Options, wanted: Recipe, known: Matrix, tell: Tell) -> Ground:
    """Give a ground with what uv would choose; where it finds nothing, with the verdict that says why."""
    base, day = ground.facts, options.day
    python = base.get("python")
    if python.state is not State.KNOWN:
        raise CannotLook("the Python to solve for is not known", hint="`--fact python=3.11` names one")
    place = f"{base.get('os').value or 'linux'} {base.get('arch').value}".rstrip()
    on = f"on {day}" if day else "today"
    tell(f"asking the index what an installer would choose {on} for Python {python.value} on {place}")
    question = uv.Question(
        requirements=list(dict.fromkeys(cure.wished(wanted, ()))),
        preferences={},
        python=python.value,
        platform=cure.platform(base),
        wheelless=known.wheelless(),
        before=day,
    )
    answer = uv.solve(question)
    if not answer.asked:
        raise CannotLook(f"nothing could be solved: {answer.reason}", hint="`--resolve` needs uv, and an index")
    chosen = day or datetime.datetime.now(datetime.UTC).date().isoformat()
    target = Target("solution", f"what uv chooses on {chosen} for Python {python.value} on {place}")
    dists = [Distribution(name, version, target.path) for name, version in answer.versions.items()]
    facts = facts_of(target, facts=base.facts.values(), missing=base.missing, distributions=dists)
    impossible = checks.Verdict((_impossible(answer.reason, wanted),), ()) if answer.reason else None
    return ground._replace(facts=facts, seen=facts, verdict=impossible)


def _impossible(reason: str, wanted: Recipe) -> Finding:
    """Tell that nothing can be installed; where only a build would tell, that is not known."""
    builds = "no usable wheels" in reason
    named = [wish for wish in wanted.packages if wish.name in reason]
    first: Wish | None = max(named, key=lambda wish: len(wish.name), default=None)
    return Finding(
        code=checks.UNSOLVABLE,
        status=Status.UNKNOWN if builds else Status.ERROR,
        kind="requirement",
        title=_BUILDS if builds else checks.TITLES[checks.UNSOLVABLE],
        cause=reason,
        culprit=tuple(wish.name for wish in named[:6]),
        place=first.place if first else Place(wanted.path),
    )
