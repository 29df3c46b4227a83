"""`%load_ext envdoctor`: what a kernel hears, with a shell that only keeps the magic."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
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
        self.events = self
        self.followed: list[Callable[[Any], None]] = []

    def register(self, event: str, function: Callable[[Any], None]) -> None:
        """Keep what is to be called after a cell."""
        assert event == "post_run_cell"
        self.followed.append(function)

    def unregister(self, _event: str, function: Callable[[Any], None]) -> None:
        """Forget it."""
        self.followed.remove(function)

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


def test_a_failing_cell_is_followed_by_its_diagnosis(capsys: pytest.CaptureFixture[str]) -> None:
    shell = Kept()
    envdoctor.load_ipython_extension(shell)  # type: ignore[no-untyped-call]
    capsys.readouterr()
    (after,) = shell.followed
    after(SimpleNamespace(error_in_exec=ImportError("libcudart.so.11.0: cannot open shared object file")))
    assert capsys.readouterr().out.endswith("\nit is the environment\n")
    after(SimpleNamespace(error_in_exec=ValueError("nothing that anybody knows")))
    after(SimpleNamespace(error_in_exec=None))
    assert capsys.readouterr().out == ""
    envdoctor.unload_ipython_extension(shell)  # type: ignore[no-untyped-call]
    assert shell.followed == []


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
