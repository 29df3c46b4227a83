"""Files of other tools as subjects: each asks for what it asks for, with the line, or is refused with it."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from envdoctor import recipe
from envdoctor.errors import UserError
from envdoctor.formats import pyproject, tomlpos
from tests.gate.locks import conda_lock, pylock

if TYPE_CHECKING:
    from envdoctor.model import Recipe, Wish

NAMES = {"pytorch": "torch", "numpy": "numpy"}
PROJECT = """
# a project
[build-system]
requires = ["hatchling"]

[project]
name = "my_train"
requires-python = ">=3.11,<3.13"
dependencies = [
  "torch>=2.4",   # the framework
  'numpy>=1.26; python_version < "3.13"',
]

[project.optional-dependencies]
cpu = ["jax==0.4.30"]
gpu = ["jax[cuda12]==0.5.0", "flash-attn>=2.6"]
all = ["my-train[cpu,gpu]"]

[dependency-groups]
test = ["pytest>=8", {include-group = "lint"}]
lint = ["ruff"]
"""
BENTO = """
service: "service.py:svc"
labels: {owner: me}
include: ["*.py"]
python:
  packages:
    - scikit-learn>=1.3
    - pandas
  requirements_txt: ./more.txt
  lock_packages: false
docker:
  python_version: "3.11"
  cuda_version: 12.4.1
  env: {OMP_NUM_THREADS: "8"}
conda:
  channels: [conda-forge]
  dependencies: [pytorch=2.4, h2o]
  pip: [rich]
envs:
  - {name: TOKENIZERS_PARALLELISM, value: "false"}
