"""The extension in a real IPython, and what installing envdoctor into Google Colab's environment changes: nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.folders import MINOR, wheel
from tests.gate import stacks
from tests.processes import run
from tests.real.environments import install, made, surroundings, the_uv

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("notebook")]
LISTS = sorted((stacks.ROOT / "fixtures" / "notebook").glob("colab-*.txt"))
# What envdoctor needs, and what these need: installed whole, for uv reads what they declare. pyyaml needs nothing, and
# is compiled for one Python.
NEEDED = "typer rich packaging nvidia-ml-py click shellingham typing-extensions markdown-it-py mdurl pygments"
NEEDED += " annotated-doc itanium-demangler"


@pytest.fixture(scope="module")
def distribution(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    done = run([the_uv(), "build", "--quiet", "--wheel", "--out-dir", str(folder), str(stacks.ROOT)])
    assert done.status == 0, done.stderr
    (found,) = folder.glob("*.whl")
    return found


def pins(listed: Path) -> dict[str, str]:
    lines = (line for line in listed.read_text().splitlines() if not line.startswith("#"))
    return {
        re.sub(r"[-_.]+", "-", name).lower(): version for name, _, version in (line.partition("==") for line in lines)
    }


@pytest.mark.parametrize("listed", LISTS, ids=lambda path: path.stem)
def test_installing_into_colab_changes_no_installed_package(listed: Path, distribution: Path, tmp_path: Path) -> None:
    known = pins(listed)
    assert len(known) > 600
    whole = [f"{name}=={known[name]}" for name in NEEDED.split() if name in known]
    python = made(tmp_path / "venv")
    install(python, *whole, options=("--no-deps",))
    site = tmp_path / "venv" / "lib" / f"python{MINOR}" / "site-packages"
    for name, version in known.items():
        if name not in NEEDED.split():
            wheel(site, name, {}, version)
    words = ["pip", "install", "--dry-run", "--python", str(python), "--python-version", "3.12", str(distribution)]
    done = run([the_uv(), *words], variables=surroundings())
    assert done.status == 0, done.stderr
    changed = re.findall(r"^ ([-+~]) (\S+?)(?:==| @ )", done.stderr, re.MULTILINE)
    assert ("+", "envdoctor") in changed
    assert {sign for sign, _ in changed} == {"+"}  # nothing is removed or replaced
    assert not {name for _, name in changed} & known.keys()
    own = {"envdoctor", "nvidia-ml-py", "itanium-demangler", "shellingham", "annotated-doc"}
    assert {name for _, name in changed} <= own


def test_a_notebook_hears_of_its_kernel_and_gets_the_cell_to_paste(distribution: Path, tmp_path: Path) -> None:
    python = made(tmp_path / "venv", "ipython", str(distribution))
    site = tmp_path / "venv" / "lib" / f"python{MINOR}" / "site-packages"
    there = {path.name.partition("-")[0].lower().replace("_", "-") for path in site.glob("*.dist-info")}
    for line in (stacks.FOUNDING / "freeze.txt").read_text().splitlines():
        name, _, version = line.partition("==")
        if name.lower().replace("_", "-") not in there:
            wheel(site, name, {}, version)
    cells = f"""
get_ipython().run_line_magic("load_ext", "envdoctor")
print("=== loaded", flush=True)
get_ipython().run_line_magic("envdoctor", "check {stacks.RECIPE}")
import sys
print("=== imported", sorted(name for name in sys.modules if name.startswith("envdoctor")), flush=True)
"""
    (tmp_path / "cells.ipy").write_text(cells)
    variables = surroundings(IPYTHONDIR=str(tmp_path / "ipython"), HOME=str(tmp_path))
    words = [str(python), "-m", "IPython", "--no-banner", "--colors=NoColor", str(tmp_path / "cells.ipy")]
    done = run(words, variables=variables, folder=tmp_path)
    assert done.status == 0, done.stderr
    loaded, _, checked = done.stdout.partition("=== loaded")
    assert "error TF014" in loaded  # the kernel, by every rule
    assert "error TF001" in checked  # and by the recipe
    assert f"verify: %envdoctor check {stacks.RECIPE}" in checked
    cell = "%pip install 'tensorflow-text==2.15.*' 'tf-models-official==2.15.*' 'setuptools<82'"
    assert cell in checked
    assert "then restart the runtime" in checked
    assert "=== imported ['envdoctor', 'envdoctor.notebook', 'envdoctor.processes']" in checked
