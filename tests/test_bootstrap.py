"""A checkout sets itself up once, says so, and from then on is silent, whatever the variables around it say."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from envdoctor import bootstrap
from tests.checkouts import Checkout, small_checkout
from tests.processes import run

PARSED_BY_OLD_PYTHON = ("envdoctor/__main__.py", "tests/__main__.py")


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Give a small checkout that is set up."""
    checkout = small_checkout(tmp_path_factory.mktemp("ready"))
    first = checkout.run("first")
    assert first.status == 7, first.stderr
    assert first.stderr.startswith(f"envdoctor: setting up a private environment in {checkout.home} (once; ")
    assert first.stderr.count("\n") == 1
    return checkout


@pytest.mark.parametrize("name", PARSED_BY_OLD_PYTHON)
def test_an_old_python_is_named_and_told_what_is_needed(name: str) -> None:
    script = Path(bootstrap.ROOT, name)
    assert script.read_text().isascii()
    ast.parse(script.read_text(), feature_version=(3, 5))
    old = f"import sys; sys.version_info = (3, 6, 15); sys.version = '3.6.15 x'; exec(open({str(script)!r}).read())"
    done = run([sys.executable, "-c", old])
    assert done.status == 2
    assert done.stdout == ""
    assert "Python 3.11 or newer" in done.stderr
    assert f"{sys.executable} is Python 3.6.15" in done.stderr
    assert "\n  hint: " in done.stderr


def test_the_second_run_is_silent_and_gets_its_arguments(ready: Checkout) -> None:
    done = ready.run("check", "a b", "--x=ü")
    assert (done.status, done.stderr) == (7, "")
    assert done.document["argv"] == [str(ready.package), "check", "a b", "--x=ü"]
    assert done.document["prefix"] == str(ready.home)
    assert done.document["path"][0] == str(ready.root)


def test_the_variables_of_the_job_arrive_as_they_are(ready: Checkout) -> None:
    variables = {
        "PYTHONPATH": "/nowhere",
        "PYTHONNOUSERSITE": "1",
        "PIP_USER": "1",
        "VIRTUAL_ENV": "/opt/venv",
        "CONDA_PREFIX": "/opt/conda",
        "LD_LIBRARY_PATH": "/nowhere",
        "LC_ALL": "C.UTF-8",
    }
    done = ready.run("check", variables=variables)
    assert done.document["variables"] == {**ready.variables, **variables}


@pytest.mark.parametrize(
    "variables",
    [
        {"HOME": ""},
        {"HOME": None},
        {"HOME": "/nonexistent"},
        {"PYTHONSAFEPATH": "1"},
        {"PYTHONHOME": sys.base_prefix},
        {"PYTHONPATH": "hostile"},
        {"PYTHONPATH": ":"},
        {"PYTHONWARNINGS": "error"},
        {"XDG_CACHE_HOME": "not/absolute"},
        {"LC_ALL": "C"},
    ],
    ids=str,
)
def test_variables_of_the_job_do_not_bend_the_tool(ready: Checkout, variables: dict[str, str | None]) -> None:
    hostile = ready.root.parent / "hostile"
    hostile.mkdir(exist_ok=True)
    for module in ("typer", "tiny", "tomllib", "venv", "bootstrap", "cli"):
        (hostile / f"{module}.py").write_text(f"raise SystemExit('{module} of the job was imported')\n")
    given = {name: str(hostile) if value == "hostile" else value for name, value in variables.items()}
    done = ready.run("check", variables=given)
    assert (done.status, done.stderr) == (7, "")
    assert done.document["tiny"].startswith(str(ready.home))


def test_the_encoding_that_was_told_is_obeyed(ready: Checkout) -> None:
    assert ready.run(variables={"PYTHONIOENCODING": "ascii:replace"}).document["encoding"] == ["ascii", "replace"]


@pytest.mark.parametrize("way", ["symlinked checkout", "symlinked package", "file", "module", "relative", "safe path"])
def test_every_way_to_start_it_works(ready: Checkout, tmp_path: Path, way: str) -> None:
    (tmp_path / "checkout").symlink_to(ready.root)
    (tmp_path / "package").symlink_to(ready.package)
    commands: dict[str, list[str]] = {
        "symlinked checkout": [str(tmp_path / "checkout" / "envdoctor")],
        "symlinked package": [str(tmp_path / "package")],
        "file": [str(ready.package / "__main__.py")],
        "module": ["-m", "envdoctor"],
        "relative": ["./envdoctor/"],
        "safe path": ["-P", "envdoctor"],
    }
    folder = tmp_path if way.startswith("symlinked") else ready.root
    done = run([ready.python, *commands[way], "check"], variables=ready.variables, folder=folder)
    assert (done.status, done.stderr) == (7, "")
    assert done.document["argv"][1:] == ["check"]
    assert done.document["path"][0] == str(ready.root)


def test_a_warm_start_imports_nothing_that_python_has_not_got(ready: Checkout) -> None:
    told = """
import os, sys
sys.path.insert(0, os.getcwd())
before = set(sys.modules)
os.execv = lambda *_: sys.exit(" ".join(sorted(set(sys.modules) - before)))
from envdoctor import bootstrap
bootstrap.enter("run", ())
"""
    done = run([ready.python, "-c", told], variables=ready.variables, folder=ready.root)
    assert done.stderr.split() == ["__future__", "envdoctor", "envdoctor.bootstrap"]