"""
LOCKED = (("python", "3.11.9"), ("pytorch", "2.4.0"), ("ncurses", "6.5"))
CONDA_LOCK = conda_lock(*((*one, "conda") for one in LOCKED), ("rich", "13.9.0", "pip"))
PYLOCK = pylock(("torch", "2.4.0", ""), ("pytest", "8.0.0", "'test' in dependency_groups"))


def loaded(folder: Path, name: str, text: str) -> Recipe:
    (folder / name).write_text(text)
    return recipe.load(str(folder / name), NAMES)


def asked(found: Recipe) -> dict[str, tuple[str, bool, int]]:
    return {wish.name: (wish.specifier, wish.optional, wish.place.line if wish.place else 0) for wish in found.packages}


def wish(found: Recipe, name: str) -> Wish:
    one = found.wish(name)
    assert one is not None
    return one


def test_a_project_asks_for_its_dependencies_and_has_extras_and_groups_beside(tmp_path: Path) -> None:
    found = loaded(tmp_path, "pyproject.toml", PROJECT)
    assert (found.kind, found.name) == ("pyproject", "my_train")
    assert found.python
    assert (found.python.specifier, found.python.place) == (">=3.11,<3.13", (str(tmp_path / "pyproject.toml"), 8, 19))
    assert asked(found) == {
        "torch": (">=2.4", False, 10),
        "numpy": (">=1.26", False, 11),
        "jax": ("", True, 15),  # two extras want two versions: either may be the one
        "flash-attn": (">=2.6", True, 16),
        "pytest": (">=8", True, 20),
        "ruff": ("", True, 21),
    }
    assert wish(found, "numpy").marker == 'python_version < "3.13"'


def test_dependencies_that_setuptools_reads_from_files_are_read_there(tmp_path: Path) -> None:
    (tmp_path / "wanted.txt").write_text("torch>=2\n")
    text = '[project]\nname = "x"\ndynamic = ["dependencies"]\n[tool.setuptools.dynamic]\n'
    found = loaded(tmp_path, "pyproject.toml", f'{text}dependencies = {{file = ["wanted.txt"]}}\n')
    assert asked(found) == {"torch": (">=2", False, 1)}
    with pytest.raises(UserError, match="known to its build tool alone"):
        loaded(tmp_path, "pyproject.toml", '[project]\nname = "x"\ndynamic = ["dependencies"]\n')


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("[project\n", 1, "not TOML"),
        ("[tool.poetry]\nname = 'x'\n", 1, "states no dependencies"),
        ("[project]\ndependencies = 'torch'\n", 1, "must be a list"),
        ("[project]\ndependencies = [\n 'torch',\n 'not a req!',\n]\n", 4, "not a requirement"),
        ("[project]\ndependencies = ['-r secrets.txt']\n", 2, "not a requirement"),
        ("[project]\ndependencies = [1]\n", 1, "is no text"),
        ("[project]\ndependencies = [{include-group = 'x'}]\n", 1, "is no text"),
        ("[dependency-groups]\na = [\n{include-group = 'missing'}]\n", 3, "is no group"),
        ("[project]\noptional-dependencies = ['x']\n", 1, "must be a table"),
        ("[project]\nrequires-python = 3\n", 1, "must be a text"),
        ("a = " + "[" * 5000, 1, "nested too deeply"),
        ("<<<<<<< HEAD\n", 1, "a merge left its marks"),
    ],
)
def test_a_wrong_project_is_refused_with_its_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    with pytest.raises(UserError) as told:
        loaded(tmp_path, "pyproject.toml", text)
    assert said in told.value.problem
    assert told.value.place.startswith(f"{tmp_path}/pyproject.toml:{line}:")


def test_every_string_of_a_toml_text_is_found_by_its_keys() -> None:
    text = textwrap.dedent('''
        top = "a"  # "no string"
        list = [ "b", # [ ] = "no"
          """c
        c""", 'd', ]
        [one."two.three"] # a comment
        inline = {x = "e", y = ["f"]}
        dotted.key = "g"
        [[array]]
        s = "h\\u0041"
    ''')
    document = tomlpos.read(text, "f")
    found = tomlpos.strings(text, "f")
    assert {keys: [(one.value, one.place.line) for one in group] for keys, group in found.items()} == {
        ("top",): [("a", 2)],
        ("list",): [("b", 3), ("c\nc", 4), ("d", 5)],
        ("one", "two.three", "inline"): [("e", 7), ("f", 7)],
        ("one", "two.three", "dotted", "key"): [("g", 8)],
        ("array", "s"): [("hA", 10)],
    }
    assert document["list"] == ["b", "c\nc", "d"]


def test_a_bentofile_asks_for_all_that_its_image_gets(tmp_path: Path) -> None:
    (tmp_path / "more.txt").write_text("xgboost==2.0.3\n")
    (tmp_path / "service.py").write_text("import bentoml\nsvc = bentoml.Service('x', runners=[])\n")
    found = loaded(tmp_path, "bentofile.yaml", BENTO)
    assert found.kind == "bentofile"
    assert asked(found) == {
        "scikit-learn": (">=1.3", False, 7),
        "pandas": ("", False, 8),
        "xgboost": ("==2.0.3", False, 1),
        "torch": ("==2.4.*", False, 17),
        "h2o": ("", False, 17),
        "rich": ("", False, 18),
        "bentoml": ("", False, 2),
    }
    assert wish(found, "h2o").unmapped
    assert found.python
    assert found.python.specifier == "==3.11.*"
    assert [(one.name, one.specifier, one.place.line) for one in found.host if one.place] == [
        ("accelerator", "cuda", 13),
        ("cuda", ">=12", 13),
    ]
    assert {one.name: one.specifier for one in found.env} == {
        "OMP_NUM_THREADS": "8",
        "TOKENIZERS_PARALLELISM": "false",
    }
    assert "bentoml.Service.runners" in found.uses


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("service: x\npyton: {}\n", "2:1", "unknown key `pyton`"),
        ("service: x\npython: [a]\n", "2:9", "must be a mapping"),
        ("service: x\npython: {packages: a}\n", "2:20", "must be a list"),
        ("service: x\npython: {packages: ['a=1']}\n", "2:21", "not a requirement"),
        ("service: x\npython: {requirements_txt: no.txt}\n", "2:28", "`no.txt` cannot be read"),
        ("service: x\npython: {lock_packages: maybe}\n", "2:10", "is true or false"),
        ("service: x\ndocker: {cuda_version: newest}\n", "2:24", "is no version"),
        ("service: x\nconda: {dependencies: ['a/b']}\n", "2:24", "not a dependency"),
        ("python: {packages: [a]}\n", "1:1", "`service` is missing"),
    ],
)
def test_a_wrong_bentofile_is_refused_with_its_place(tmp_path: Path, text: str, place: str, said: str) -> None:
    with pytest.raises(UserError) as told:
        loaded(tmp_path, "bentofile.yaml", text)
    assert said in told.value.problem
    assert told.value.place.startswith(f"{tmp_path}/bentofile.yaml:{place}")


def test_a_lock_asks_for_exactly_what_it_holds(tmp_path: Path) -> None:
    found = loaded(tmp_path, "pylock.train.toml", PYLOCK)
    assert (found.kind, found.name) == ("pylock", "train")
    assert asked(found) == {"torch": ("==2.4.0", False, 4), "pytest": ("==8.0.0", True, 8)}
    assert found.python
    assert found.python.specifier == ">=3.11"
    found = loaded(tmp_path, "train.conda-lock.yml", CONDA_LOCK)
    assert (found.kind, found.name) == ("conda-lock", "train")
    assert {name: specifier for name, (specifier, *_) in asked(found).items()} == {
        "torch": "==2.4.0",
        "ncurses": "==6.5",
        "rich": "==13.9.0",
    }
    assert wish(found, "ncurses").unmapped
    assert found.python
    assert found.python.specifier == "==3.11.9"


def test_the_subjects_of_the_report_are_those_of_the_schema() -> None:
    schema = json.loads((Path(recipe.__file__).parents[1] / "report/schemas/report-1.json").read_text())
    kinds = set(schema["properties"]["subject"]["properties"]["kind"]["enum"])
    assert kinds == {"recipe", "environment", "requirements", "pyproject", "pylock", "conda-lock", "bentofile", "none"}


def test_the_project_of_this_checkout_reads() -> None:
    found = pyproject.read(Path(__file__).parents[2] / "pyproject.toml")
    assert "typer" in {entry.name for entry in found.entries}
    assert all(entry.place and entry.place.line > 10 for entry in (*found.entries, *found.further))
