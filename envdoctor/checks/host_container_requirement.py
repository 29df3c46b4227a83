"""Does the machine meet what a CUDA image asks of it (NVIDIA_REQUIRE_CUDA)?

The variable is a list of alternatives: terms joined by commas must all hold, and one group, of those that spaces part,
is enough: `cuda>=12.8 brand=tesla,driver>=535,driver<536` lets a data center card on the old long-term branch in, and
no GeForce. Where no group holds, the NVIDIA runtime refuses to start the container. One that runs was let in.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envdoctor import cells
from envdoctor.checks import check
from envdoctor.checks.waiting import waits
from envdoctor.model import Fact, Finding, Fix, Held, State, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.checks import Outcome
    from envdoctor.model import Case, Facts

CODE = "HOST006"
VARIABLE = "env.NVIDIA_REQUIRE_CUDA"
_TERM = re.compile(r"(cuda|driver|brand|arch)(>=|<=|>|<|!=|=)([\w.]+)")
_FACTS = {"cuda": "cuda.driver", "driver": "driver", "brand": "gpu.brand", "arch": "gpu.compute"}
_OFF = ("", "0", "false", "no")


@check(CODE, "the machine does not meet what the image asks for")
def requirement(case: Case) -> Iterator[Outcome]:
    """Look for an alternative of the variable that holds."""
    facts = case.facts
    variable, waived = facts.get(VARIABLE), facts.get("env.NVIDIA_DISABLE_REQUIRE")
    runs = facts.target.kind == "interpreter" and facts.get("container").state is State.KNOWN
    if variable.state is not State.KNOWN or waived.value.lower() not in _OFF or runs:
        return
    groups = [_holds(group, facts) for group in variable.value.split()[:200]]
    if True in groups or not groups:
        yield Held(CODE, "the machine is what the image asks for")
    elif None in groups:
        missing = [fact for fact in map(facts.get, ("cuda.driver", "driver")) if fact.state is State.UNSEEN]
        yield from (outcome for fact in missing for outcome in waits(CODE, fact, case))
    else:
        yield _finding(variable, facts)


def _holds(group: str, facts: Facts) -> bool | None:
    """Say whether all terms of a group hold; None if one that was not seen decides."""
    answers = [_term(term, facts) for term in group.split(",") if term]
    return False if False in answers else None if None in answers else True


def _term(text: str, facts: Facts) -> bool | None:
    found = _TERM.fullmatch(text)
    if found is None:
        return None
    fact = facts.get(_FACTS[found[1]])
    if found[1] == "brand":
        if fact.state is not State.KNOWN:
            return None
        seen, asked = fact.value.lower(), found[3].lower()  # `geforce` and `geforcertx` are one, and so on
        return (seen.startswith(asked) or asked.startswith(seen)) == (found[2] == "=")
    if fact.state is not State.KNOWN or cells.version(found[3]) is None:
        return None
    return cells.contains(f"{'==' if found[2] == '=' else found[2]}{found[3]}", fact.value)


def _finding(variable: Fact, facts: Facts) -> Finding:
    wanted = variable.value.split()[0].replace("cuda", "CUDA ", 1)
    shown = [variable, *map(facts.get, ("driver", "cuda.driver", "gpu.name", "container"))]
    return Finding(
        code=CODE,
        status=Status.ERROR,
        kind="driver",
        title=f"the image asks for {wanted} of the driver, or for an older branch on other GPUs",
        cause="no alternative of NVIDIA_REQUIRE_CUDA holds here: the NVIDIA runtime refuses to start the container",
        culprit=("driver", VARIABLE),
        evidence=tuple(fact for fact in shown if fact.state is State.KNOWN),
        fixes=(
            Fix(host={"driver": wanted}, note=f"needs driver: one that runs {wanted}; or an image of an older CUDA"),
            Fix(
                env={"NVIDIA_DISABLE_REQUIRE": "1"},
                note="where the libraries inside run by minor-version compatibility",
            ),
        ),
    )
