"""Read the entries that `diagnose` judges by: the mechanisms by which jobs die, and where names come from.

A mechanism is told by patterns of a log's line; their named groups, and the components that they lead to, may stand in
its texts and pins as `{name}`. Facts confirm it if its first exact pin is not met. Where the log's sentence proves more
than a pin could say, `shown` lists the sets of components (`{tensorflow: "*"}`) one of which has to be there for it.
"""

from __future__ import annotations

import re
from typing import Any

from envdoctor import yamlpos
from envdoctor.errors import UserError, near
from envdoctor.matrix import fields
from envdoctor.model.diagnosis import ENVIRONMENT, HARMLESS, NOT_ENVIRONMENT

SAYS = (ENVIRONMENT, NOT_ENVIRONMENT, HARMLESS)
WEIGHTS = ("0", "1", "2", "3", "4")
DERIVED = frozenset(
    "here need caller second dotted owner module symbol soname package guess function since inside loading spoken "
    "beside failed conflict nearest itself part".split()
)
KEYS = set(
    "mechanism title says kind patterns packages cause fixes needs near shown weight source checked evidence".split()
)
_HOLE = re.compile(r"\{(\w+)\}")
_FIX = frozenset("pins env note host reinstall".split())


def record(node: yamlpos.Map) -> dict[str, Any]:
    """Compile a mechanism to plain data, every mistake with its place."""
    says = fields.choice(node, "says", SAYS)
    if not says:
        raise UserError("`says` is missing", place=node.place, hint=", ".join(SAYS))
    kind = fields.choice(node, "kind", fields.KINDS)
    if bool(kind) != (says == ENVIRONMENT):
        raise UserError("`kind` belongs to what says `environment`, and only there", place=node.place)
    patterns = fields.patterns(node, "patterns")
    if not patterns:
        raise UserError("`patterns` names nothing", place=node.place)
    known = {group for pattern in patterns for group in re.compile(pattern).groupindex} | DERIVED
    found = {
        "code": fields.required(node, "mechanism"),
        "title": fields.required(node, "title"),
        "says": says,
        "patterns": patterns,
        "cause": fields.required(node, "cause"),
        "source": fields.required(node, "source"),
        "checked": fields.required(node, "checked"),
        "evidence": fields.required(node, "evidence"),
        "kind": kind,
        "packages": fields.words(node, "packages"),
        "fixes": _fixes(node),
        "needs": fields.words(node, "needs"),
        "near": fields.words(node, "near"),
        "shown": _shown(node),
        "weight": int(fields.choice(node, "weight", WEIGHTS, "2")),
    }
    for hole in _HOLE.findall(repr([found[key] for key in ("title", "cause", "packages", "fixes")])):
        if hole not in known:
            raise UserError(f"no pattern gives `{{{hole}}}`", place=node.place, hint=near(hole, known))
    return found


def _shown(node: yamlpos.Map) -> list[dict[str, str]]:
    """Give the sets of components that a mechanism is at work in."""
    if "shown" not in node.items:
        return []
    sets = yamlpos.sequence(node.get("shown"), "`shown`")
    return [fields.cells_in(yamlpos.mapping(item, "what is shown")) for item in sets]


def _fixes(node: yamlpos.Map) -> list[dict[str, Any]]:
    if "fixes" not in node.items:
        return []
    found = []
    for item in yamlpos.sequence(node.get("fixes"), "`fixes`"):
        fix = yamlpos.mapping(item, "a fix")
        fix.only(_FIX, "a mechanism's fix")
        env = {name: None if cell in ("", "unset") else cell for name, cell in fields.strings(fix, "env").items()}
        found.append({
            "pins": fields.strings(fix, "pins"),
            "env": env,
            "note": fields.optional(fix, "note"),
            "host": fields.strings(fix, "host"),
            "reinstall": fields.words(fix, "reinstall"),
        })  # fmt: skip
    return found


def origins(node: yamlpos.Map) -> dict[str, Any]:
    """Compile an entry of origins: library names and symbols by their beginnings, words, classes: whose they are."""
    tables = {key: fields.strings(node, key) for key in ("libraries", "symbols", "since", "words", "classes")}
    return {**tables, "everyday": dict.fromkeys(fields.words(node, "everyday"), "")}
