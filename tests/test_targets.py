"""One environment seen in each way gives the same findings; old snapshots stay readable; machines; diff."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from envdoctor import facts
from envdoctor.app import diff
from envdoctor.app.check import check
from envdoctor.app.options import At, Options
from envdoctor.errors import CannotLook, UserError
from envdoctor.facts import given, machines, snapshot
from envdoctor.facts.fingerprint import fingerprint
from envdoctor.model import Finding, Status
from envdoctor.recipe import load
from envdoctor.report import diff as report
from envdoctor.report import json as as_json
from envdoctor.report import text
from tests.examples import judged, target
from tests.folders import MINOR, wheel

ROOT = Path(__file__).parents[1]
SNAPSHOTS = ROOT / "fixtures" / "snapshots"
SCHEMA = json.loads((Path(facts.__file__).parent / "schemas" / "facts-1.json").read_text())


@pytest.fixture
def image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an image's root with a real environment in it, broken in several ways, and stand in an empty folder."""
    (tmp_path / "job").mkdir()
    monkeypatch.chdir(tmp_path / "job")
    for name in list(os.environ):
        if name.startswith(("PYTHON", "PIP_", "UV_", "LD_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "job"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tmp_path / "image"
    (root / "etc").mkdir(parents=True)
    (root / "etc/os-release").write_text("ID=debian\n")
    made = [sys.executable, "-I", "-m", "venv", "--without-pip", str(root / "opt/venv")]
    subprocess.run(made, check=True, timeout=120)
    site = root / "opt/venv/lib" / f"python{MINOR}" / "site-packages"
    wheel(site, "alpha", {"alpha/__init__.py": "", "alpha/core.py": "x = 1\n"})
    wheel(site, "fast", {"fast/_x.cpython-39-x86_64-linux-gnu.so": ""})
    wheel(site, "one", {"shared/a.py": "1"})
    wheel(site, "two", {"shared/a.py": "2"})
    (site / "alpha/core.py").unlink()
    (site / "~umpy").mkdir()
    (site / "one-1.0.dist-info/METADATA").write_text("Name: one\nVersion: 1.0\nRequires-Dist: gone\n\n")
    return root


def told(named: Path, *, static: bool = False) -> set[tuple[str, str, str]]:
    """Give the errors and warnings of a target, whatever the way it was seen in."""
    found = check(Options(at=At(str(named), static=static)), lambda _: None).findings
    return {(one.code, one.status, one.title) for one in found if one.status in (Status.ERROR, Status.WARNING)}


def test_one_environment_seen_in_each_way_gives_the_same_findings(image: Path, tmp_path: Path) -> None:
    prefix = image / "opt/venv"
    live = told(prefix / "bin/python")
    assert {code for code, *_ in live} == {"FILE004", "FILE005", "FILE007", "FILE008", "REQ001"}
    assert told(prefix) == live
    assert told(prefix, static=True) == live
    assert told(image) == live
    seen = facts.Look(At(str(prefix))).facts(installers=True)
    (tmp_path / "seen.json").write_text(snapshot.write(seen))
    assert told(tmp_path / "seen.json") == live
    listed = "".join(f"{one.name}=={one.version}\n" for one in seen.by_name.values())
    (tmp_path / "freeze.txt").write_text(listed)
    assert told(tmp_path / "freeze.txt") == set()  # names and versions alone say nothing of files and requirements


def test_links_of_an_image_lead_into_the_image(image: Path) -> None:
    site = image / "opt/venv/lib" / f"python{MINOR}" / "site-packages"
    before = told(image)
    shutil.move(site / "alpha", image / "store")
    (site / "alpha").symlink_to("/store")
    (image / "opt/real").mkdir()
    shutil.move(image / "opt/venv", image / "opt/real/venv")
    (image / "opt/venv").symlink_to("/opt/real/venv")
    assert told(image) == before
    (image / "store/__init__.py").unlink()
    (image / "store/__init__.py").symlink_to("/../../etc/hostname")  # there is none in the image
    assert ("FILE005", "error", "alpha: none of its files is there") in told(image)


def test_an_image_without_packages_is_told(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").touch()
    with pytest.raises(CannotLook, match="an image without a Python"):
        facts.Look(At(str(tmp_path)))


def test_a_snapshot_is_complete_and_in_a_stable_order(image: Path) -> None:
    look = facts.Look(At(str(image)))
    seen = look.facts(installers=True)
    written = snapshot.write(seen)
    jsonschema.validate(json.loads(written), SCHEMA)
    again = snapshot.read(written, "s.json")
    assert fingerprint(again) == fingerprint(seen)
    assert (sorted(again.traces), again.search, again.managed) == (sorted(seen.traces), seen.search, seen.managed)
    assert again.distributions == seen.distributions
    assert snapshot.write(again).partition('"distributions"')[2] == written.partition('"distributions"')[2]


@pytest.mark.parametrize("path", sorted(SNAPSHOTS.glob("*.json")), ids=lambda path: str(path.stem))
def test_a_snapshot_of_every_version_stays_readable(path: Path) -> None:
    document = json.loads(path.read_text())
    jsonschema.validate(document, SCHEMA)
    seen = snapshot.read(path.read_text(), str(path))
    assert {one.name: one.version for one in seen.distributions} == {"alpha": "1.0", "fast": "1.0", "gone-half": "2.0"}
    codes = {finding.code for finding in judged(seen).findings}
    assert codes == ({"FILE002", "FILE004", "FILE005", "FILE008"} if "traces" in document else set())


def recipe_of(tmp_path: Path) -> str:
    lines = ("recipe: 1", "name: r", "host: {driver: '>=535', gpu: {memory: '>=40 GiB'}}", "machines:")
    rows = ("  old: {driver: 470.82.01, gpu.memory: 16 GiB}", "  new: {driver: 550.54.15, gpu.memory: 80 GiB}", "")
    (tmp_path / "r.yml").write_text("\n".join((*lines, *rows)))
    return str(tmp_path / "r.yml")


def on_machines(tmp_path: Path, *names: str) -> tuple[list[Finding], str, int]:
    (tmp_path / "freeze.txt").write_text("alpha==1.0\n")
    options = Options(recipe_of(tmp_path), At(str(tmp_path / "freeze.txt"), ("python=3.11",)), machines=names)
    found = check(options, lambda _: None)
    schema = ROOT / "envdoctor" / "report" / "schemas" / "report-1.json"
    jsonschema.validate(as_json.document(found), json.loads(schema.read_text()))
    return list(found.findings), text.render(found), found.exit_code


def test_each_finding_carries_the_machine_that_it_was_judged_for(tmp_path: Path) -> None:
    findings, shown, status = on_machines(tmp_path, "all")
    errors = {(one.machine, one.evidence[0].name) for one in findings if one.status is Status.ERROR}
    assert errors == {("old", "driver"), ("old", "gpu.memory")}
    assert {one.machine for one in findings} <= {"old", "new"}
    assert "driver is 470.82.01, not >=535 (on old)" in shown
    assert status == 1
    assert on_machines(tmp_path, "new")[2] == 0


def test_a_machine_may_be_the_snapshot_of_one(tmp_path: Path) -> None:
    document = {
        "schema": "envdoctor.facts/1",
        "taken": "2026-11-26T12:00:00Z",
        "target": {"kind": "interpreter", "path": "/venv/bin/python", "label": "n001"},
        "facts": {
            "python": {"value": "3.9.1", "source": "x"},
            "env.X": {"value": "1", "source": "x"},
            "cudnn": {"value": "9.1", "source": "x"},
            "glibc": {"value": "2.31", "source": "x"},
        },
        "missing": {"driver": "NVML: Insufficient Permissions"},
        "distributions": [],
    }
    (tmp_path / "node.json").write_text(json.dumps(document))
    (machine,) = machines.find([str(tmp_path / "node.json")], {})
    assert (machine.name, set(machine.facts)) == ("n001", {"glibc"})
    findings, _, _ = on_machines(tmp_path, str(tmp_path / "node.json"))
    waiting = [one for one in findings if one.evidence and one.evidence[0].name == "driver"]
    assert [(one.status, one.machine) for one in waiting] == [("unknown", "n001")]
    assert "Insufficient Permissions" in waiting[0].cause


@pytest.mark.parametrize(
    ("names", "known", "problem"),
    [
        (["all"], {}, "the recipe names no machines"),
        (["h10"], {"h100": {}}, "neither in the recipe nor a snapshot"),
        (["h100"], {"h100": {"driver": "new"}}, "is not a version"),
    ],
)
def test_a_machine_that_is_not_known_is_refused(
    names: list[str], known: dict[str, dict[str, str]], problem: str
) -> None:
    with pytest.raises(UserError, match=problem):
        machines.find(names, known)


def test_a_machine_states_only_facts(tmp_path: Path) -> None:
    (tmp_path / "r.yml").write_text("recipe: 1\nname: r\nmachines:\n  h100:\n    drver: 550\n")
    with pytest.raises(UserError) as error:
        load(str(tmp_path / "r.yml"), {})
    assert (error.value.place, error.value.hint) == (f"{tmp_path}/r.yml:5:5", "did you mean `driver`?")


def test_no_fact_of_this_computer_is_used_for_another() -> None:
    here = target(driver="470.1", glibc="2.36", cudnn="9.1", env_X="1")
    there = given.over(here, given.read(["driver=550"]), {"gpu.count": "NVML says no"})
    assert there.facts.keys() - here.facts.keys() == set()
    assert here.facts.keys() - there.facts.keys() == {"glibc"}
    assert there.get("driver").value == "550"
    assert there.get("gpu.count").source == "NVML says no"


def freeze(folder: Path, name: str, *lines: str) -> At:
    (folder / name).write_text("\n".join((*lines, "")))
    return At(str(folder / name), ("python=3.11",))


def test_what_differs_is_told_in_groups_and_what_matters_by_code(tmp_path: Path) -> None:
    shared = ("tensorflow==2.18.1", "tensorflow-hub==0.16.1", "setuptools==80.9.0", "six==1.16.0")
    good = freeze(tmp_path, "good.txt", *shared, "keras==2.15.0")
    bad = freeze(tmp_path, "bad.txt", *shared[:2], "setuptools==82.0.0", "six==1.17.0", "keras==2.15.0", "idna==3.7")
    compared = diff.compare(good, bad)
    assert {(one.name, one.one, one.other) for one in compared.differences} == {
        ("setuptools", "80.9.0", "82.0.0"),
        ("six", "1.16.0", "1.17.0"),
        ("idna", "absent", "3.7"),
    }
    assert [one.name for one in compared.differences if one.codes] == ["setuptools"]
    assert "TF014" in {one.code for one in compared.only_other}
    assert compared.exit_code == 1
    assert diff.compare(good, good).exit_code == 0
    shown = "\n".join(line.text for line in report.lines(compared))
    assert "  setuptools  80.9.0 → 82.0.0  (" in shown
    assert "only b has" in shown


def test_two_targets_that_are_alike_have_no_differences(tmp_path: Path) -> None:
    one = freeze(tmp_path, "one.txt", "six==1.16.0")
    compared = diff.compare(one, one)
    assert [line.text for line in report.lines(compared)][-1] == "no differences"
    document = json.loads(report.render(compared))
    schema = json.loads((ROOT / "envdoctor" / "report" / "schemas" / "diff-1.json").read_text())
    jsonschema.validate(document, schema)
    assert document["a"]["fingerprint"] == document["b"]["fingerprint"]
