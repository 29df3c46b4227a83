"""What hides what: user site, PYTHONPATH, `.pth`, the job's folder, the loader's variables, installers' settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envdoctor.facts import search
from envdoctor.facts.inside import Root
from envdoctor.facts.paths import shown
from envdoctor.model import Fix
from envdoctor.solve import overlay
from tests.examples import judged, recipe
from tests.folders import MINOR, TAG, codes, found, look, prefix, wheel

if TYPE_CHECKING:
    from pathlib import Path

CLEAN = (
    "PYTHONPATH PYTHONSAFEPATH PYTHONNOUSERSITE LD_LIBRARY_PATH LD_PRELOAD SSL_CERT_FILE REQUESTS_CA_BUNDLE TORCH_LOGS"
).split()


@pytest.fixture
def venv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an environment with two distributions, and stand in an empty folder beside it."""
    (tmp_path / "job").mkdir()
    monkeypatch.chdir(tmp_path / "job")
    for name in CLEAN:
        monkeypatch.delenv(name, raising=False)
    assert shown("/")  # a process asks once where its home is; what follows moves only what lies in it
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    site = prefix(tmp_path / "venv")
    wheel(site, "torch", {"torch/__init__.py": ""}, "2.4.0")
    wheel(site, "numpy", {"numpy/__init__.py": ""}, "2.0.2")
    return tmp_path / "venv"


def site_of(venv: Path) -> Path:
    return venv / "lib" / f"python{MINOR}" / "site-packages"


def test_pythonpath_with_another_version_is_an_error_where_the_recipe_asks_for_it(
    venv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel(tmp_path / "vendor", "numpy", {"numpy/__init__.py": "old"}, "1.26.4")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "vendor"))
    assert codes(venv) == {"PATH002": "warning: PYTHONPATH hides the installed numpy"}
    (finding,) = found(venv, recipe(numpy="*"))
    assert (finding.status, finding.culprit) == ("error", ("env.PYTHONPATH", "numpy"))
    assert f"{tmp_path}/vendor/numpy/__init__.py (1.26.4) wins over numpy 2.0.2" in finding.cause
    seen = look(venv)
    mended = overlay.changed(seen, finding.fixes[0], {})
    assert {one.code for one in judged(mended, recipe(numpy="*")).findings} <= {"PATH013"}
    assert mended.get("numpy").value == "2.0.2"
    monkeypatch.delenv("PYTHONPATH")
    assert found(venv, recipe(numpy="*")) == []


