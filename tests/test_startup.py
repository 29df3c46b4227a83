"""What the quick commands load, beyond what any Typer app does: modules, not seconds."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from envdoctor.bootstrap import ROOT

EMPTY_APP = """
import typer
app = typer.Typer()
@app.callback(invoke_without_command=True)
def nothing(version: bool = False) -> None:
    "Do nothing."
def main() -> None:
    app()
"""
LISTED = """
import json, sys
sys.argv = ["envdoctor", *{arguments}]
try:
    main()
except SystemExit:
    pass
sys.stderr.write(json.dumps(sorted(sys.modules)))
"""


def loaded(app: str, *arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", app + LISTED.format(arguments=list(arguments))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_a_quick_command_loads_little_beyond_an_empty_typer_app(argument: str) -> None:
    ours = loaded("from envdoctor.cli import main", argument) - loaded(EMPTY_APP, argument)
    outside = {name for name in ours if not name.startswith("envdoctor")}
    assert outside <= {"__future__", "difflib", "gc", "heapq", "_heapq"}  # for near names
    assert {name.split(".")[1] for name in ours if "." in name} <= {"cli", "errors"}


def test_a_recipe_error_loads_no_reader_of_targets_and_draws_nothing() -> None:
    ours = loaded("from envdoctor.cli import main", "check", "no-such-recipe.yml")
    assert {name for name in ours if name.startswith(("envdoctor.solve", "envdoctor.report.screen"))} == set()
    assert "packaging.metadata" not in ours


def test_a_check_without_a_recipe_reads_no_yaml_and_one_on_a_pipe_draws_nothing() -> None:
    loaded("from envdoctor.cli import main", "check", "-q", "--target", sys.executable)  # fills the matrix cache
    ours = loaded("from envdoctor.cli import main", "check", "-q", "--target", sys.executable)
    assert {name for name in ours if name.partition(".")[0] in {"yaml", "rich", "pydantic"}} == set()
