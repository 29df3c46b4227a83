"""The link check as a person meets it: `--deep` and `--code`, findings with their culprits, uses that decide."""

from __future__ import annotations

import json
import os
import time
import zipfile
from typing import TYPE_CHECKING

import pytest

from envdoctor.app import check, knowledge
from envdoctor.app.options import At, Filters, Options
from envdoctor.errors import UserError
from envdoctor.model import Status
from tests.folders import wheel
from tests.link.jobs import linked, problems

if TYPE_CHECKING:
    import ast
    from pathlib import Path

    from envdoctor.model.code import Python


def test_a_name_that_a_newer_release_lost_is_an_error_with_both_packages(site: Path) -> None:
    wheel(site, "flask", {"flask/__init__.py": "\nfrom jinja2 import escape, Markup\n"}, "1.1.2")
    wheel(site, "jinja2", {"jinja2/__init__.py": "class Template: ...\n"}, "3.1.2")
    (found,) = problems(linked(site, recipe="packages: {flask: '*'}\n"))
    assert found.code == "LINK002"
    assert found.status is Status.ERROR
    assert found.title == "flask imports `escape` from `jinja2`, which has no such name"
    assert "ImportError: cannot import name 'escape' from 'jinja2' (import flask → flask:2)" in found.cause
    assert "also jinja2.Markup" in found.cause
    assert found.culprit == ("jinja2", "flask")
    assert [(fact.name, fact.value) for fact in found.evidence] == [("jinja2", "3.1.2"), ("flask", "1.1.2")]
    assert found.place is not None
    assert found.place.line == 2


def test_a_module_that_is_missing_names_the_package_that_brings_it(site: Path) -> None:
    wheel(site, "fs", {"fs/__init__.py": "__import__('pkg_resources').declare_namespace(__name__)\n"})
    (found,) = problems(linked(site, "import fs\n"))
    assert (found.code, found.kind, found.culprit) == ("LINK001", "missing-package", ("setuptools", "fs"))
    assert [dict(fix.pins) for fix in found.fixes] == [{"setuptools": "*"}]


def test_what_a_command_alone_needs_is_a_warning(site: Path) -> None:
    about = wheel(site, "board", {"board/__init__.py": "", "board/main.py": "import gone"})
    (about / "entry_points.txt").write_text("[console_scripts]\nboard = board.main:run\n")
    (found,) = problems(linked(site, recipe="packages: {board: '*'}\n"))
    assert found.status is Status.WARNING


def test_names_of_the_matrix_settle_what_cannot_be_told(site: Path) -> None:
    wheel(site, "numpy", {"numpy/__init__.py": "for n in f():\n    globals()[n] = n\n"}, "1.26.4")
    (found,) = problems(linked(site, "import numpy as np\nx = np.float\ny = np.ndarray\n"))
    assert found.title == "train.py reads `numpy.float`, which is not there"
    assert found.fixes


def test_what_the_program_uses_decides_how_bad_a_rule_is(site: Path) -> None:
    wheel(site, "tensorflow", {"tensorflow/__init__.py": ""}, "2.18.1")
    wheel(site, "tensorflow-hub", {"tensorflow_hub/__init__.py": "from tensorflow_hub.keras_layer import KerasLayer\n",
                                   "tensorflow_hub/keras_layer.py": "class KerasLayer: ...\n"}, "0.16.1")  # fmt: skip
    wheel(site, "keras", {"keras/__init__.py": ""}, "3.5.0")
    said = {"import tensorflow_hub as hub\nx = hub.load": Status.WARNING,
            "import tensorflow_hub as hub\ndef f():\n    return hub.KerasLayer('x')": Status.ERROR,
            "from tensorflow_hub.keras_layer import KerasLayer as K": Status.ERROR}  # fmt: skip
    for program, status in said.items():
        report = linked(site, program, select=("TF001",))
        assert [finding.status for finding in report.findings] == [status], program


def test_what_only_a_function_asks_for_that_nothing_calls_is_told_and_fails_nothing(site: Path) -> None:
    wheel(site, "p", {"p.py": "here = 1\n"})
    report = linked(site, "import p\ndef called():\n    p.here\ndef f():\n    import lost\n    p.gone\ncalled()\n")
    assert [(one.status, one.title) for one in problems(report)] == [
        (Status.INFO, "train.py imports `lost`, which is not there"),
        (Status.INFO, "train.py reads `p.gone`, which is not there"),
    ]
    assert report.exit_code == 0
    (error,) = problems(linked(site, "import p\ndef f():\n    p.gone\nf()\n"))
    assert error.status is Status.ERROR