def test_pythonpath_of_another_python_is_an_error_even_with_the_same_version(
    venv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "ros/lib/python3.6/site-packages"
    module = "numpy/_core.cpython-36m-x86_64-linux-gnu.so"
    wheel(other, "numpy", {"numpy/__init__.py": "", module: ""}, "2.0.2")
    monkeypatch.setenv("PYTHONPATH", str(other))
    told = codes(venv, recipe(numpy="*"))
    assert set(told) == {"PATH002", "PATH003", "FILE008"}
    assert told["PATH002"].startswith("error")


def test_pythonpath_with_the_same_version_or_other_code_is_no_fault(
    venv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel(tmp_path / "vendor", "numpy", {"numpy/__init__.py": ""}, "2.0.2")
    (tmp_path / "mine" / "helpers").mkdir(parents=True)
    (tmp_path / "mine" / "helpers" / "__init__.py").touch()
    (tmp_path / "mine" / "torch").mkdir()  # without `__init__`: the installed package wins
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}/vendor:{tmp_path}/mine:{tmp_path}/nowhere")
    assert found(venv, recipe(numpy="*", torch="*")) == []


@pytest.mark.parametrize(
    ("file", "wanted", "told"),
    [
        ("torch.py", True, {"PATH005": "error: {job}/torch.py hides the installed torch 2.4.0"}),
        ("torch.py", False, {"PATH005": "warning: {job}/torch.py hides the installed torch 2.4.0"}),
        ("torch/__init__.py", True, {"PATH005": "warning: {job}/torch/__init__.py hides the installed torch 2.4.0"}),
        ("torch/__init__.py", False, {}),
        ("torch/notes.txt", True, {}),
        ("random.py", False, {"PATH006": "warning: {job}/random.py hides `random` of the standard library"}),
        ("test.py", False, {}),
        ("sys.py", False, {}),
        ("train.py", False, {}),
    ],
)
def test_a_file_of_the_job_named_like_a_module_is_told(
    venv: Path, tmp_path: Path, file: str, wanted: bool, told: dict[str, str]
) -> None:
    (tmp_path / "job" / file).parent.mkdir(exist_ok=True)
    (tmp_path / "job" / file).touch()
    expected = {code: text.format(job=tmp_path / "job") for code, text in told.items()}
    assert codes(venv, recipe(torch="*") if wanted else None) == expected
    (tmp_path / "job" / file).rename(tmp_path / "job" / "other.py")
    assert codes(venv) == {}


def test_the_user_site_and_the_system_under_an_environment_are_told(venv: Path, tmp_path: Path) -> None:
    user = tmp_path / ".local/lib" / f"python{MINOR}" / "site-packages"
    wheel(user, "numpy", {"numpy/__init__.py": ""}, "1.26.4")
    wheel(user, "yaml", {"yaml/__init__.py": ""}, "5.4")
    assert codes(venv) == {}  # an environment of its own does not read the user site
    base = prefix(tmp_path / "base")
    wheel(base, "yaml", {"yaml/__init__.py": ""}, "6.0")
    wheel(base, "six", {"six.py": ""}, "1.17.0")
    (venv / "pyvenv.cfg").write_text(
        f"home = {tmp_path}/base/bin\nversion = {MINOR}.1\ninclude-system-site-packages = true\n"
    )
    (finding,) = found(venv, recipe(numpy="*", yaml="*"))  # its own numpy comes before that of the user
    assert (finding.code, finding.title) == ("PATH001", "the user site hides the installed yaml")
    assert finding.fixes == (Fix(env={"PYTHONNOUSERSITE": "1"}, note="or uninstall them from the user site"),)
    (info,) = [one for one in judged(look(venv)).findings if one.code == "PATH007"]
    assert info.title == "1 packages come from the system's Python: six"


def test_a_pth_line_that_puts_another_copy_before_the_systems_is_told(venv: Path, tmp_path: Path) -> None:
    base = prefix(tmp_path / "base")
    wheel(base, "yaml", {"yaml/__init__.py": ""}, "6.0")
    (venv / "pyvenv.cfg").write_text(
        f"home = {tmp_path}/base/bin\nversion = {MINOR}.1\ninclude-system-site-packages = true\n"
    )
    (tmp_path / "extra/yaml").mkdir(parents=True)
    (tmp_path / "extra/yaml/__init__.py").touch()
    (site_of(venv) / "extra.pth").write_text(f"# a remark\nimport os\n{tmp_path}/extra\nnowhere\n")
    assert codes(venv) == {"PATH004": "warning: `extra.pth` hides the installed yaml"}


@given(st.text(alphabet="ab/.\n\0 #\ttrmpoi~", max_size=60))
@settings(max_examples=200, deadline=None)
def test_no_pth_file_ends_in_a_traceback_and_no_line_of_code_is_a_folder(text: str) -> None:
    import tempfile
    from pathlib import Path as Folder

    with tempfile.TemporaryDirectory() as folder:
        (Folder(folder) / "x.pth").write_text(text)
        for path in search.path_lines(folder, "x.pth", Root()):
            assert path.startswith("/")
            assert "\0" not in path
            assert "import " not in path


def test_a_library_that_cannot_be_loaded_is_an_error(
    venv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "libstdc++.so.6").touch()
    (tmp_path / "lib" / "libgood.so.1").write_bytes(b"\x7fELF" + b"\0" * 100)
    (tmp_path / "lib" / "libc.so").write_text("/* GNU ld script */")
    monkeypatch.setenv("LD_LIBRARY_PATH", f"{tmp_path}/lib:{tmp_path}/nowhere:")
    (finding,) = found(venv)
    assert (finding.code, finding.status) == ("PATH008", "error")
    assert finding.culprit == ("env.LD_LIBRARY_PATH", "libstdc++.so.6")
    (tmp_path / "lib" / "libstdc++.so.6").unlink()
    assert found(venv) == []


def test_variables_that_name_what_is_gone_are_told_by_who_reads_them(
    venv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.setenv("LD_PRELOAD", "libthere.so /no/such/lib.so")
    assert codes(venv) == {
        "PATH009": "warning: LD_PRELOAD names /no/such/lib.so, which is gone",
        "PATH011": f"warning: SSL_CERT_FILE names {tmp_path}/ca.pem, which is gone",
    }
    wheel(site_of(venv), "httpx", {"httpx.py": ""})
    assert codes(venv)["PATH011"].startswith("error")
    (tmp_path / "ca.pem").touch()
    monkeypatch.delenv("LD_PRELOAD")
    assert codes(venv) == {}


def test_a_name_that_torch_does_not_know_is_an_error(venv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = 'register_log("dynamo", ["torch._dynamo"])\nregister_artifact(\n    "graph_breaks",\n)\n'
    wheel(site_of(venv), "torch", {"torch/__init__.py": "", "torch/_logging/_registrations.py": source}, "2.4.0")
    monkeypatch.setenv("TORCH_LOGS", "+dynamo,graph_breaks,torch.fx,numpy")
    assert codes(venv) == {}
    monkeypatch.setenv("TORCH_LOGS", "everything")
    assert codes(venv) == {"PATH012": "error: TORCH_LOGS holds `everything`, which torch does not know"}


def test_two_openmp_runtimes_that_do_not_bear_each_other_are_told(venv: Path) -> None:
    site = site_of(venv)
    wheel(site, "mkl", {"mkl.libs/libiomp5.so": ""})
    wheel(site, "other", {"other.libs/libgomp-1234abcd.so.1.0.0": ""})
    assert codes(venv) == {}
    wheel(site, "llvm", {"llvm.libs/libomp.so": ""})
    assert codes(venv) == {"PATH010": "warning: two OpenMP runtimes: libiomp5 of mkl and libomp of llvm"}


def test_settings_of_installers_are_named_and_their_values_are_not(
    venv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".config/pip").mkdir(parents=True)
    lines = ("[global]", "index-url = https://me:secret@index.example/simple", "timeout = 9", "")
    (tmp_path / ".config/pip/pip.conf").write_text("\n".join(lines))
    (venv / "pip.conf").write_text("[install]\nconstraint = c.txt\n")
    monkeypatch.setenv("UV_EXCLUDE_NEWER", "2024-01-01")
    monkeypatch.setenv("XDG_CONFIG_HOME", "")
    findings = [one for one in judged(look(venv)).findings if one.code == "PATH013"]
    text = "\n".join(one.title for one in findings)
    assert f"index-url by {tmp_path}/.config/pip/pip.conf" in text
    assert f"constraint by {venv}/pip.conf" in text
    assert "uv is told UV_EXCLUDE_NEWER by the environment" in text
    assert "secret" not in repr(findings)
    assert {one.status for one in findings} == {"info"}


def test_the_tag_of_this_python_is_the_one_of_the_examples() -> None:
    assert TAG.startswith(f"cpython-{MINOR.replace('.', '')}-")
