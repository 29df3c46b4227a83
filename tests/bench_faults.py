"""Which of the faults of files and shadows do envdoctor, `pip check` and `uv pip check` name?

A fault counts as named by a tool if its output holds a word of what the fault is about: the distribution, the file or
the variable. Each is made in an environment of its own, in which none of the three has anything to say before.
"""

from __future__ import annotations

import datetime
import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from envdoctor import bootstrap
from tests.faults import FAULTS, sound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.faults import Fault, Ground

TOOLS = ("envdoctor check", "pip check", "uv pip check")
RESULTS = Path(bootstrap.ROOT) / "fixtures" / "results" / "faults.json"


@dataclass(frozen=True)
class Row:
    """A fault, which tools named it, and which had nothing to say of it."""

    fault: str
    named: Mapping[str, bool]


def compared(folder: Path, uv: str) -> list[Row]:
    """Make every fault and ask every tool; raise if one complains of the environment without a fault."""
    before = _said(sound(folder / "sound"), FAULTS[0], uv, faulty=False)

    def row(number: int) -> Row:
        fault, ground = FAULTS[number], sound(folder / str(number))
        assert not any(_names(text, fault) for text in before.values()), (fault.name, before)
        if fault.make is not None:
            fault.make(ground)
        said = _said(ground, fault, uv, faulty=True)
        return Row(fault.name, {tool: _names(text, fault) for tool, text in said.items()})

    with ThreadPoolExecutor(4) as pool:  # what is compared is what is said, not how fast
        return list(pool.map(row, range(len(FAULTS))))


def _said(ground: Ground, fault: Fault, uv: str, *, faulty: bool) -> dict[str, str]:
    """Give what each tool tells of an environment, in the variables and the folder of the job."""
    python = str(ground.venv / "bin" / "python")
    deep = ["--deep"] if fault.deep else []
    ours = [sys.executable, "-I", "-c", _OURS, "check", "--json", "--target", python, *deep]
    commands = {
        TOOLS[0]: ours,
        TOOLS[1]: [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python, "check"],
        TOOLS[2]: [uv, "pip", "check", "--python", python],
    }
    variables = {**bootstrap.surroundings(), "HOME": str(ground.folder / "home")}
    variables |= {"XDG_CACHE_HOME": str(ground.folder.parent / "cache")}
    variables |= fault.surroundings(ground) if faulty else {}
    return {tool: _output(tool, command, variables, ground.job) for tool, command in commands.items()}


_OURS = f"import sys; sys.path.insert(0, {bootstrap.ROOT!r}); from envdoctor.cli import main; main()"


def _output(tool: str, command: list[str], variables: Mapping[str, str], folder: Path) -> str:
    done = subprocess.run(
        command, env=variables, cwd=folder, capture_output=True, encoding="utf-8", timeout=300, check=False
    )
    if tool != TOOLS[0]:
        silent = done.returncode == 0 and not done.stderr.startswith("WARNING")
        return "" if silent or "Traceback (most recent" in done.stderr else done.stdout + done.stderr
    findings = json.loads(done.stdout)["findings"]
    told = [one for one in findings if one["status"] in ("error", "warning")]
    return "\n".join(" ".join(one["culprit"]) for one in told)


def _names(text: str, fault: Fault) -> bool:
    words = "|".join(re.escape(word) for word in fault.culprits)
    return re.search(rf"(?<![\w-])(?:env\.)?(?:{words})(?![\w-])", text, re.IGNORECASE) is not None


def lines(rows: list[Row]) -> list[str]:
    """Give the table as lines of text."""
    width = max(len(row.fault) for row in rows)
    head = f"{'faults of files and shadows, who names them':<{width}}  " + "  ".join(TOOLS)
    body = [
        f"{row.fault:<{width}}  " + "  ".join(f"{'named' if row.named[t] else '-':<{len(t)}}" for t in TOOLS)
        for row in rows
    ]
    counted = "  ".join(f"{f'{sum(row.named[t] for row in rows)} of {len(rows)}':<{len(t)}}" for t in TOOLS)
    return [head, *(line.rstrip() for line in body), f"{'all':<{width}}  {counted}".rstrip()]


def keep(rows: list[Row], uv: str) -> None:
    """Write the table with its date and the releases that were asked."""
    versions = {
        "uv": subprocess.run([uv, "--version"], capture_output=True, text=True, timeout=60, check=True).stdout.split()[
            1
        ],
        "pip": subprocess.run(
            [sys.executable, "-m", "pip", "--version"], capture_output=True, text=True, timeout=60, check=True
        ).stdout.split()[1],
    }
    date = datetime.datetime.now(datetime.UTC).date().isoformat()
    document = {"date": date, "versions": versions, "faults": {row.fault: row.named for row in rows}}
    RESULTS.write_text(json.dumps(document, indent=1) + "\n")