def test_what_lies_in_a_zip_and_in_the_folder_of_an_editable_install_is_read(site: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(site / "zipped.egg", "w") as archive:
        archive.writestr("zipped/__init__.py", "from zipped.inner import here, gone\n")
        archive.writestr("zipped/inner.py", "here = 1\n")
    (site / "zipped.pth").write_text("./zipped.egg\n")
    mine = tmp_path / "mine"
    (mine / "flat").mkdir(parents=True)
    (mine / "flat" / "__init__.py").write_text("import p\np.gone\n")
    finder = f"MAPPING: dict[str, str] = {{'flat': '{mine / 'flat'}'}}\nimport sys\nsys.meta_path\n"
    (site / "__editable___flat_finder.py").write_text(finder)
    (site / "__editable__.flat-1.0.pth").write_text("import __editable___flat_finder; __editable___flat_finder.x()\n")
    wheel(site, "p", {"p.py": "here = 1\n"})
    found = problems(linked(site, "import zipped\nimport flat\n"))
    assert [one.title for one in found] == [
        "zipped imports `gone` from `zipped.inner`, which has no such name",
        "flat reads `p.gone`, which is not there",
    ]


def test_a_notebook_and_a_package_are_programs_too(site: Path, tmp_path: Path) -> None:
    wheel(site, "p", {"p.py": "here = 1\n"})
    cells = [
        {"cell_type": "code", "source": ["%pip install x\n", "!ls\n", "import p\n", "p.gone"]},
        {"cell_type": "markdown"},
    ]
    book = tmp_path / "book.ipynb"
    book.write_text(json.dumps({"cells": cells}))
    package = tmp_path / "mine"
    for name, text in {
        "mine/__init__.py": "",
        "mine/run.py": "from . import tool",
        "mine/tool.py": "import gone",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    at = At(str(site.parents[2]), static=True)
    options = Options(None, at, Filters(select=("LINK",)), code=(book, package))
    found = problems(check.check(options, lambda _: None))
    assert sorted(finding.title for finding in found) == [
        "book.ipynb reads `p.gone`, which is not there",
        "mine.tool imports `gone`, which is not there",
    ]


@pytest.mark.parametrize(("name", "content", "told"), [
    ("no-such.py", None, "cannot be read"),
    ("broken.ipynb", "{", "is no notebook"),
    ("empty", "", "holds no program"),
])  # fmt: skip
def test_what_is_no_program_is_told(name: str, content: str | None, told: str, site: Path, tmp_path: Path) -> None:
    wheel(site, "p", {"p.py": ""})
    if content:
        (tmp_path / name).write_text(content)
    elif content is not None:
        (tmp_path / name).mkdir()
    with pytest.raises(UserError, match=told):
        check.check(Options(None, At(str(site.parents[2]), static=True), code=(tmp_path / name,)), lambda _: None)


def test_a_second_look_reads_nothing_again_and_sees_what_changed(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from envdoctor.source import syntax

    wheel(site, "p", {"p.py": "here = 1\n"})
    wheel(site, "q", {"q.py": "import p\np.here\n"})
    parsed: list[bytes] = []
    real = syntax.parsed

    def noted(blob: bytes, python: Python) -> ast.Module:
        parsed.append(blob)
        return real(blob, python)

    monkeypatch.setattr(syntax, "parsed", noted)
    assert problems(linked(site, recipe="packages: {q: '*'}\n")) == []
    first = len(parsed)
    assert problems(linked(site, recipe="packages: {q: '*'}\n")) == []
    assert len(parsed) == first
    (site / "q.py").write_text("import p\np.gone\n")
    os.utime(site / "q.py", (time.time() + 60,) * 2)  # not the moment in which it was installed
    assert [finding.code for finding in problems(linked(site, recipe="packages: {q: '*'}\n"))] == ["LINK003"]
    for shelf in (site.parents[3] / "cache" / "envdoctor").glob("code-*"):
        shelf.write_bytes(b"\0broken")
    assert [finding.code for finding in problems(linked(site, recipe="packages: {q: '*'}\n"))] == ["LINK003"]


def test_explain_tells_of_the_link_check() -> None:
    assert "cannot\ntell" in knowledge.explain("LINK002").text or "cannot tell" in knowledge.explain("LINK002").text
