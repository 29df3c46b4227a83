"""Link real packages: make an environment, import a module in it, and ask the link check of the same."""

from __future__ import annotations

import datetime
import json
import re
from typing import TYPE_CHECKING, NamedTuple

from tests.processes import run
from tests.real.environments import ROOT, envdoctor

if TYPE_CHECKING:
    from pathlib import Path

RESULTS = ROOT / "fixtures" / "results" / "link-packages.json"
_SEEN = re.compile(r"asked for ([\d,]+) names in ([\d,]+) modules")


class Linked(NamedTuple):
    """What a module's import said, and what the link check said of it: problems, and how much it saw."""

    imports: bool
    said: str
    problems: list[str]
    seen: dict[str, int]


def linked(python: Path, module: str, folder: Path) -> Linked:
    """Import a module for real, and link it."""
    imported = run([str(python), "-c", f"import {module}"], folder=folder)
    recipe = folder / "recipe.yml"
    recipe.write_text(f"recipe: 1\nname: link\npackages: {{}}\nimports: [{module}]\n")
    words = ("check", str(recipe), "--deep", "--select", "LINK", "--target", str(python), "--json")
    found = envdoctor(*words, folder=folder).report["findings"]
    bad = [f"{one['code']} {one['title']}: {one['cause']}" for one in found if one["status"] in ("error", "warning")]
    lines = imported.stderr.strip().replace(f"{folder}/", "").splitlines()
    plain = [one.replace(f"{folder}/", "") for one in bad]
    return Linked(imported.status == 0, lines[-1] if lines and imported.status else "", plain, _seen(found))


def _seen(found: list[dict[str, str]]) -> dict[str, int]:
    """Give how many names in how many modules were asked for, and the share that was answered."""
    for one in found:
        if match := _SEEN.search(one["title"]):
            names, modules = (int(number.replace(",", "")) for number in match.groups())
            return {"names": names, "modules": modules, "answered": int(one["cause"].partition(" ")[0])}
    return {}


def versions(python: Path, names: list[str]) -> dict[str, str]:
    """Give the versions of some packages in an environment."""
    asked = f"import importlib.metadata as m, json; print(json.dumps({{n: m.version(n) for n in {names!r}}}))"
    return dict(json.loads(run([str(python), "-c", asked]).stdout))


def keep(rows: dict[str, object]) -> None:
    """Add rows to the results, with the day."""
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    known |= {name: {"date": day, **row} for name, row in rows.items() if isinstance(row, dict)}
    RESULTS.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n")
