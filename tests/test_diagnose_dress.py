"""Diagnose the same failure in the dress of each program that hands logs on: launchers, clusters, CI, test runners."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from envdoctor import logs, matrix
from envdoctor.app import diagnose as app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from envdoctor.model.diagnosis import Diagnosis

KNOWN = app.knowledge(matrix.load())
FAILURE = """Traceback (most recent call last):
  File "/workspace/train.py", line 3, in <module>
    import deepspeed
  File "/venv/lib/python3.11/site-packages/deepspeed/runtime/utils.py", line 18, in <module>
    from torch._six import inf
ModuleNotFoundError: No module named 'torch._six'""".split("\n")
DRESSED: dict[str, Callable[[int, str], str]] = {
    "torchrun": lambda _, line: f"[rank3]: {line}",
    "torchrun --tee": lambda _, line: f"[default3]:{line}",
    "srun --label": lambda _, line: f" 3: {line}",
    "mpirun --tag-output": lambda _, line: f"[1,3]<stderr>:{line}",
    "kubectl logs --prefix": lambda _, line: f"[pod/train-7c9f5-x2x9p/trainer] {line}",
    "kubectl logs --timestamps": lambda n, line: f"2026-11-20T10:00:{n:02}.123456789Z {line}",
    "a container's log on disk": lambda n, line: f"2026-11-20T10:00:{n:02}.123456789Z stderr F {line}",
    "docker compose": lambda _, line: f"trainer-1  | {line}",
    "BuildKit": lambda n, line: f"#12 {n}.345 {line}",
    "GitHub Actions": lambda n, line: f"2026-11-20T10:00:{n:02}.1234567Z {line}",
    "a GitHub annotation": lambda n, line: f"2026-11-20T10:00:{n:02}.1234567Z ##[error]{line}",
    "GitLab": lambda n, line: f"2026-11-20T10:00:{n:02}.123456Z 01O {line}",
    "GitLab's colours": lambda _, line: f"\x1b[0K\x1b[31;1m{line}\x1b[0;m",
    "Jenkins": lambda n, line: f"[2026-11-20T10:00:{n:02}.123Z] {line}",
    "Jenkins' short clock": lambda n, line: f"10:00:{n:02}  {line}",
    "journald": lambda _, line: f"Nov 20 10:00:00 gpu07 train[4711]: {line}",
    "ray": lambda _, line: f"\x1b[36m(TorchTrainer pid=2210, ip=10.0.0.4)\x1b[0m {line}",
    "vLLM": lambda _, line: f"(EngineCore_0 pid=411) ERROR 09-01 12:11:08 [core.py:700] {line}",
    "pytest": lambda _, line: f"E   {line}",
    "an exception group": lambda _, line: f"  | {line}",
    "a Windows file": lambda _, line: f"{line}\r",
    "bold red": lambda _, line: f"\x1b[1;31m{line}\x1b[0m",
}  # fmt: skip


def of(*lines: str) -> Diagnosis:
    return app.of_logs([logs.sifted(["\n".join(lines).encode()], "job.log")], KNOWN, None)


def told(found: Diagnosis) -> tuple[str, str, tuple[str, ...], int]:
    cause = found.causes[0]
    return found.verdict, cause.code, cause.packages[:2], cause.lines[0].number


@pytest.mark.parametrize("program", DRESSED)
def test_the_failure_is_the_same_in_any_dress(program: str) -> None:
    dressed = [DRESSED[program](number, line) for number, line in enumerate(FAILURE)]
    assert told(of(*dressed)) == told(of(*FAILURE))


def test_ranks_that_speak_at_once_are_taken_apart() -> None:
    other = [line.replace("torch._six", "numpy.distutils").replace("deepspeed", "scipy") for line in FAILURE]
    mixed = [
        line
        for pair in zip((f"0: {one}" for one in FAILURE), (f"1: {one}" for one in other), strict=True)
        for line in pair
    ]
    assert told(of(*mixed))[2] == told(of(*FAILURE))[2]


def test_progress_bars_before_a_failure_hide_nothing() -> None:
    bar = "".join(f"\rEpoch 1: {part}%|{'#' * part}| {part}/100" for part in range(0, 100, 10))
    assert told(of(f"{bar}\r{FAILURE[0]}", *FAILURE[1:]))[:3] == told(of(*FAILURE))[:3]


def test_the_first_of_a_chain_is_the_cause() -> None:
    chain = [*FAILURE, "", "The above exception was the direct cause of the following exception:", "",
             "Traceback (most recent call last):", '  File "/workspace/train.py", line 9, in <module>',
             "RuntimeError: the engine could not be started"]  # fmt: skip
    assert told(of(*chain)) == told(of(*FAILURE))


def test_a_warning_before_the_crash_is_told_where_it_is_the_cause() -> None:
    found = of(
        "UserWarning: NVIDIA GeForce RTX 5080 with CUDA capability sm_120 is not compatible with the current PyTorch"
        " installation.",
        "Traceback (most recent call last):",
        '  File "/workspace/train.py", line 9, in <module>',
        "RuntimeError: CUDA error: unspecified launch failure",
    )
    assert (found.verdict, found.causes[0].kind) == ("environment", "gpu-arch")


def test_several_logs_are_one_story_and_name_their_files(tmp_path: Path) -> None:
    (tmp_path / "node0.log").write_text("step 1\nRuntimeError: Connection reset by peer\n")
    (tmp_path / "node1.log.gz").write_bytes(gzip.compress("\n".join(FAILURE).encode()))
    read = logs.read([str(tmp_path / "node0.log"), str(tmp_path / "node1.log.gz")])
    found = app.of_logs(read, KNOWN, None)
    assert told(found)[:3] == told(of(*FAILURE))[:3]
    assert found.causes[0].lines[0].file.endswith("node1.log.gz")
