"""The link check as a person meets it: `--deep` and `--code`, findings with their culprits, uses that decide."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from envdoctor.app import check, knowledge
from envdoctor.app.options import At, Filters, Options
from envdoctor.errors import UserError
from envdoctor.model import Report, Status
from tests.folders import own_cache, prefix, wheel

if TYPE_CHECKING:
    import ast
    from collections.abc import Sequence
    from pathlib import Path

    from envdoctor.model import Finding
    from envdoctor.model.code import Python


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the site folder of an environment, a cache of its own, and stand in an empty folder."""
    own_cache(tmp_path / "cache", monkeypatch)
    (tmp_path / "job").mkdir()
    monkeypatch.chdir(tmp_path / "job")
    return prefix(tmp_path / "env")


def linked(site: Path, program: str = "", recipe: str = "", *, select: Sequence[str] = ("LINK",)) -> Report:
    """Give the report of a link check, of a program or of what a recipe asks for."""
    job = site.parents[3] / "job"
    (job / "train.py").write_text(program)
    (job / "recipe.yml").write_text(f"recipe: 1\nname: job\n{recipe}")
    code = (job / "train.py",) if program else ()
    at = At(str(site.parents[2]), static=True, deep=True)
    options = Options(str(job / "recipe.yml"), at, Filters(select=tuple(select)), code=code)
    return check.check(options, lambda _: None)


def problems(report: Report) -> list[Finding]:
    return [finding for finding in report.findings if finding.code.startswith("LINK") and finding.code != "LINK000"]


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


def built(path: Path, source: str, *words: str) -> None:
    """Compile a library from C++."""
    path.parent.mkdir(parents=True, exist_ok=True)
    (path.parent / "source.cpp").write_text(source)
    source_file = str(path.parent / "source.cpp")
    command = ["g++", "-shared", "-fPIC", "-Wl,--hash-style=gnu", "-o", str(path), source_file, *words]
    subprocess.run(command, check=True, timeout=60)
    (path.parent / "source.cpp").unlink()


@pytest.mark.skipif(shutil.which("g++") is None, reason="there is no C++ compiler")
@pytest.mark.parametrize("there", [True, False])
def test_an_extension_for_another_torch_is_found_and_one_for_this_is_not(there: bool, site: Path) -> None:
    words = "namespace c10 { int kept(int); int changed(long); int more(); }\n"
    wheel(site, "torch", {"torch/__init__.py": "", "torch/lib/libc10.so": ""}, "2.5.0")
    about = wheel(site, "ext", {"ext/__init__.py": "import torch\n", "ext/_C.abi3.so": ""})
    metadata = about / "METADATA"
    metadata.write_text(metadata.read_text().rstrip() + "\nRequires-Dist: torch\n\n")
    made = "namespace c10 { int kept(int) { return 1; } int changed(%s) { return 2; } int more() { return 3; } }\n"
    built(site / "torch" / "lib" / "libc10.so", made % ("long" if there else "int"))
    built(site / "ext" / "_C.abi3.so", f"{words}int use() {{ return c10::kept(1) + c10::changed(2) + c10::more(); }}\n")
    found = problems(linked(site, recipe="packages: {ext: '*'}\n"))
    assert [(one.code, one.culprit) for one in found] == ([] if there else [("LINK012", ("ext", "torch"))])
    assert there or "_ZN3c107changedEl" in found[0].cause


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
