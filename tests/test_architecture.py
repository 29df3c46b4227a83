"""The code has the shape that it says it has, and each breach of it is noticed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from envdoctor.bootstrap import ROOT
from tests.architecture import breaches, too_long

if TYPE_CHECKING:
    from pathlib import Path

LONG_FUNCTION = "def wander() -> None:\n" + "    step()\n" * 40

# file, what it says, the breach that has to be named
PLANTED = [
    ("model.py", "import envdoctor.yamlpos\n", "model.py:1: `model` may not import `yamlpos`"),
    ("errors.py", "from envdoctor.recipe import load\n", "errors.py:1: `errors` may not import `recipe`"),
    ("cells.py", "from envdoctor import checks\n", "cells.py:1: `cells` may not import `checks`"),
    ("formats/freeze.py", "from envdoctor.facts import x\n", "freeze.py:1: `formats` may not import `facts`"),
    ("recipe/written.py", "\nfrom envdoctor import matrix\n", "written.py:2: `recipe` may not import `matrix`"),
    ("facts/look.py", "from envdoctor.recipe import x\n", "look.py:1: `facts` may not import `recipe`"),
    ("matrix/load.py", "import envdoctor.facts.host\n", "load.py:1: `matrix` may not import `facts`"),
    ("checks/a.py", "from envdoctor.facts import x\n", "a.py:1: `checks` may not import `facts`"),
    ("checks/a.py", "def f() -> None:\n    import os.path\n", "a.py:2: a judge may not look: `os.path`"),
    ("diagnose/a.py", "from pathlib import Path\n", "a.py:1: a judge may not look: `pathlib`"),
    ("link/a.py", "import subprocess\n", "a.py:1: a judge may not look: `subprocess`"),
    ("link/a.py", "from socket import socket\n", "a.py:1: a judge may not look: `socket`"),
    ("checks/a.py", "x = open('y')\n", "a.py:1: a judge may not open a file"),
    ("checks/a.py", "from yaml import compose\n", "a.py:1: `checks` may not import `yaml`"),
    ("recipe/written.py", "import yaml\n", "written.py:1: `recipe` may not import `yaml`"),
    ("report/json.py", "from envdoctor.errors import UserError\n", "json.py:1: `report` may not import `errors`"),
    ("report/text.py", "from rich.text import Text\n", "text.py:1: `rich` is loaded inside the function"),
    ("cli/check.py", "def f() -> None:\n    import rich\n", "check.py:2: `cli` may not import `rich`"),
    ("cli/check.py", "def f() -> None:\n    import envdoctor.facts\n", "check.py:2: `cli` may not import `facts`"),
    ("cli/__init__.py", "from envdoctor import app\n", "__init__.py:1: `envdoctor.app` is loaded at every start"),
    ("cli/__init__.py", "import json\n", "__init__.py:1: `json` is loaded at every start"),
    ("app/check.py", "import typer\n", "check.py:1: `app` may not import `typer`"),
    ("app/check.py", "from envdoctor.cli import main\n", "check.py:1: `app` may not import `cli`"),
    ("app/check.py", "print('hello')\n", "check.py:1: only `cli` prints"),
    ("app/check.py", "import sys\nsys.stderr.write('hello')\n", "check.py:2: only `cli` prints"),
    ("solve/uv.py", "import sys\nsys.exit(1)\n", "uv.py:2: only `cli` exits"),
    ("solve/uv.py", "raise SystemExit(1)\n", "uv.py:1: only `cli` exits"),
    ("solve/uv.py", "from envdoctor.lock import x\n", "uv.py:1: `solve` may not import `lock`"),
    ("facts/probe.py", "import packaging\n", "probe.py:1: `facts` may not import `packaging`"),
    ("facts/probe.py", "from envdoctor import model\n", "probe.py:1: a standalone file imports envdoctor"),
    ("models/mla.py", "import envdoctor.model\n", "mla.py:1: a standalone file imports envdoctor"),
    ("smoke/programs/a.py", "import envdoctor.model\n", "a.py:1: a standalone file imports envdoctor"),
    ("smoke/running.py", "import torch\n", "running.py:1: `smoke` may not import `torch`"),
    ("bootstrap.py", "import packaging.version\n", "bootstrap.py:1: `bootstrap` may not import `packaging`"),
    ("bootstrap.py", "from envdoctor import model\n", "bootstrap.py:1: `bootstrap` may not import `model`"),
    ("facts/look.py", "import requests\n", "look.py:1: `facts` may not import `requests`"),
    ("facts/look.py", "from . import host\n", "look.py:1: a relative import"),
    ("helpers.py", "", "helpers.py:1: `helpers` has no row in the table of layers"),
    ("checks/a.py", "OLD = '<2'\n", "a.py:1: a version in Python code: '<2' belongs into the matrix"),
    ("checks/a.py", "f(x, '>= 1.24,<2')\n", "a.py:1: a version in Python code: '>= 1.24,<2'"),
    ("solve/uv.py", "NAME = {'a': '2.15.1'}\n", "uv.py:1: a version in Python code: '2.15.1'"),
    ("solve/uv.py", LONG_FUNCTION, "uv.py:1: `wander` has 41 lines, more than 40"),
    ("solve/uv.py", "x = 1\n" * 301, "uv.py:1: the file has 301 lines, more than 300"),
]

# what looks like a breach and is none
ALLOWED = [
    ("__init__.py", "__version__ = '0.1.0'\n"),
    ("report/text.py", "def f() -> None:\n    import rich\n"),
    ("report/json.py", "from envdoctor import __version__\n"),
    ("cli/check.py", "def f() -> None:\n    print(1)\n    from envdoctor import app\n"),
    ("cli/output.py", "import shutil\nfrom envdoctor import model\n"),
    (
        "cli/__init__.py",
        "import typer\nfrom pathlib import Path\nfrom envdoctor import __version__\nfrom envdoctor.cli import check\n",
    ),
    ("checks/a.py", '"""1.2.3"""\nfrom packaging.markers import Marker\nfrom envdoctor.cells import contains\n'),
    ("solve/uv.py", "PART = f'>={x}'\nTEXT = '== that =='\nSTEP = '-> 1'\nWIDE = f'{x:>8}'\n"),
    ("facts/probe.py", "import json\nprint(json.dumps({}))\n"),
    ("models/mla.py", "import torch\nprint(1)\n"),
    ("smoke/programs/a.py", "import bentoml\nimport harness\n"),
    ("solve/uv.py", LONG_FUNCTION.replace("    step()\n", "", 1)),
]


def plant(folder: Path, name: str, text: str) -> Path:
    package = folder / "envdoctor"
    (package / name).parent.mkdir(parents=True)
    (package / name).write_text(text)
    return package


def test_the_package_has_no_breach(root: Path) -> None:
    assert breaches(root / "envdoctor") == []


def test_the_tests_are_short_too(root: Path) -> None:
    assert too_long(root / "tests") == []


@pytest.mark.parametrize(("name", "text", "breach"), PLANTED, ids=[breach for *_, breach in PLANTED])
def test_a_planted_breach_is_named(tmp_path: Path, name: str, text: str, breach: str) -> None:
    found = breaches(plant(tmp_path, name, text))
    assert any(breach in line for line in found), found


@pytest.mark.parametrize(("name", "text"), ALLOWED)
def test_what_is_allowed_is_no_breach(tmp_path: Path, name: str, text: str) -> None:
    assert breaches(plant(tmp_path, name, text)) == []


def test_what_a_command_brings_along_at_the_start_is_named(tmp_path: Path) -> None:
    package = plant(tmp_path, "cli/__init__.py", "from envdoctor.cli import check\n")
    (package / "cli" / "check.py").write_text("from envdoctor.cli.options import Target\n")
    (package / "cli" / "options.py").write_text("import json\n")
    assert breaches(package) == [
        "envdoctor/cli/options.py:1: `json` is loaded at every start; import it inside the command"
    ]


def test_long_tests_are_named(tmp_path: Path) -> None:
    assert too_long(plant(tmp_path, "test_a.py", LONG_FUNCTION)) == [
        "envdoctor/test_a.py:1: `wander` has 41 lines, more than 40"
    ]


def test_no_module_hides_one_of_the_standard_library(root: Path) -> None:
    # `python3 envdoctor` starts with the package's own folder in front of the standard library.
    names = {path.stem for path in (root / "envdoctor").iterdir()}
    assert names & sys.stdlib_module_names == set()


@pytest.fixture
def root() -> Path:
    from pathlib import Path

    return Path(ROOT)