def test_surroundings_keep_how_to_reach_an_index_and_drop_what_bends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.example/simple")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    for name in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PIP_TARGET", "PIP_NO_BINARY", "PIP_PREFIX"):
        monkeypatch.setenv(name, "/elsewhere")
    monkeypatch.setenv("PIP_USER", "1")
    monkeypatch.setenv("PIP_CONSTRAINT", "/etc/constraints.txt")
    kept = bootstrap.surroundings()
    assert kept["PIP_INDEX_URL"] == "https://index.example/simple"
    assert kept["HTTPS_PROXY"] == "http://proxy.example"
    assert "/elsewhere" not in kept.values()
    assert (kept["PIP_USER"], kept["PIP_CONSTRAINT"]) == ("0", os.devnull)


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_python_without_venv_or_pip_is_told_how_to_get_them(tmp_path: Path, module: str) -> None:
    checkout = small_checkout(tmp_path)
    told = f"""
import sys
sys.path.insert(0, {str(checkout.root)!r})
sys.modules[{module!r}] = None
from envdoctor import bootstrap
bootstrap.enter("run", ())
"""
    done = run([checkout.python, "-I", "-c", told], variables=checkout.variables)
    assert done.status == 3
    assert f"comes without its module `{module}`" in done.stderr
    assert f"apt install python3.{sys.version_info.minor}-venv" in done.stderr
    assert not checkout.home.exists()


def test_a_broken_pyproject_is_named(tmp_path: Path) -> None:
    checkout = small_checkout(tmp_path)
    (checkout.root / "pyproject.toml").write_text("[project\n")
    done = checkout.run("check")
    assert done.status == 3
    assert "pyproject.toml cannot be read" in done.stderr
    assert not checkout.home.exists()


def test_where_nothing_can_be_written_it_says_so(tmp_path: Path) -> None:
    checkout = small_checkout(tmp_path)
    (checkout.root / ".private").write_text("in the way")
    done = checkout.run("check", variables={"XDG_CACHE_HOME": str(checkout.root / ".private" / "cache")})
    assert done.status == 3
    assert "cannot be written\n  hint: set XDG_CACHE_HOME" in done.stderr


@pytest.mark.real
def test_a_checkout_that_cannot_be_written_uses_the_cache(tmp_path: Path) -> None:
    checkout = small_checkout(tmp_path)
    (checkout.root / ".private").write_text("in the way")
    for expected in ("setting up", ""):
        done = checkout.run("check", variables={"XDG_CACHE_HOME": str(tmp_path / "cache")})
        assert done.status == 7
        assert expected in done.stderr
        assert bool(expected) is bool(done.stderr)
        assert done.document["prefix"] == str(tmp_path / "cache" / "envdoctor" / "run")


@pytest.mark.real
def test_another_pyproject_or_base_interpreter_sets_up_again(tmp_path: Path) -> None:
    checkout = small_checkout(tmp_path)
    assert "setting up" in checkout.run("check").stderr
    with (checkout.root / "pyproject.toml").open("a") as project:
        project.write("# changed\n")
    assert "setting up" in checkout.run("check").stderr
    python = checkout.home / "bin" / "python"
    python.unlink()
    python.symlink_to(tmp_path / "gone")
    done = checkout.run("check")
    assert "setting up" in done.stderr
    assert done.status == 7
    assert checkout.run("check").stderr == ""


@pytest.mark.real
def test_what_pip_says_is_shown_and_nothing_is_left(tmp_path: Path) -> None:
    checkout = small_checkout(tmp_path, wanted="envdoctor-has-no-such-dependency")
    done = checkout.run("check")
    assert done.status == 3
    assert "    ERROR: No matching distribution found for envdoctor-has-no-such-dependency" in done.stderr
    assert "hint: is an index of Python packages reachable?" in done.stderr
    assert not checkout.home.exists()


@pytest.mark.real
@pytest.mark.parametrize(("number", "status"), [(2, 130), (15, 143), (1, 129)])
def test_an_interrupted_set_up_leaves_nothing(tmp_path: Path, number: int, status: int) -> None:
    checkout = small_checkout(tmp_path)
    process = subprocess.Popen(
        [checkout.python, str(checkout.package)], env=checkout.variables, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    assert "setting up" in process.stderr.readline()
    while not (checkout.home / "lib").exists():
        assert process.poll() is None
    process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode == status
    assert not checkout.home.exists()
    assert checkout.run("check").status == 7


@pytest.mark.real
def test_two_at_once_set_up_once(tmp_path: Path) -> None:
    checkout = small_checkout(tmp_path)
    command = [checkout.python, str(checkout.package)]
    started = [
        subprocess.Popen(command, env=checkout.variables, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = "".join(process.communicate(timeout=120)[1] for process in started)
    assert [process.returncode for process in started] == [7] * 4
    assert said.count("setting up a private environment in") == 1
