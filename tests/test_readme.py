"""The README says nothing that does not run: its commands, its output, its recipe, its lists."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from envdoctor import recipe, yamlpos
from envdoctor.recipe import written

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```console\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
SESSIONS = [part for block in BLOCKS for part in re.split(r"^\$ ", block, flags=re.MULTILINE) if part]


@pytest.mark.parametrize("session", SESSIONS, ids=lambda text: text.splitlines()[0])
def test_a_command_gives_what_is_shown(session: str) -> None:
    command, _, shown = session.partition("\n")
    start, folder, *words = shlex.split(command)
    assert (start, folder) == ("python3", "envdoctor")
    code = f"import sys; sys.argv[0] = {folder!r}; from envdoctor.cli import main; main()"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode in (0, 1), done.stderr
    assert done.stdout
    if shown:
        assert done.stdout.rstrip("\n") == shown.rstrip("\n")


def test_the_recipe_reads() -> None:
    (text,) = re.findall(r"^```yaml\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    found = written.recipe(yamlpos.read(text, "README.md"), "README.md")
    assert found.wish("torch")


def test_every_bundled_recipe_and_every_command_is_named() -> None:
    from typer.main import get_command

    from envdoctor.cli import app_for

    assert [name for name in recipe.bundled() if f"`{name}`" not in README] == []
    assert set(re.findall(r"^\| `envdoctor (\w+)", README, re.MULTILINE)) == set(get_command(app_for(())).commands)  # type: ignore[attr-defined]


def test_no_line_is_wider_than_a_page() -> None:
    assert [line for line in README.splitlines() if len(line) > 120] == []


def test_every_ready_gate_is_in_the_table_and_run_in_a_test() -> None:
    gates = ROOT / "fixtures" / "gates"
    linked = set(re.findall(r"^\[\d\]: (fixtures/gates/\S+)$", README, re.MULTILINE))
    assert len(linked) == len(set(re.findall(r"\]\[(\d)\]", README)))
    files = {path.relative_to(ROOT).as_posix() for path in gates.rglob("*") if path.is_file()}
    assert linked == files
    tried = (ROOT / "tests" / "real" / "test_gates.py").read_text(encoding="utf-8")
    assert [name for name in files if name.removeprefix("fixtures/gates/").partition("/")[0] not in tried] == []
