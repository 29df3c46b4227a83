"""conda's environment.yml, in all the spellings of a dependency."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from envdoctor import yamlpos
from envdoctor.errors import UserError
from envdoctor.formats import conda_environment

if TYPE_CHECKING:
    from pathlib import Path

    from envdoctor.formats.conda_environment import Environment
    from envdoctor.model import Listed


def read(folder: Path, text: str) -> Environment:
    path = folder / "environment.yml"
    path.write_text(text, encoding="utf-8")
    return conda_environment.read(path)


def only(folder: Path, dependency: str) -> Listed:
    (entry,) = read(folder, f"dependencies: [{json.dumps(dependency)}]").entries
    assert entry.conda
    return entry


def refused(folder: Path, text: str) -> UserError:
    with pytest.raises(UserError) as caught:
        read(folder, text)
    return caught.value


WHOLE = """\
name: mla
channels:
  - pytorch
  - conda-forge
dependencies:
  - python=3.10
  - pytorch::pytorch=2.1=*cuda*
  - pip
  - pip:
      - Transformers[torch]>=4.40
      - -r more.txt
      - ./wheels/foo-1.2-py3-none-any.whl
variables:
  OMP_NUM_THREADS: 08
  EMPTY:
prefix: /opt/mla
platforms: [linux-64]
category: main
"""


def test_a_whole_environment_with_the_place_of_every_entry(tmp_path: Path) -> None:
    (tmp_path / "more.txt").write_text("numpy<2\n")
    found = read(tmp_path, WHOLE)
    file = str(tmp_path / "environment.yml")
    assert (found.name, found.channels) == ("mla", ("pytorch", "conda-forge"))
    assert str(found.variables["OMP_NUM_THREADS"].place) == f"{file}:14:20"
    assert {name: text.value for name, text in found.variables.items()} == {"OMP_NUM_THREADS": "08", "EMPTY": ""}
    assert [(e.name, e.specifier, e.conda, str(e.place)) for e in found.entries] == [
        ("python", "==3.10.*", True, f"{file}:6:5"),
        ("pytorch", "==2.1", True, f"{file}:7:5"),
        ("pip", "", True, f"{file}:8:5"),
        ("transformers", ">=4.40", False, f"{file}:10:9"),
        ("numpy", "<2", False, f"{tmp_path / 'more.txt'}:1:1"),
        ("foo", "==1.2", False, f"{file}:12:9"),
    ]


@pytest.mark.parametrize(
    ("written", "specifier"),
    [
        ("numpy", ""),
        ("numpy=1.20", "==1.20.*"),
        ("numpy =1.20", "==1.20.*"),
        ("numpy = 1.20", "==1.20.*"),
        ("numpy=1.20.*", "==1.20.*"),
        ("numpy 1.20.*", "==1.20.*"),
        ("numpy=1.20*", "==1.20.*"),
        ("numpy==1.20.*", "==1.20.*"),
        ("numpy==1.20.3", "==1.20.3"),
        ("numpy 1.20.3", "==1.20.3"),
        ("numpy>=1.20,<2", ">=1.20,<2"),
        ("numpy >=1.20, <2", ">=1.20,<2"),
        ("numpy>=1.20.*", ">=1.20"),
        ("numpy~=1.20", "~=1.20"),
        ("numpy!=1.20", "!=1.20"),
        ("numpy!=1.20.*", "!=1.20.*"),
        ("numpy>=1.20,!=1.21.0,1.*", ">=1.20,!=1.21.0,==1.*"),
        ("numpy=*", ""),
        ("numpy *", ""),
        ("numpy=2.0.0rc1", "==2.0.0rc1"),
        ("numpy[version='>=1.20, <2']", ">=1.20,<2"),
        ('numpy>=1[version="=1.20"]', "==1.20.*"),
    ],
)
def test_a_range_becomes_a_specifier(tmp_path: Path, written: str, specifier: str) -> None:
    entry = only(tmp_path, written)
    assert (entry.name, entry.specifier, entry.build) == ("numpy", specifier, "")
    SpecifierSet(entry.specifier)


@pytest.mark.parametrize(
    ("written", "name", "specifier", "build", "channel"),
    [
        ("pytorch=2.1=*cuda*", "pytorch", "==2.1", "*cuda*", ""),
        ("conda-forge::NumPy=1.20=py39_0", "numpy", "==1.20", "py39_0", "conda-forge"),
        ("conda-forge/linux-64::numpy==1.20=py39_0", "numpy", "==1.20", "py39_0", "conda-forge/linux-64"),
        ("https://h/c::ruamel.yaml", "ruamel.yaml", "", "", "https://h/c"),
        ("numpy 1.20 py39_0", "numpy", "==1.20", "py39_0", ""),
        ("numpy >=1.20 py39*", "numpy", ">=1.20", "py39*", ""),
        ("blas=*=mkl", "blas", "", "mkl", ""),
        ("_libgcc_mutex=0.1=conda_forge", "_libgcc_mutex", "==0.1", "conda_forge", ""),
        ("x[build=py*, channel='c', version=1.2.*]", "x", "==1.2.*", "py*", "c"),
        ("https://h/c/linux-64/foo-bar-1.2-h1_0.conda", "foo-bar", "==1.2", "h1_0", ""),
        ("./x-1-0.tar.bz2", "x", "==1", "0", ""),
    ],
)
def test_channel_and_build(tmp_path: Path, written: str, name: str, specifier: str, build: str, channel: str) -> None:
    entry = only(tmp_path, written)
    assert (entry.name, entry.specifier, entry.build, entry.channel) == (name, specifier, build, channel)
    assert conda_environment.unread(entry) == ""


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("numpy=1.2|1.3", "=1.2|1.3"),
        ("numpy 1.2|>=1.3", "=1.2|>=1.3"),
        ("numpy>=1.2|=1.1", ">=1.2|=1.1"),
        ("openssl=1.1.1w", "=1.1.1w"),
        ("openssl>=1.1.1c", ">=1.1.1c"),
        ("tzdata=2023c=h1", "=2023c h1"),
        ("x~=1", "~=1"),
        ("x=1.*.2", "=1.*.2"),
        ("x>=1.2<2", ">=1.2<2"),
    ],
)
def test_what_pep_440_cannot_say_is_kept_as_written(tmp_path: Path, written: str, kept: str) -> None:
    entry = only(tmp_path, written)
    assert entry.specifier == ""
    assert conda_environment.unread(entry) == kept


@pytest.mark.parametrize(
    "text", ["name: x\nchannels: []", "dependencies: []", "dependencies:", "dependencies:\n- pip:\n"]
)
def test_an_environment_may_ask_for_nothing(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text).entries == ()


@pytest.mark.parametrize(
    ("text", "problem", "place", "hint"),
    [
        ("name: x\ndependancies: []", "unknown key `dependancies`", "2:1", "did you mean `dependencies`?"),
        ("Dependencies: []", "unknown key `Dependencies`", "1:1", "did you mean `dependencies`?"),
        ("channel: [a]", "unknown key `channel`", "1:1", "did you mean `channels`?"),
        ("dependencies:\n- 'jax[cuda]'", "not `key=value`", "2:3", "extras are pip's"),
        ("dependencies:\n- git+https://h/x", "not a dependency", "2:3", "pip's"),
        ("dependencies:\n- '>=1.0'", "not a dependency", "2:3", "conda writes"),
        ("dependencies:\n- x.conda", "not a package file", "2:3", "conda writes"),
        ("dependencies:\n- ", "a dependency is empty", "2:2", "conda writes"),
        ("dependencies:\n- numpy: 1.2", "unknown installer `numpy`", "2:3", "`- numpy=1.2`"),
        ("dependencies:\n- Pip: [a]", "unknown installer `Pip`", "2:3", "did you mean `pip`?"),
        ("dependencies:\n- pip: [a, b=1]", "not a requirement", "2:12", "conda's"),
        ("dependencies:\n- pip: [-r nope.txt]", "`nope.txt` cannot be read", "2:9", "is the name right"),
        ("dependencies: a", "`dependencies` must be a list", "1:15", ""),
        ("channels: a", "`channels` must be a list", "1:11", ""),
        ("variables: [a]", "`variables` must be a mapping", "1:12", ""),
        ("- a", "an environment must be a mapping", "1:1", ""),
        ("", "the file is empty", "1:1", ""),
    ],
)
def test_a_mistake_says_place_problem_and_hint(tmp_path: Path, text: str, problem: str, place: str, hint: str) -> None:
    error = refused(tmp_path, text)
    assert problem in error.problem
    assert hint in error.hint
    assert error.place.endswith(f"environment.yml:{place}")


def test_what_other_tools_write_into_it_is_left_alone(tmp_path: Path) -> None:
    assert read(tmp_path, "dependencies: [a]\ndev-dependencies: [b]\ncategory: x\nx-note: y").entries[0].name == "a"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dependencies: [a]", True),
        ("dependancies: [a]", True),
        ("name: x\nchannels: [a]", True),
        ("recipe: 1\nname: x\npackages: {}", False),
        ("recipe: 1\ndependencies: [a]", False),
        ("service: x:svc\npython: {packages: [a]}", False),
        ("- dependencies", False),
        ("dependencies", False),
    ],
)
def test_an_environment_is_told_from_a_recipe(text: str, expected: bool) -> None:
    assert conda_environment.looks_like(yamlpos.read(text, "x.yml")) is expected


PIECES = st.sampled_from(
    [
        "numpy",
        "=",
        "==",
        ">=",
        "1.2",
        "*",
        ".*",
        "|",
        ",",
        " ",
        "::",
        ":",
        "[",
        "]",
        "version=",
        "'",
        '"',
        "(",
        ")",
        "#",
        "/",
        ".conda",
        "-",
        "^",
        "1" * 999,
    ]
)
DEPENDENCIES = st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=8).map("".join))


@settings(deadline=None)
@given(st.lists(DEPENDENCIES, max_size=3), DEPENDENCIES)
@example(["n=" + "1" * 1900 + ".1"], "")
def test_any_dependency_gives_an_entry_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, written: list[str], line: str
) -> None:
    text = json.dumps({"dependencies": [*written, {"pip": [line]}]})
    with suppress(UserError):
        for entry in read(tmp_path_factory.getbasetemp(), text).entries:
            SpecifierSet(entry.specifier)


@settings(deadline=None)
@given(st.text(max_size=120))
def test_any_text_gives_an_environment_or_an_error(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    with suppress(UserError):
        read(tmp_path_factory.getbasetemp(), text.encode("utf-8", "replace").decode())
