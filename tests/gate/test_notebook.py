"""`%load_ext envdoctor`: what a kernel hears, with a shell that only keeps the magic."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import envdoctor
from envdoctor import notebook

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
SNAPSHOT = ROOT / "fixtures" / "founding" / "snapshot.json"


class Kept:
    """A shell that keeps the magics that it is given."""

    def __init__(self) -> None:
        self.magics: dict[str, Callable[[str], None]] = {}

    def register_magic_function(self, func: Callable[[str], None], magic_kind: str, magic_name: str) -> None:
        """Keep a magic."""
        assert magic_kind == "line"
        self.magics[magic_name] = func


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def test_loading_judges_the_kernel_and_gives_the_magic(capsys: pytest.CaptureFixture[str]) -> None:
    shell = Kept()
    envdoctor.load_ipython_extension(shell)  # type: ignore[no-untyped-call]
    assert capsys.readouterr().out.startswith(f"target: interpreter {sys.executable.replace(str(Path.home()), '~')}\n")
    shell.magics["envdoctor"](f"check tf-text-bert --target {SNAPSHOT}")
    said = capsys.readouterr().out
    assert "error TF001" in said
    assert f"verify: %envdoctor check tf-text-bert --target {SNAPSHOT}"[:60] in said.replace(" \\\n   ", "")
    assert "paste this" not in said  # it is not the kernel that was judged


@pytest.mark.parametrize("line", ["check 'unclosed", "check --no-such-option", "check no-such-recipe"])
def test_a_wrong_line_is_told_and_raises_nothing(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    notebook.magic(line)
    heard = capsys.readouterr()
    assert heard.out == ""
    assert heard.err


def test_a_fix_becomes_the_cell_to_paste(tmp_path: Path) -> None:
    fix = {
        "pins": {"keras": "<3", "tf-keras": "*"},
        "env": {"TF_USE_LEGACY_KERAS": "1", "LD_PRELOAD": None},
        "reinstall": ["numpy", "keras"],
        "python": None,
        "resolved": None,
    }
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"fix": fix}))
    assert [line.strip() for line in notebook._cell(str(report))] == [
        "paste this into a cell above all others:",
        "%env TF_USE_LEGACY_KERAS=1",
        "import os; os.environ.pop('LD_PRELOAD', None)",
        "%pip install 'keras<3' tf-keras",
        "%pip install --force-reinstall --no-deps numpy",
        "then restart the runtime (in Colab: Runtime, Restart session), and run all cells again",
    ]
    changes: list[dict[str, Any]] = [{"python": "3.11"}, {"resolved": False}, {"pins": {}, "env": {}, "reinstall": []}]
    for change in changes:
        report.write_text(json.dumps({"fix": {**fix, **change}}))
        assert list(notebook._cell(str(report))) == []
