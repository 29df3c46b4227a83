"""Diagnose on failures that were really built: named, confirmed by what was installed, refuted by what cured it."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from envdoctor import logs, matrix
from envdoctor.app import diagnose as app
from envdoctor.app.options import At

if TYPE_CHECKING:
    from envdoctor.model import Facts
    from envdoctor.model.diagnosis import Diagnosis

FOLDER = Path(__file__).parents[1] / "fixtures" / "diagnose" / "executed"
MATRIX = matrix.load()
KNOWN = app.knowledge(MATRIX)
ALIKE = {"opencv-python-headless": "opencv-python"}


@cache
def serving() -> list[dict[str, Any]]:
    """Give the failures of the index whose entries name their culprit and what was installed."""
    return list(yaml.safe_load((FOLDER / "serving" / "index.yml").read_text())["entries"])


@cache
def tensorflow() -> list[dict[str, Any]]:
    """Give those of the index whose entries name a combination."""
    return list(yaml.safe_load((FOLDER / "tensorflow" / "index.yml").read_text())["logs"])


def seen(versions: dict[str, str], python: str, env: dict[str, str] | None) -> Facts:
    """Give the facts of a list, as `--target` reads it."""
    lines = [f"{name}=={version}" for name, version in versions.items() if name != "python"]
    given = (f"python={python}", *(f"env.{name}={value}" for name, value in (env or {}).items()))
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "freeze.txt"
        listed.write_text("\n".join(lines))
        return app.looked(At(named=str(listed), given=given), MATRIX)


def of(path: Path, facts: Facts | None = None) -> Diagnosis:
    return app.of_logs([logs.sifted([path.read_bytes()], "job.log")], KNOWN, facts)


# What the index says of a cure does not decide whether the log could still be of it.
UNDECIDED = {
    "bentoml_1111_no_service_decorator.txt": "the versions after the cure do not name pydantic, which the log misses",
    "bentoml_130_bare_venv_control.txt": "the versions after the cure do not name fs, which the log misses a part of",
    "py312_no_distutils.txt": "the cure asks for a range of setuptools, and no version of it is told",
}


def cured(fix: dict[str, Any]) -> dict[str, str]:
    """Give the versions after a fix: what it gives, and its exact pins."""
    exact = dict(pin.split("==") for pin in fix.get("pins", ()) if "==" in pin and "*" not in pin)
    return {**exact, **fix["gives"]}


def state(told: Diagnosis) -> str:
    return told.causes[0].state if told.verdict == "environment" else str(told.verdict)


def names(told: Diagnosis, packages: list[str]) -> bool:
    first = {ALIKE.get(name, name) for name in (told.causes[0].packages[:4] if told.causes else ())}
    return told.verdict == "environment" and ALIKE.get(packages[0], packages[0]) in first


def share(found: list[str], of_: int) -> float:
    """Give how many were right, the wrong ones being listed."""
    return 1 - len(found) / of_


def test_the_culprit_is_named() -> None:
    wrong = [e["file"] for e in serving() if not names(of(FOLDER / "serving" / e["file"]), e["culprit"]["packages"])]
    wrong += [e["file"] for e in tensorflow() if not names(of(FOLDER / "tensorflow" / e["file"]), e["packages"])]
    assert share(wrong, len(serving()) + len(tensorflow())) >= 0.97, wrong


def test_what_was_installed_confirms_it() -> None:
    wrong = [
        e["file"]
        for e in serving()
        if "installed" in e
        and state(of(FOLDER / "serving" / e["file"], seen(e["installed"], e["python"], e.get("env")))) != "confirmed"
    ]
    wrong += [
        e["file"]
        for e in tensorflow()
        if state(
            of(FOLDER / "tensorflow" / e["file"], seen(e["combination"], e["combination"]["python"], e.get("env")))
        )
        != "confirmed"
    ]
    assert wrong == []


def test_what_cured_it_refutes_it() -> None:
    proven = [(e, fix) for e in serving() for fix in e["fixes"] if fix.get("proven") and fix.get("gives")]
    wrong = {
        e["file"]: f"after {fix.get('pins')}: {found}"
        for e, fix in proven
        if (
            found := state(
                of(FOLDER / "serving" / e["file"], seen(cured(fix), e["python"], fix.get("env") or e.get("env")))
            )
        )
        != "refuted"
    }
    assert len(proven) > 100
    assert wrong.keys() == UNDECIDED.keys(), wrong


def test_what_brings_a_removed_module_back_refutes_that_it_is_missing() -> None:
    log = FOLDER / "serving" / "py312_no_distutils.txt"
    assert state(of(log, seen({"setuptools": "80.9.0"}, "3.12", None))) == "refuted"
    assert state(of(log, seen({"numpy": "1.26.4"}, "3.12", None))) == "confirmed"


def test_a_sentence_that_proves_itself_is_confirmed_by_what_it_speaks_of() -> None:
    log = FOLDER / "tensorflow" / "op_not_registered_no_text_tf216.txt"
    pair = {"tensorflow": "2.16.2", "tensorflow-text": "2.16.1"}
    assert state(of(log, seen(pair, "3.11", None))) == "confirmed"
    assert state(of(log, seen({"torch": "2.4.0"}, "3.11", None))) == "open", "the log itself shows tensorflow at work"
