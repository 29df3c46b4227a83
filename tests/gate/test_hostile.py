"""Bad input ends with one line: what is wrong, where, and status 2, soon, and nothing unescaped on the terminal."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envdoctor import facts, recipe
from envdoctor.errors import CannotLook, EnvdoctorError, UserError
from envdoctor.facts import At
from envdoctor.formats import reports
from tests.gate.locks import conda_list, conda_lock, pylock
from tests.gate.test_subjects import BENTO, PROJECT

ROOT = Path(__file__).parents[2]
CODE = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from envdoctor.cli import main; main()"
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
LIMIT = 10
LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
NAMES = {
    "recipe.yml": (ROOT / "recipes" / "tf-text-bert.yml").read_text(),
    "environment.yml": "name: x\nchannels: [defaults]\ndependencies: [python=3.8, numpy, {pip: [keras]}]\n",
    "requirements.txt": "torch>=2.4 ; python_version >= '3.9'\n-r other.txt\nnumpy==1.26.4\n",
    "pyproject.toml": PROJECT,
    "pylock.toml": pylock(("torch", "2.4.0", ""), ("numpy", "1.26.4", "sys_platform == 'linux'")),
    "conda-lock.yml": conda_lock(("python", "3.11.9", "conda"), ("rich", "13.9.0", "pip")),
    "bentofile.yaml": BENTO,
}
# file, what it holds
BY_HAND: list[tuple[str, bytes]] = [
    (name, content)
    for name in NAMES
    for content in (
        b"",
        b"\x00",
        NAMES[name].encode("utf-16-le"),  # without the mark that would tell
        "name: größe\n".encode("latin-1"),
        b"\xff\xfe\xfd" + os.urandom(50),
        NAMES[name].encode() + b"\x1b]0;title\x07\x9b31m\n\x00",
        b"[" * 200_000,
        b"{" * 200_000,
        b"- " * 100_000,
        b"x = [" * 5_000,
        b"a" * 11_000_000,
        b"\x1b[2J\x1b[31mname: [\n",
        b"<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs\n",
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b"PK\x03\x04\x14\x00",
    )
]
BY_HAND += [(name, LAUGHS.encode()) for name in NAMES if name.endswith(("yml", "yaml"))]
BY_HAND += [
    ("recipe.yml", b'recipe: 1\nname: "a\\x1b[31mb"\n'),
    ("recipe.yml", b"recipe: 1\nname: a\npackages: {'\xe2\x80\xaeevil': '1'}\n"),
    ("recipe.yml", b"recipe: 1\nname: a\nname: b\n"),
    ("recipe.yml", b"recipe: 1\nname: a\npackages: {torch: '>=9999999999999999999999999x'}\n"),
    ("recipe.yml", b"&a [*a]\n"),
    ("recipe.yml", b"? [complex, key]\n: value\n"),
    ("recipe.yml", b"!!python/object/apply:os.system ['true']\n"),
    ("recipe.yml", b"--- a\n--- b\n"),
    ("environment.yml", b"dependencies: [{pip: [{x: y}]}]\nchannels: [a]\n"),
    ("requirements.txt", b"torch" + b"[a]" * 2_000 + b"\n"),
    ("requirements.txt", b"torch ; " + b"(" * 5_000 + b"\n"),
    ("requirements.txt", b"-r requirements.txt\n"),
    ("requirements.txt", b"-r /dev/zero\n"),
    ("requirements.txt", b"--no-such-option \x1b[31m\n"),
    ("pyproject.toml", b'[project]\ndependencies = ["\\u001b[31m"]\n'),
    ("pyproject.toml", b"[project]\ndependencies = [" + b"'a'," * 10 + b"1]\n"),
    ("pyproject.toml", b"project = 1\n"),
    ("pyproject.toml", b"[project]\nname = 'x'\n[project]\n"),
    ("pylock.toml", b"lock-version = '9.0'\ncreated-by = 'x'\npackages = []\n"),
    ("conda-lock.yml", b"version: 1\nmetadata: {}\npackage: []\n"),
    ("bentofile.yaml", b"service: [1]\n"),
    ("bentofile.yaml", b"service: x\npython: {requirements_txt: /dev/zero}\n"),
]


def refused(path: Path) -> EnvdoctorError | None:
    """Read a subject; give what it was refused with, or None if it can be read."""
    began = time.process_time()
    try:
        recipe.load(str(path), {})
    except UserError as error:
        assert time.process_time() - began < LIMIT
        return error
    return None


@pytest.mark.parametrize(("name", "content"), BY_HAND, ids=[f"{name}-{n}" for n, (name, _) in enumerate(BY_HAND)])
def test_a_malformed_subject_is_refused_with_its_place(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    error = refused(path)
    if name == "requirements.txt" and error is None:
        assert not content.strip(b"-r \n") or b"====" in content or content.startswith(b"a")  # it asks for nothing
        return
    assert error is not None
    assert error.exit_code == 2
    assert error.place.startswith(str(tmp_path)) or error.place.startswith("/dev/")
    assert len(error.problem) < 1_000


def test_there_are_two_hundred_of_them_with_those_that_are_made_up() -> None:
    assert len(BY_HAND) + 100 >= 200


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_subject_that_was_cut_and_mixed_is_read_or_refused(data: st.DataObject, tmp_path: Path) -> None:
    name = data.draw(st.sampled_from(sorted(NAMES)))
    text = NAMES[name].encode()
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    middle = data.draw(
        st.one_of(st.binary(max_size=40), st.text(max_size=20).map(lambda s: s.encode("utf-8", "replace")))
    )
    path = tmp_path / name
    path.write_bytes(text[:start] + middle + text[end:])
    (tmp_path / "other.txt").write_text("")
    error = refused(path)
    if error is not None:
        assert error.place.startswith(str(tmp_path))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_list_and_a_report_that_were_cut_and_mixed_are_read_or_refused(data: st.DataObject, tmp_path: Path) -> None:
    listed = conda_list(("python", "3.11.9", "conda-forge"), ("rich", "13.9.0", "pypi"))
    text = data.draw(st.sampled_from([listed, '{"schema": "envdoctor.report/1", "findings": [{"culprit": ["a"]}]}']))
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    path = tmp_path / "x.json"
    path.write_text(text[:start] + data.draw(st.text(st.characters(codec="utf-8"), max_size=20)) + text[end:])
    for read in (lambda: facts.Look(At(str(path))).facts(), lambda: reports.read(path)):
        try:
            read()
        except (UserError, CannotLook) as error:
            assert str(tmp_path) in error.place or "~" in error.place


def told(*words: str, **how: Any) -> tuple[int, str, str]:
    bounded = lambda: resource.setrlimit(resource.RLIMIT_CPU, (LIMIT, LIMIT))  # noqa: E731  (of work, not of waiting)
    command = [sys.executable, "-c", CODE, *words]
    done = subprocess.run(
        command, capture_output=True, encoding="utf-8", timeout=120, check=False, preexec_fn=bounded, **how
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    """Give what stands where a file should."""
    os.mkfifo(tmp_path / "pipe.yml")
    (tmp_path / "folder.yml").mkdir()
    (tmp_path / "loop.yml").symlink_to("loop.yml")
    return {
        "pipe": str(tmp_path / "pipe.yml"),
        "folder": str(tmp_path / "folder.yml"),
        "loop": str(tmp_path / "loop.yml"),
        "zero": "/dev/zero",
        "stdin": "/dev/stdin",
        "steering": str(tmp_path / "a\x1b[31mb\x07.yml"),
        "long": "x" * 5_000 + ".yml",
        "letters": "\udc80\udcff.yml",
    }


@pytest.mark.parametrize("what", ["pipe", "folder", "loop", "zero", "stdin", "steering", "long", "letters"])
def test_what_is_no_file_is_refused_soon_and_named_without_steering_the_terminal(
    what: str, places: dict[str, str]
) -> None:
    status, out, err = told("check", places[what], stdin=subprocess.DEVNULL)
    assert (status, out) == (2, "")
    assert err.startswith("error: ")
    assert STEERING.findall(err) == []
    status, out, err = told("check", "tf-text-bert", "--baseline", places[what], "--target", "/no/such")
    assert (status, out) == (2, "")
    assert STEERING.findall(err) == []


STEERED = "\x1b]0;x\x07\u202e\x9b31m"


@pytest.mark.parametrize(
    "words",
    [
        ("check", STEERED),
        ("check", "--select", STEERED),
        ("check", "--fact", f"{STEERED}=1"),
        ("check", "--fail-on", STEERED),
        ("check", "--format", STEERED),
        ("check", "-o", STEERED),
        ("check", "tf-text-bert", "--resolve", "--at", STEERED),
        ("check", "--timeout", STEERED),
        ("check", "--matrix", STEERED),
        ("check", f"--{STEERED}"),
        ("check", "--machine", STEERED),
        (STEERED,),
        ("explain", STEERED),
    ],
)
def test_what_was_typed_is_never_told_unescaped(words: tuple[str, ...]) -> None:
    status, out, err = told(*words)
    assert (status, out) == (2, "")
    assert STEERING.findall(err) == []


@pytest.mark.parametrize("form", ["text", "json", "sarif", "junit", "github", "gitlab", "markdown"])
def test_what_a_target_is_called_is_never_told_unescaped(form: str, tmp_path: Path) -> None:
    wanted = tmp_path / "r.yml"
    wanted.write_text(f'recipe: 1\nname: r\nforbidden: {{torch: "{"because " + ascii(STEERED)[1:-1]}"}}\n')
    listed = tmp_path / f"a{STEERED}.txt"
    listed.write_text("torch==2.4\n")
    status, out, err = told("check", str(wanted), "--target", str(listed), "--fact", "python=3.11", "--format", form)
    assert status == 1, err
    assert STEERING.findall(out + err) == []
