"""The bar of a long reading: alive on a terminal, gone at the end, absent elsewhere, and ended by Ctrl-C."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from envdoctor import bootstrap
from envdoctor.cli import output
from envdoctor.cli.options import Color

if TYPE_CHECKING:
    from pathlib import Path

MODULES = 100
LIMIT = 60.0
BAR = "reading modules"
COLOURS = re.compile(r"\x1b\[[\d;]*[1-9][\d;]*m")


@pytest.fixture
def words(site: Path) -> list[str]:
    """Give the command line that links a package of many modules, which are slow to read."""
    package = site / "p"
    package.mkdir()
    text = "x = [" + "(1, 2, 3),\n" * 600 + "]\n"
    for number in range(MODULES):
        (package / f"m{number}.py").write_text(text)
    (package / "__init__.py").write_text("".join(f"from p import m{number}\n" for number in range(MODULES)))
    recipe = site.parents[3] / "job" / "recipe.yml"
    recipe.write_text("recipe: 1\nname: job\npackages: {}\nimports: [p]\n")
    target = str(site.parents[2])
    return [
        sys.executable,
        "-m",
        "envdoctor",
        "check",
        str(recipe),
        "--deep",
        "--static",
        "--select",
        "LINK",
        "--target",
        target,
    ]


def started(words: list[str], **variables: str) -> tuple[subprocess.Popen[bytes], int]:
    """Start a program on a terminal of its own."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        words,
        cwd=bootstrap.ROOT,
        env={**bootstrap.surroundings(), "TERM": "xterm", "COLUMNS": "80", **variables},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    return process, ours


def said(terminal: int, until: str = "") -> str:
    """Give what a program says on its terminal, to its end or to a word."""
    text, end = b"", time.monotonic() + LIMIT
    while time.monotonic() < end and (not until or until.encode() not in text):
        try:
            piece = os.read(terminal, 65_536)
        except OSError:  # what Linux says when the last writer is gone
            break
        if not piece:
            break
        text += piece
    return text.decode("utf-8", "replace")


def test_the_bar_moves_and_is_gone_at_the_end(words: list[str]) -> None:
    process, terminal = started(words)
    text = said(terminal)
    os.close(terminal)
    assert process.wait(LIMIT) == 0, text
    *frames, last = text.split("\x1b[2K")
    counts = [int(number) for frame in frames for number in re.findall(r"(\d+) of \d+", frame)]
    assert BAR in text
    assert "linking them" in text
    assert len(set(counts)) > 1
    assert counts == sorted(counts)
    assert COLOURS.search(text)
    assert "\x1b[?25h" in text  # the cursor is back
    assert "target:" in last
    assert BAR not in last


def test_there_is_no_bar_where_nobody_sees_it(capsys: pytest.CaptureFixture[str]) -> None:
    with output.reading(BAR, "then", Color.ALWAYS) as move:
        move(1, 2)
        move(2, 0)
    assert capsys.readouterr() == ("", "")


def test_ctrl_c_ends_the_reading_and_all_who_help_and_a_bar_without_colour_has_none(words: list[str]) -> None:
    process, terminal = started(words, NO_COLOR="1")
    text = said(terminal, BAR)
    os.killpg(process.pid, signal.SIGINT)
    text += said(terminal)
    os.close(terminal)
    assert process.wait(LIMIT) == 130, text
    assert "error: interrupted" in text
    assert "Traceback" not in text
    assert COLOURS.findall(text) == []
    assert "\x1b[?25h" in text
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
