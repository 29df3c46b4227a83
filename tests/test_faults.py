"""Every fault of files and shadows is named, and once it is mended nothing is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from envdoctor.app.check import check
from envdoctor.app.options import At, Options
from envdoctor.facts.paths import shown
from envdoctor.model import Status
from tests.faults import FAULTS, Ground, sound

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults import Fault

VARIABLES = "LD_LIBRARY_PATH LD_PRELOAD SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE TORCH_LOGS".split()


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder in which envdoctor remembers."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def ground(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Ground:
    """Give a sound environment, and stand in the folder of its job with no variable of this process set."""
    assert shown("/")  # a process asks once where its home is; what follows moves only what lies in it
    made = sound(tmp_path)
    monkeypatch.chdir(made.job)
    for name in (*VARIABLES, "PYTHONPATH", "PYTHONSAFEPATH", "PYTHONNOUSERSITE", "KERAS_BACKEND", "MPLBACKEND"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(made.folder / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    return made


def culprits(ground: Ground, fault: Fault) -> set[str]:
    """Give what the errors and warnings of `check` name."""
    at = At(str(ground.venv), static=True, deep=fault.deep)
    findings = check(Options(at=at), lambda _: None).findings
    told = [one for one in findings if one.status in (Status.ERROR, Status.WARNING)]
    return {word.removeprefix("env.") for one in told for word in one.culprit}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_named_and_nothing_is_found_once_it_is_mended(
    fault: Fault, ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert culprits(ground, fault) == set()
    if fault.make is not None:
        fault.make(ground)
    for name, value in fault.surroundings(ground).items():
        monkeypatch.setenv(name, value)
    assert culprits(ground, fault) & set(fault.culprits)
    for name in fault.variables:
        monkeypatch.delenv(name)
    if fault.mend is not None:
        fault.mend(ground)
    assert culprits(ground, fault) == set()
