"""Looking at targets: folders on disk, interpreters that misbehave, snapshots, lists, given facts."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import stat
import sys
import time
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envdoctor import cells, facts
from envdoctor.errors import CannotLook, EnvdoctorError, UserError
from envdoctor.facts import At, distributions, fingerprint, remains, snapshot, static, target
from envdoctor.facts import given as given_facts
from envdoctor.facts.inside import Root
from envdoctor.facts.together import facts_of
from envdoctor.model import State
from tests.examples import installed, told
from tests.examples import target as example

SCHEMA = json.loads((Path(facts.__file__).parent / "schemas" / "facts-1.json").read_text())


def write(site: Path, name: str, version: str, *headers: str, metadata: str | bytes | None = None) -> Path:
    """Write a metadata folder into a site folder; `metadata` replaces the headers, and None leaves the file out."""
    folder = site / f"{name}-{version}.dist-info"
    folder.mkdir(parents=True)
    text = "\n".join(["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *headers, "", "words"])
    content = text.encode() if metadata is None else metadata.encode() if isinstance(metadata, str) else metadata
    (folder / "METADATA").write_bytes(content)
    return folder


def names(site: Path) -> dict[str, str]:
    return {dist.name: dist.version for dist in distributions.scan([str(site)]).distributions}


def test_distributions_are_read_from_disk(tmp_path: Path) -> None:
    write(tmp_path, "Foo.Bar", "1.0", "Requires-Dist: attrs (>=20.1.0) ", "Requires-Python: >=3.8")
    (dist,) = distributions.scan([str(tmp_path)]).distributions
    assert (dist.name, dist.version, dist.requires_python) == ("foo-bar", "1.0", ">=3.8")
    assert [(r.name, r.specifier) for r in dist.requires] == [("attrs", ">=20.1.0")]


def test_legacy_layouts_are_read(tmp_path: Path) -> None:
    (tmp_path / "one.egg-info").write_text("Metadata-Version: 1.1\nName: one\nVersion: 1.5\n")
    egg = tmp_path / "two-2.0-py3.11.egg-info"
    egg.mkdir()
    (egg / "PKG-INFO").write_text("Name: two\nVersion: 2.0\n")
    (egg / "requires.txt").write_text("six\n\n[test]\npytest>=3\n")
    found = {dist.name: dist for dist in distributions.scan([str(tmp_path)]).distributions}
    assert (found["one"].version, found["two"].version) == ("1.5", "2.0")
    assert [r.name for r in found["two"].requires] == ["six", "pytest"]
    assert "extra" in found["two"].requires[1].marker


def test_bytes_that_are_no_text_and_ten_megabytes_are_survived(tmp_path: Path) -> None:
    write(tmp_path, "latin", "1", metadata=b"Name: latin\nVersion: 1\nAuthor: Andr\xe9\nRequires-Dist: six\n\n")
    write(tmp_path, "big", "2", metadata="Name: big\nVersion: 2\n\n" + "x" * 10_000_000)
    write(tmp_path, "long", "3", metadata="Name: long\nVersion: 3\n" + "Classifier: x\n" * 700_000)
    begun = time.monotonic()
    assert names(tmp_path) == {"latin": "1", "big": "2", "long": "3"}
    assert time.monotonic() - begun < 10


def test_a_symlink_loop_and_a_missing_file_are_faults_of_that_distribution(tmp_path: Path) -> None:
    folder = write(tmp_path, "looped", "1")
    (folder / "METADATA").unlink()
    (folder / "METADATA").symlink_to("METADATA")
    (tmp_path / "gone-1.0.dist-info").mkdir()
    (tmp_path / "self").symlink_to(tmp_path)
    found = {dist.name: dist.fault for dist in distributions.scan([str(tmp_path)]).distributions}
    assert "symbolic link" in found["looped"]
    assert "No such file" in found["gone"]


def test_a_pipe_in_place_of_metadata_does_not_block(tmp_path: Path) -> None:
    folder = write(tmp_path, "piped", "1")
    (folder / "METADATA").unlink()
    os.mkfifo(folder / "METADATA")
    assert names(tmp_path) == {"piped": "1"}


def test_planted_faults_are_found_and_a_sound_neighbour_is_not_touched(tmp_path: Path) -> None:
    write(tmp_path, "sound", "1.0", "Requires-Dist: base>=1", "Requires-Python: >=3.6")
    write(tmp_path, "base", "1.5")
    write(tmp_path, "unmet", "1.0", "Requires-Dist: base>=99")
    write(tmp_path, "lacking", "1.0", "Requires-Dist: not-there")
    write(tmp_path, "double", "1.0")
    write(tmp_path, "double", "2.0")
    (tmp_path / "hollow-1.0.dist-info").mkdir()
    write(tmp_path, "odd", "1.0", metadata="Name: odd\nVersion: 1.0-not.a.version!\n\n")
    write(tmp_path, "young", "1.0", "Requires-Python: >=3.99")
    write(tmp_path, "old", "1.0", "Requires-Python: <3.9")
    (tmp_path / "~alf").mkdir()
    found = distributions.scan([str(tmp_path)])
    seen = facts_of(example().target, facts=example().facts.values(), distributions=found.distributions)
    traces = tuple(trace for site in found.sites for trace in remains.traces(site, remains.Home("", ""), Root()))
    seen = dataclasses.replace(seen, looked=True, traces=traces)
    codes = told(seen)
    assert set(codes) == {"REQ001", "REQ002", "REQ003", "FILE001", "FILE002", "FILE003", "FILE004"}
    assert not any("sound" in title for title in codes.values())


def test_a_site_folder_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> list[str]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "listdir", refuse)  # root reads everything, so the refusal is made here
    with pytest.raises(CannotLook, match="Permission denied"):
        distributions.scan([str(tmp_path)])


def program(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("#!/bin/sh\nsleep 60 &\nsleep 60\n", "does not answer within 0.5 s"),
        ("#!/bin/sh\necho broken >&2; exit 3\n", "ends with status 3: broken"),
        ("#!/bin/sh\nkill -9 $$\n", "was ended by signal 9"),
        ("#!/bin/sh\necho hello\n", "is no Python that can be asked"),
        ("#!/bin/sh\necho; echo --envdoctor-probe--; echo 7\n", "answers nonsense"),
        ("#!/no/such/interpreter\n", "cannot be started"),
    ],
)
def test_a_python_that_misbehaves_is_told_in_time(script: str, problem: str, tmp_path: Path) -> None:
    begun = time.monotonic()
    with pytest.raises(CannotLook) as error:
        facts.Look(At(str(program(tmp_path / "python", script)), timeout=0.5)).facts()
    assert problem in error.value.problem
    assert time.monotonic() - begun < 10


def test_this_python_answers_and_what_it_says_is_known() -> None:
    seen = facts.Look(At(sys.executable)).facts(installers=True)
    assert seen.get("python").value == ".".join(map(str, sys.version_info[:3]))
    assert seen.get("os").value == sys.platform
    assert seen.get("pytest").state is State.KNOWN
    assert seen.get("no-such-thing").state is State.ABSENT
    assert seen.get("env.NO_SUCH_VARIABLE").state is State.ABSENT
    assert seen.get("driver").state is State.UNSEEN


def test_a_look_without_starting_anything_sees_the_same_distributions() -> None:
    live = facts.Look(At(sys.executable)).facts()
    still = facts.Look(At(sys.executable, static=True)).facts()
    assert still.by_name.keys() == live.by_name.keys()
    assert still.get("python").value == live.get("python").value


def test_a_folder_without_a_python_and_a_target_that_is_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(CannotLook, match="holds no Python"):
        target.recognise(str(tmp_path))
    with pytest.raises(CannotLook, match="no such target"):
        target.recognise(str(tmp_path / "nothing"))
    with pytest.raises(CannotLook, match="holds no site-packages"):
        static.answer(tmp_path)


def test_a_snapshot_reads_back_as_it_was_and_fits_its_schema() -> None:
    seen = facts.Look(At(sys.executable)).facts(installers=True)
    text = snapshot.write(seen)
    jsonschema.validate(json.loads(text), SCHEMA)
    again = snapshot.read(text, "s.json")
    assert fingerprint.fingerprint(again) == fingerprint.fingerprint(seen)
    assert again.by_name.keys() == seen.by_name.keys()
    assert [d.requires for d in again.distributions] == [d.requires for d in seen.distributions]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "not JSON"),
        ("[]", "not a snapshot"),
        ('{"schema": "envdoctor.facts/9"}', "not a snapshot"),
        ('{"schema": "envdoctor.facts/1", "facts": []}', "`facts` must be a mapping"),
        ('{"schema": "envdoctor.facts/1", "distributions": [1]}', "`distributions` must be a list of mappings"),
        ('{"schema": "envdoctor.facts/1", "distributions": [{}]}', "`name` must be there"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_snapshot_is_refused(text: str, problem: str) -> None:
    with pytest.raises(UserError) as error:
        snapshot.read(text, "s.json")
    assert problem in error.value.problem


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["taken", "target", "facts", "missing", "distributions"]), _json))
@settings(max_examples=200, deadline=None)
def test_no_shape_of_a_snapshot_ends_in_a_traceback(document: dict[str, object]) -> None:
    with contextlib.suppress(EnvdoctorError):
        snapshot.read(json.dumps({"schema": "envdoctor.facts/1", **document}), "s.json")


def test_given_facts_are_normalised_where_they_are_read() -> None:
    found = given_facts.read(["gpu.compute=sm_90a", "glibc=2.35-0ubuntu3", "driver=535.161.08", "env.X=a=b"])
    assert {name: fact.value for name, fact in found.items()} == {
        "gpu.compute": "9.0",
        "glibc": "2.35",
        "driver": "535.161.08",
        "env.X": "a=b",
    }


@pytest.mark.parametrize("pair", ["driver", "=1", "numpy=2.1", "drivr=5", "foo.bar=1", "python=new", "gpu.compute="])
def test_what_is_no_fact_is_refused(pair: str) -> None:
    with pytest.raises(UserError):
        given_facts.read([pair])


def test_a_given_fact_that_contradicts_a_live_target_is_refused_and_one_that_agrees_is_not() -> None:
    seen = example(installed("a", "1"), glibc="2.36")
    with pytest.raises(UserError, match="contradicts the target"):
        given_facts.over(seen, given_facts.read(["python=3.9"]))
    laid = given_facts.over(seen, given_facts.read(["python=3.11", "driver=535"]))
    assert laid.get("python").value == "3.11.7"
    assert laid.get("driver").value == "535"
    assert laid.get("glibc").state is State.UNSEEN


def test_a_name_that_is_none_reaches_nothing_but_the_screen(tmp_path: Path) -> None:
    hostile = {"name": "a\n-e /evil", "version": "1\n-e /evil", "location": "x"}
    document = {"schema": "envdoctor.facts/1", "target": {}, "facts": {}, "distributions": [hostile]}
    (only,) = snapshot.read(json.dumps(document), "s.json").distributions
    assert only.name == "a-e-evil"
    assert cells.version(only.version) is None
    (tmp_path / "foo$(touch x)&y-1.0.dist-info").mkdir()
    (tmp_path / "foo$(touch x)&y-1.0.dist-info" / "METADATA").write_text("Version: 1.0\n")
    assert [dist.name for dist in distributions.scan([str(tmp_path)]).distributions] == ["foo-touch-x-y"]


def test_a_folder_that_setup_py_installed_is_a_distribution(tmp_path: Path) -> None:
    egg = tmp_path / "eggy-1.0-py3.11.egg"
    (egg / "EGG-INFO").mkdir(parents=True)
    (egg / "EGG-INFO" / "PKG-INFO").write_text("Metadata-Version: 1.2\nName: eggy\nVersion: 1.0\n")
    (egg / "EGG-INFO" / "requires.txt").write_text("six>=1.10\n")
    (only,) = distributions.scan([str(egg)]).distributions
    assert (only.name, only.version, only.requires[0].name) == ("eggy", "1.0", "six")
