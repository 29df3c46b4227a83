"""A real environment of a hundred distributions: only true findings, every planted fault found, nothing run."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.processes import run
from tests.real.environments import envdoctor, made, the_uv

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.real
PACKAGES = ("bentoml", "scikit-learn", "pandas", "jupyter", "matplotlib", "seaborn", "fastapi", "setuptools<82")


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the Python of a healthy environment."""
    return made(tmp_path_factory.mktemp("real") / "venv", *PACKAGES)


def copy(python: Path, folder: Path) -> tuple[Path, Path]:
    """Copy an environment, and give its Python and its site-packages."""
    shutil.copytree(python.parents[1], folder / "venv", symlinks=True)
    (site,) = (folder / "venv" / "lib").glob("python3*/site-packages")
    return folder / "venv" / "bin" / "python", site


def peer(python: Path) -> set[str]:
    """Give the packages that `uv pip check` complains of."""
    said = run([the_uv(), "pip", "check", "--python", str(python)]).stderr
    return set(re.findall(r"^The package `([^`]+)`", said, re.MULTILINE))


def test_a_healthy_environment_gives_nothing_that_uv_does_not_say_too(healthy: Path) -> None:
    done = envdoctor("check", "--json", "--target", str(healthy))
    assert done.report["summary"]["ok"] > 200
    assert done.codes("error") == []
    assert done.status == 0
    told = [f for f in done.report["findings"] if f["code"].startswith("REQ") and f["code"] != "REQ003"]
    assert {name for finding in told for name in finding["packages"][1:]} == peer(healthy)
    listed = run([the_uv(), "pip", "freeze", "--python", str(healthy)]).stdout.splitlines()
    assert len(listed) > 80


def test_the_bundled_service_recipe_holds_for_it(healthy: Path) -> None:
    done = envdoctor("check", "bentoml-service", "--json", "--target", str(healthy))
    assert (done.status, done.codes("error"), done.codes("warning")) == (0, [], [])


def test_every_planted_fault_is_found(healthy: Path, tmp_path: Path) -> None:
    python, site = copy(healthy, tmp_path)

    def metadata(name: str) -> Path:
        (found,) = site.glob(f"{name}-*.dist-info/METADATA")
        return found

    def declare(name: str, line: str) -> None:
        path, header = metadata(name), line.partition(":")[0]
        lines = path.read_text().splitlines(keepends=True)
        kept = [one for one in lines if header == "Requires-Dist" or not one.startswith(f"{header}: ")]
        path.write_text("".join(kept).replace("Name: ", f"{line}\nName: ", 1))

    declare("seaborn", "Requires-Dist: pandas>=99")
    declare("seaborn", "Requires-Dist: not-there>=1")
    shutil.copytree(metadata("contourpy").parent, site / "contourpy-0.0.1.dist-info")
    metadata("cycler").unlink()
    declare("pyparsing", "Version: 1.0-not.a.version!")
    declare("kiwisolver", "Requires-Python: >=3.99")
    declare("fonttools", "Requires-Python: <3.11")
    recipe = tmp_path / "r.yml"
    recipe.write_text("recipe: 1\nname: r\npackages: {seaborn: '*'}\nforbidden: {bentoml: not on this node}\n")

    findings = envdoctor("check", str(recipe), "--json", "--target", str(python)).report["findings"]
    told = {(finding["code"], finding["culprit"][0], finding["status"]) for finding in findings if finding["culprit"]}
    assert {
        ("REQ002", "pandas", "warning"),
        ("REQ001", "not-there", "error"),
        ("FILE001", "contourpy", "warning"),
        ("FILE002", "cycler", "error"),
        ("FILE003", "pyparsing", "warning"),
        ("REQ003", "kiwisolver", "warning"),
        ("REQ003", "fonttools", "warning"),
        ("RECIPE003", "bentoml", "error"),
    } <= told


def test_nothing_of_the_target_runs(healthy: Path, tmp_path: Path) -> None:
    python, site = copy(healthy, tmp_path)
    ran = tmp_path / "ran"
    ran.mkdir()
    code = "import os, sys\nopen(os.path.join({folder!r}, {name!r}), 'w').close()\n"
    shadows = tmp_path / "shadows"
    shadows.mkdir()
    for name in ("json", "platform", "sysconfig", "importlib_metadata", "pkg_resources"):
        (shadows / f"{name}.py").write_text(code.format(folder=str(ran), name=f"shadow-{name}"))
    for package in ("sentinel", "bentoml", "sklearn", "numpy", "setuptools"):
        (site / package).mkdir(exist_ok=True)
        (site / package / "__init__.py").write_text(code.format(folder=str(ran), name=f"package-{package}"))
    (site / "start.pth").write_text(f"import os; open(os.path.join({str(ran)!r}, 'at-start'), 'w').close()\n")

    variables = {"PYTHONPATH": str(shadows)}
    for words in (["check", "bentoml-service"], ["check"], ["facts"]):
        done = envdoctor(*words, "--static", "--target", str(python), folder=shadows, **variables)
        assert done.status in (0, 1), done.stderr
    assert list(ran.iterdir()) == []
    for words in (["check", "bentoml-service"], ["check"], ["facts"]):
        done = envdoctor(*words, "--target", str(python), folder=shadows, **variables)
        assert done.status in (0, 1), done.stderr
    assert [path.name for path in ran.iterdir()] == ["at-start"]  # what an interpreter executes by itself at start
