"""Run: the job's words, signals and end are its own; a gate may refuse it; a failure is followed by its diagnosis."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
START = [sys.executable, "-c", "from envdoctor.cli import main; main()", "run", "--fail-on", "never", "--static"]
READY = "import signal, sys, time\n{}\nprint('ready', flush=True)\ntime.sleep(60)\n"


def started(*words: str, options: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [*START, *options, "--", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=env,
        start_new_session=True,
    )


def ran(*words: str, options: tuple[str, ...] = ()) -> tuple[int, str, str]:
    process = started(*words, options=options)
    out, err = process.communicate(timeout=120)
    return process.returncode, out.decode(), err.decode()


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def told(code: str, *signals: int) -> tuple[int, str]:
    """Start a job that waits, send signals to envdoctor alone, and give its status and words."""
    process = started(*python(READY.format(code)))
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    for number in signals:
        process.send_signal(number)
        time.sleep(0.3)
    out, _ = process.communicate(timeout=60)
    return process.returncode, out.decode()


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["sh", "-c", "exit 0"], 0),
        (["sh", "-c", "exit 7"], 7),
        (["sh", "-c", "kill -9 $$"], 137),
        (["no-such-program"], 127),
        ([str(ROOT / "README.md")], 126),
    ],
)
def test_the_exit_status_is_the_jobs_own(words: list[str], status: int) -> None:
    assert ran(*words)[0] == status


def test_a_failure_is_followed_by_its_diagnosis_on_stderr_alone() -> None:
    status, out, err = ran(*python("print('epoch 1'); raise ModuleNotFoundError(\"No module named 'yaml'\")"))
    assert (status, out) == (1, "epoch 1\n")
    assert "LOG103" in err


def test_signals_reach_the_job_and_its_answer_counts() -> None:
    assert told("signal.signal(15, lambda *_: sys.exit(9))", signal.SIGTERM)[0] == 9
    assert told("signal.signal(2, lambda *_: sys.exit(8))", signal.SIGINT)[0] == 8


def test_a_job_that_ignores_the_word_to_end_is_ended_by_the_second() -> None:
    assert told("signal.signal(15, signal.SIG_IGN)", signal.SIGTERM, signal.SIGTERM)[0] == 137


def test_many_lines_pass_whole_and_in_order() -> None:
    status, out, _ = ran(*python("for i in range(100_000): print('step', i)"))
    assert status == 0
    assert out == "".join(f"step {number}\n" for number in range(100_000))


def test_a_reader_that_goes_away_ends_the_job_as_it_would_without_us() -> None:
    with started("sh", "-c", "while :; do echo y; done") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"y\n"
        process.stdout.close()
        process.wait(60)
    assert process.returncode != 0


@pytest.mark.skipif(os.name == "nt", reason="no pseudo-terminals there")
def test_on_a_terminal_the_job_has_one_and_its_bytes_are_unchanged() -> None:
    import pty

    code = "import sys; sys.stdout.write(f'{sys.stdout.isatty()} 10%\\r20%\\r\\n'); sys.stdout.flush()"
    mine, theirs = pty.openpty()
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([*START, "--", *python(code)], stdout=theirs, stderr=subprocess.DEVNULL, env=env)
    os.close(theirs)
    process.wait(60)
    seen = os.read(mine, 4096)
    os.close(mine)
    assert seen == b"True 10%\r20%\r\r\n"  # the real terminal adds its one return


def test_a_gate_that_refuses_starts_nothing_and_says_why(tmp_path: Path) -> None:
    founding = str(ROOT / "fixtures" / "founding" / "snapshot.json")
    options = ("tf-text-bert", "--target", founding, "--fail-on", "error")
    status, out, err = ran("touch", str(tmp_path / "made"), options=options)
    assert (status, out) == (125, "")
    assert "TF001" in err
    assert not (tmp_path / "made").exists()


def test_the_record_holds_output_snapshot_and_diagnosis(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    job = python("import sys; print('out'); print('err', file=sys.stderr); raise MemoryError")
    status, _, _ = ran(*job, options=("--record", str(folder)))
    assert status == 1
    record = json.loads((folder / "run.json").read_text())
    assert record["status"] == 1
    assert record["diagnosis"]["verdict"] == "not-environment"
    assert json.loads((folder / "snapshot.json").read_text())["schema"] == "envdoctor.facts/1"
    assert {"out", "err"} <= set((folder / "log.txt").read_text().splitlines())


def test_without_a_job_it_is_wrong_usage() -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(START, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "--" in done.stderr
