"""Diagnose: from a log to its cause, or to the word that it is not the environment."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envdoctor import logs, matrix, report
from envdoctor.app import diagnose as app
from envdoctor.errors import UserError
from envdoctor.logs.sieve import Sieve
from envdoctor.report import diagnosis, layout
from tests.examples import versions

if TYPE_CHECKING:
    from envdoctor.model import Facts
    from envdoctor.model.diagnosis import Diagnosis

ROOT = Path(__file__).parents[1]
CASES = sorted((ROOT / "fixtures" / "diagnose").glob("*/log.txt"))
SCHEMA = json.loads((Path(report.__file__).parent / "schemas" / "diagnosis-1.json").read_text())
KNOWN = app.knowledge(matrix.load())


def of(text: str, seen: Facts | None = None) -> Diagnosis:
    return app.of_logs([logs.sifted([text.encode()], "job.log")], KNOWN, seen)


def first(text: str, seen: Facts | None = None) -> str:
    told = of(text, seen)
    return f"{told.verdict} {told.causes[0].code} {told.causes[0].state}" if told.causes else told.verdict


def kept(*chunks: bytes) -> list[str]:
    return [line.text for line in logs.sifted(chunks, "job.log").lines]


@pytest.mark.parametrize("log", CASES, ids=lambda path: path.parent.name)
def test_a_log_is_told_as_it_stands_beside_it(log: Path) -> None:
    told = of(log.read_text(encoding="utf-8"))
    assert layout.plain(diagnosis.lines(told)) == (log.parent / "report.txt").read_text(encoding="utf-8")
    jsonschema.validate(json.loads(diagnosis.render(told)), SCHEMA)


def test_the_founding_log_is_answered_by_its_two_pins_and_setuptools_in_one_command() -> None:
    (cause, *_) = of((ROOT / "fixtures" / "diagnose" / "founding" / "log.txt").read_text(encoding="utf-8")).causes
    assert cause.code == "TF001"
    pins = {"tensorflow-text": "==2.15.*", "tf-models-official": "==2.15.*", "setuptools": "<82"}
    assert list(cause.fixes[0].pins.items()) == list(pins.items())
    for name, cell in pins.items():
        assert f"'{name}{cell}'" in cause.fixes[0].command


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB.", "not-environment LOG601 open"),
        ("RuntimeError: Address already in use", "not-environment LOG608 open"),
        ('  File "train.py", line 3\n    x = = 1\nSyntaxError: invalid syntax', "not-environment LOG621 open"),
        ("W tensorflow/compiler/tf2tensorrt/utils/py_utils.cc:38] TF-TRT Warning: Could not find TensorRT", "unknown"),
        ("epoch 1 loss 0.31", "unknown"),
        ("", "unknown"),
    ],
)
def test_what_is_not_the_environment_raises_no_alarm(line: str, said: str) -> None:
    assert first(line + "\n") == said


def test_no_healthy_log_raises_an_alarm() -> None:
    folder = ROOT / "fixtures" / "logs" / "healthy"
    said = {path.name: of(path.read_text(encoding="utf-8")).verdict for path in sorted(folder.glob("*.txt"))}
    assert {name for name, verdict in said.items() if verdict == "environment"} == set()


def test_the_first_failure_counts_not_the_last_line() -> None:
    failed = (
        "Traceback (most recent call last):\n"
        '  File "/venv/lib/python3.11/site-packages/deepspeed/runtime/utils.py", line 18, in <module>\n'
        "    from torch._six import inf\n"
        "ModuleNotFoundError: No module named 'torch._six'\n"
        "Traceback (most recent call last):\n"
        "torch.distributed.elastic.multiprocessing.errors.ChildFailedError:\n"
    )
    told = of(failed)
    assert told.verdict == "environment"
    assert set(told.causes[0].packages[:2]) == {"deepspeed", "torch"}
    assert told.causes[0].lines[0].number == 4


def test_interleaved_ranks_are_read_one_by_one() -> None:
    mixed = (
        "[rank1]: Traceback (most recent call last):\n"
        "[rank0]: Traceback (most recent call last):\n"
        '[rank1]:   File "/venv/lib/python3.11/site-packages/apex/amp/_amp_state.py", line 14, in <module>\n'
        '[rank0]:   File "/app/train.py", line 3, in <module>\n'
        "[rank1]: ImportError: cannot import name 'container_abcs' from 'torch._six'\n"
        "[rank0]: KeyError: 'label'\n"
    )
    told = of(mixed)
    assert told.verdict == "environment"
    assert "apex" in told.causes[0].packages


def test_the_facts_of_a_target_confirm_or_refute() -> None:
    line = (
        "ImportError: cannot import name 'url_quote' from 'werkzeug.urls' (/venv/lib/python3.11/site-packages/x.py)\n"
    )
    assert first(line, versions(werkzeug="3.0.1", flask="2.2.2")).startswith("environment SRV")
    assert first(line, versions(werkzeug="3.0.1", flask="2.2.2")).endswith(" confirmed")


def test_a_version_in_the_log_is_a_fact_with_its_line() -> None:
    told = of("numpy==2.0.1\nAttributeError: module 'numpy' has no attribute 'float'\n")
    assert told.causes[0].state == "confirmed"
    assert [(fact.value, fact.source) for fact in told.causes[0].facts] == [("2.0.1", "line 1 of the log")]


@pytest.mark.parametrize(
    ("log", "pins"),
    [
        (
            "ImportError: /v/site-packages/vllm/_C.so: undefined symbol: _ZN5torch3jit17parseSchemaOrNameERKSs",
            {"torch": "<2.7"},
        ),
        (
            "ImportError: /v/site-packages/vllm/_C.so: undefined symbol: _ZN2at4_ops4call4callERKN3c108optionalIdEE",
            {"torch": "<2.2"},
        ),
        ("ImportError: libtorch_cuda.so: undefined symbol: ncclCommWindowRegister", {"nvidia-nccl-cu12": ">=2.27"}),
        ("incompatible torch version 2.8.0+cu129 for torchao version 0.14.0", {"torchao": "==0.13.*"}),
        ("The detected CUDA version (11.8) mismatches the version that was used to compile", {"torch": ">=2.0,<2.8"}),
        (
            "ERROR: Could not find a version that satisfies the requirement torch==1.13.1 (from versions: 2.0.0)",
            {"torch": "==2.0.0"},
        ),
        ("RuntimeError: the grpc package depends on grpcio>=1.64.1, please upgrade", {"grpcio": ">=1.64.1"}),
    ],
)
def test_what_a_line_says_becomes_a_pin(log: str, pins: dict[str, str]) -> None:
    assert dict(of(log).causes[0].fixes[0].pins) == pins


def test_symbols_are_told_as_their_source_has_them() -> None:
    (cause, *_) = of("/v/site-packages/vllm/_C.so: undefined symbol: _ZN5torch3jit17parseSchemaOrNameERKSs").causes
    assert "`torch::jit::parseSchemaOrName`" in cause.cause
    for symbol in ("_Z" + "N" * 300, "_Z999999a", "_ZN" + "I" * 3000, "_Z"):
        of(f"/v/site-packages/vllm/_C.so: undefined symbol: {symbol}3c10")


def test_installed_code_that_fails_while_it_is_imported_is_the_environment() -> None:
    frames = "".join(
        f'  File "/venv/lib/python3.11/site-packages/{name}/__init__.py", line 1, in {where}\n'
        for name, where in (("onething", "<module>"), ("another", "<module>"), ("another", "build"))
    )
    head = 'Traceback (most recent call last):\n  File "/app/train.py", line 1, in <module>\n'
    told = of(f"{head}{frames}ValueError: the table has no such row")
    assert (told.verdict, told.causes[0].code, told.causes[0].packages) == (
        "environment",
        "LOG709",
        ("another", "onething"),
    )
    called = frames.replace("<module>", "run")
    assert of(f"{head}{called}ValueError: the table has no such row").verdict == "unknown"


def test_markdown_masks_homes_and_secrets() -> None:
    line = "OSError: /home/anna/x/libcudart.so.11.0: cannot open shared object file token=hf_abcdefghijklmnop\n"
    text = diagnosis.markdown(of(line))
    assert "anna" not in text
    assert "hf_abcdefghijklmnop" not in text
    assert "libcudart" in text


def test_packed_and_wide_logs_are_read(tmp_path: Path) -> None:
    words = "RuntimeError: Numpy is not available\n"
    (tmp_path / "a.gz").write_bytes(gzip.compress(words.encode()))
    (tmp_path / "b.log").write_bytes(b"\xff\xfe" + words.encode("utf-16-le"))
    for name in ("a.gz", "b.log"):
        (log,) = logs.read([str(tmp_path / name)])
        assert log.lines[0].text.endswith("Numpy is not available")


@pytest.mark.parametrize("content", [b"\x1f\x8b\x08broken", b"\x1f\x8b"])
def test_a_damaged_or_missing_log_is_one_clear_error(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(content)
    for name in (str(tmp_path / "a.gz"), str(tmp_path / "none"), str(tmp_path)):
        with pytest.raises(UserError):
            logs.read([name])


def test_a_failure_in_the_middle_of_a_large_log_is_kept_with_its_frames() -> None:
    step = b"step %d loss 0.123 tokens 4567\n"
    noise = b"".join(step % number for number in range(40_000))
    failure = b'Traceback (most recent call last):\n  File "a.py", line 1\nValueError: boom\n'
    lines = kept(noise, failure, noise)
    assert {"ValueError: boom", '  File "a.py", line 1'} <= set(lines)
    assert len(lines) < 25_000


def test_line_numbers_are_those_of_the_file() -> None:
    noise = b"x 1\n" * 200_000
    (found,) = (line for line in logs.sifted([noise, b"KeyError: 'a'\n", noise], "x").lines if "KeyError" in line.text)
    assert found.number == 200_001


def test_a_line_without_end_stays_small() -> None:
    sieve = Sieve()
    for _ in range(40):
        sieve.feed(b"\0\xff progress" * 20_000)
    assert sum(len(line.text) for line in sieve.finish()) < 100_000


@settings(max_examples=25, deadline=None)
@given(st.lists(st.binary(max_size=300), max_size=5))
def test_any_bytes_are_read_and_judged(chunks: list[bytes]) -> None:
    told = app.of_logs([logs.sifted(chunks, "x")], KNOWN, None)
    assert told.verdict in ("environment", "not-environment", "unknown")
    layout.plain(diagnosis.lines(told))


WORDS = st.sampled_from([
    "Traceback (most recent call last):", '  File "/venv/lib/python3.11/site-packages/torch/a.py", line 1, in f',
    "E   ",
    "During handling of the above exception, another exception occurred:", "[rank0]: ", "undefined symbol: _ZN3c10",
    "ImportError: cannot import name 'x' from 'torch'", "No module named ",
    "'", '"', "\x1b[31m", "\r", ": |", "(", ")",
    "0: ", "_Z999999a", "version `GLIBC_2.34' not found", "requires a<2, but you have a 3",
])  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(WORDS, max_size=6).map("".join), max_size=12))
def test_pieces_of_failures_in_any_order_are_judged(lines: list[str]) -> None:
    told = of("\n".join(lines))
    jsonschema.validate(json.loads(diagnosis.render(told)), SCHEMA)


@pytest.mark.parametrize(
    ("lines", "code", "pins"),
    [
        (["AttributeError: 'CountVectorizer' object has no attribute 'get_feature_names'"], "SCI301", "<1.2"),
        (["TypeError: OneHotEncoder.__init__() got an unexpected keyword argument 'sparse'"], "SCI301", "<1.4"),
        (
            [
                'File "train.py", line 3, in <module>',
                "    encoder = OneHotEncoder(sparse=False)",
                "TypeError: __init__() got an unexpected keyword argument 'sparse'",
            ],
            "SCI301",
            "<1.4",
        ),
        (
            ["TypeError: LGBMClassifier.fit() got an unexpected keyword argument 'early_stopping_rounds'"],
            "SCI304",
            "<4.0",
        ),
        (["AttributeError: 'Engine' object has no attribute 'execute'"], "SRV311", "<2.0"),
    ],
    ids=lambda value: value[-1][-40:] if isinstance(value, list) else "",
)
def test_of_an_object_the_class_is_enough_to_find_who_dropped_a_member(lines: list[str], code: str, pins: str) -> None:
    (cause, *_) = of("\n".join(["Traceback (most recent call last):", *lines])).causes
    assert cause.code == code
    assert list(cause.fixes[0].pins.values()) == [pins]


def test_a_name_that_is_told_in_full_is_not_the_end_of_a_longer_one() -> None:
    (cause, *_) = of("ImportError: cannot import name 'triu' from 'scipy.linalg'").causes
    assert cause.packages[0] == "scipy"


@pytest.mark.parametrize(
    "line",
    [
        "AttributeError: 'MyVectorizer' object has no attribute 'get_feature_names'",
        "AttributeError: 'CountVectorizer' object has no attribute 'frobnicate'",
        "TypeError: __init__() got an unexpected keyword argument 'sparse'",
    ],
)
def test_a_member_that_nobody_dropped_is_the_programs_own_affair(line: str) -> None:
    assert not any(cause.code.startswith("SCI") for cause in of(f"Traceback (most recent call last):\n{line}").causes)


def test_trouble_that_repeats_is_not_kept_again_however_long_the_log_is() -> None:
    letters = "abcdefghij"
    names = ["".join(letters[int(digit)] for digit in str(number)) for number in range(70_000)]
    chatter = "\n".join(names).encode()
    sieve = Sieve()
    for _ in range(5):
        sieve.feed(b"error: part 7 is late\n" + chatter + b"\n")
    kept = [line for line in sieve.finish() if "error" in line.text]
    assert [line.number for line in kept] == [1, 70_002], "in the part that is kept whole, and once after it"
