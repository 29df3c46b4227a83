"""Real jobs under `envdoctor run`: a BentoML server and a training script, failing and stopped."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.real.environments import command, made, surroundings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("jobs")]
SERVICE = """\
import bentoml


@bentoml.service
class Doubled:
    @bentoml.api
    def double(self, number: float) -> float:
        return 2 * number
"""
TRAINING = """\
import sys
import numpy as np

weights = np.zeros(4)
for step in range(200):
    weights += 0.1 * (1 - weights)
    print(f"step {step} loss {float(((1 - weights) ** 2).sum()):.4f}")
print(np.float(weights.sum()))
"""
LIMIT = 120


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the Python of an environment that serves and counts."""
    return made(tmp_path_factory.mktemp("jobs") / "venv", "bentoml>=1.4", "setuptools<82", "numpy==2.2.6")


@pytest.fixture
def port() -> Iterator[int]:
    """Give a port that is held for as long as the test runs."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        yield held.getsockname()[1]


def started(stack: Path, folder: Path, *words: str, options: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    """Start a job of the environment under `envdoctor run`, its words going to one pipe each."""
    under = command("run", "--fail-on", "never", "--target", str(stack), *options, "--", str(stack), *words)
    kept = surroundings(BENTOML_HOME=str(folder / "store"), BENTOML_DO_NOT_TRACK="True", HOME=str(folder))
    return subprocess.Popen(
        under, cwd=folder, env=kept, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )


def serving(stack: Path, folder: Path, number: int) -> subprocess.Popen[str]:
    """Start a BentoML server on a port."""
    (folder / "service.py").write_text(SERVICE)
    words = ("-m", "bentoml", "serve", "service:Doubled", "--host", "127.0.0.1", "--port", str(number))
    return started(stack, folder, *words, options=("--record", str(folder / "record")))


def answers(number: int) -> bool:
    """Say whether the server is ready within a time."""
    for _ in range(2 * LIMIT):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{number}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            time.sleep(0.5)
    return False


def test_a_server_on_a_port_in_use_is_not_the_environment(stack: Path, tmp_path: Path, port: int) -> None:
    process = serving(stack, tmp_path, port)
    _, err = process.communicate(timeout=LIMIT)
    assert process.returncode not in (0, 125), err
    assert "LOG608" in err
    assert "it is not the environment" in err
    record = json.loads((tmp_path / "record" / "run.json").read_text())
    assert record["status"] == process.returncode
    assert record["diagnosis"]["verdict"] == "not-environment"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_that_is_told_to_stop_stops_and_is_not_diagnosed(
    stack: Path, tmp_path: Path, port: int, number: int
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        chosen = free.getsockname()[1]
    assert chosen != port
    process = serving(stack, tmp_path, chosen)
    try:
        assert answers(chosen)
        process.send_signal(number)
        out, err = process.communicate(timeout=LIMIT)
    finally:
        _ended(process)
    assert process.returncode in (0, 128 + number, -number), out + err
    assert "the job failed" not in err
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"http://127.0.0.1:{chosen}/readyz", timeout=2)


def _ended(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=LIMIT)


def test_a_training_script_that_a_release_broke_is_told_its_pin(stack: Path, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(TRAINING)
    alone = subprocess.run(
        [stack, "train.py"], cwd=tmp_path, capture_output=True, text=True, timeout=LIMIT, check=False
    )
    process = started(stack, tmp_path, "train.py")
    out, err = process.communicate(timeout=LIMIT)
    assert (process.returncode, out) == (alone.returncode, alone.stdout)
    assert err.startswith(alone.stderr)
    said = err.removeprefix(alone.stderr)
    assert "(confirmed)" in said
    assert "seen: numpy 2.2.6" in said
    assert re.search(r"fix: numpy<1\.24", said)
    assert str(stack) in " ".join(said.split())


def test_a_server_in_a_broken_environment_is_told_what_is_broken(tmp_path: Path) -> None:
    broken = made(tmp_path / "venv", "bentoml==1.1.11", "setuptools>=82")
    process = serving(broken, tmp_path, 1)
    _, err = process.communicate(timeout=LIMIT)
    assert process.returncode not in (0, 125)
    assert "pkg_resources" in err
    assert "(confirmed)" in err
    assert re.search(r"fix: setuptools<8\d", err)
    assert sys.executable not in err
