"""Smoke: what a process of trials printed, or how it died, becomes findings; nothing of torch is needed for that."""

from __future__ import annotations

import json
import struct
import sys
from pathlib import Path

import pytest

from envdoctor.errors import UserError
from envdoctor.model import Claim, Finding, Fix, Held, Status
from envdoctor.model.smoke import Attempt, Figure, Ran, Wanted
from envdoctor.processes import Done
from envdoctor.recipe import load
from envdoctor.smoke import catalog, elf, judge, plan, reading, record, running, services

JOB = plan.Job("torch", ("harness.py",), ("mla", "rope"), ("torch",))
GOOD = Attempt("mla", "done", "it is the same", figures=[Figure("forward", 3e-7, "most", 3e-6)])
ROPE = Attempt("rope", "done", "turns", figures=[Figure("bits", True, "equal", True)])


def found(*attempts: Attempt, claims: tuple[Claim, ...] = (), **options: object) -> list[Finding | Held]:
    ran = Ran("torch", ("mla", "rope"), 0, attempts, needs=("torch",), **options)  # type: ignore[arg-type]
    return list(judge.judge(ran, claims))


def told(*attempts: Attempt, **options: object) -> list[str]:
    return [
        f"{one.status} {one.code} {one.title}" if isinstance(one, Finding) else f"held {one.what}"
        for one in found(*attempts, **options)  # type: ignore[arg-type]
    ]


def test_trials_whose_figures_are_good_hold() -> None:
    assert told(GOOD, ROPE) == ["held mla", "held rope"]


@pytest.mark.parametrize(
    ("figure", "holds"),
    [
        (Figure("a", 1.0, "most", 1.0), True),
        (Figure("a", 1.1, "most", 1.0), False),
        (Figure("a", "nan", "most", 1.0), False),
        (Figure("a", None, "least", 1.0), False),
        (Figure("a", 0.5, "least", 1.0), False),
        (Figure("a", 1, "equal", True), False),
        (Figure("a", "[2]", "equal", "[2]"), True),
        (Figure("a", "told"), True),
    ],
)
def test_a_figure_holds_by_its_condition_and_nan_never(figure: Figure, holds: bool) -> None:
    assert judge.holds(figure) is holds


def test_a_wrong_figure_is_an_error_that_names_it_and_its_limit() -> None:
    wrong = GOOD._replace(figures=[Figure("decode", 0.09, "most", 3e-6), *GOOD.figures])
    assert told(wrong, ROPE)[0] == "error SMOKE001 mla: decode: 0.09 (at most 3e-06)"


def test_a_trial_that_asks_nothing_of_its_figures_is_unknown_not_held() -> None:
    assert told(GOOD._replace(figures=[Figure("bytes", 5)]), ROPE)[0] == "unknown SMOKE006 mla was not tried"


def test_what_cannot_be_run_is_unknown_with_its_reason() -> None:
    unable, held = found(Attempt("mla", "unable", reason="torch sees no CUDA device"), ROPE)
    assert isinstance(unable, Finding)
    assert (unable.status, unable.cause) == (Status.UNKNOWN, "torch sees no CUDA device")
    assert held == Held("SMOKE001", "rope")


def test_a_trial_that_was_never_reached_is_unknown() -> None:
    assert told(GOOD) == ["held mla", "unknown SMOKE006 rope was not tried"]


def test_an_exception_is_explained_by_the_claim_whose_symptom_it_is() -> None:
    claim = Claim(
        "NP010", "numpy 2 under an old torch", Status.ERROR, (), "torch was built for numpy 1", "a log", "2026-11-01",
        "executed", symptoms=("Numpy is not available",), culprit=("numpy",), fixes=(Fix(pins={"numpy": "<2"}),),
    )  # fmt: skip
    error = Attempt("mla", "error", reason="RuntimeError: Numpy is not available")
    explained, _ = found(error, ROPE, claims=(claim,))
    assert isinstance(explained, Finding)
    assert (explained.code, explained.culprit, explained.fixes) == ("SMOKE002", ("numpy",), claim.fixes)
    assert explained.cause.startswith("NP010, numpy 2 under an old torch: torch was built for numpy 1")
    unexplained, _ = found(Attempt("mla", "error", reason="ValueError: no"), ROPE, claims=(claim,))
    assert isinstance(unexplained, Finding)
    assert (unexplained.cause, unexplained.fixes) == ("ValueError: no", ())


def test_a_death_by_signal_names_the_signal_the_library_and_the_cut_file() -> None:
    died = Ran("torch", ("mla",), -7, fault="it printed nothing", library="/x/_C.so", cut=("/x/l.so has 2 of 9 bytes",))
    first, second = judge.judge(died)
    assert isinstance(first, Finding)
    assert (first.code, first.kind, first.cause) == ("SMOKE004", "corrupt", "/x/l.so has 2 of 9 bytes")
    assert first.title == "torch was killed by SIGBUS while /x/_C.so was loaded"
    assert isinstance(second, Finding)
    assert second.status is Status.UNKNOWN


def test_a_slow_machine_is_unknown_and_endless_computing_an_error() -> None:
    slow, *_ = judge.judge(Ran("torch", ("mla",), None, at="mla", load=31.5, limit=60))
    endless, *_ = judge.judge(Ran("torch", ("mla",), -24, fault="it printed nothing", at="mla"))
    assert isinstance(slow, Finding)
    assert isinstance(endless, Finding)
    assert (slow.status, endless.status) == (Status.UNKNOWN, Status.ERROR)
    assert "load is 31.5" in slow.cause


def test_a_module_that_cannot_be_imported_is_one_error_for_all_its_trials() -> None:
    lines = told(refused="ModuleNotFoundError: No module named 'sympy'", lacks="sympy")
    assert lines == ["error SMOKE003 torch cannot be imported"]


@pytest.mark.parametrize(
    "out",
    ["", "hello", "[]", "null", '{"schema": "envdoctor.smoke/1"}', '{"schema": "envdoctor.smoke/1", "trials": [7]}',
     '{"schema": "envdoctor.smoke/1", "trials": [{"trial": "mla", "status": "great"}]}', "[" * 100_000],
)  # fmt: skip
def test_whatever_a_script_prints_is_a_result_or_a_fault(out: str) -> None:
    ran = reading.ran(JOB, Done(0, out, "last words\n"), plan.Settings())
    assert ran.fault
    assert next(iter(judge.judge(ran))).code == "SMOKE007"


def script(folder: Path, source: str, settings: plan.Settings | None = None) -> list[str]:
    (folder / "smoke.py").write_text(source)
    job = plan.own(Wanted("smoke.py", run="smoke.py"), str(folder))
    ran = running.run(sys.executable, job, settings or plan.Settings())
    return [f"{one.code} {one.title if isinstance(one, Finding) else one.what}" for one in judge.judge(ran)]


def test_a_script_of_your_own_is_judged_by_the_same_contract(tmp_path: Path) -> None:
    figures = [{"name": "loss", "got": 0.2, "most": 0.1}]
    rows = [{"trial": "mine", "status": "done", "figures": figures}, {"trial": "b", "status": "unable", "reason": "no"}]
    printed = json.dumps({"schema": "envdoctor.smoke/1", "trials": rows})
    lines = script(tmp_path, f"print({printed!r})")
    assert lines == ["SMOKE001 mine: loss: 0.2 (at most 0.1)", "SMOKE006 b was not tried"]


def test_a_script_that_is_killed_runs_too_long_or_says_nothing_is_told_so(tmp_path: Path) -> None:
    killed = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
    assert script(tmp_path, killed)[0] == "SMOKE004 smoke.py was killed by SIGSEGV before anything was tried"
    slow = script(tmp_path, "import time; time.sleep(60)", plan.Settings(wall=0.5))
    assert slow[0] == "SMOKE005 smoke.py took over 0.5 s"
    assert script(tmp_path, "raise SystemExit(3)")[0] == "SMOKE007 smoke.py: it printed nothing, and ends with status 3"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds the CPU time of another process")
def test_endless_computing_is_ended_by_its_cpu_time(tmp_path: Path) -> None:
    assert script(tmp_path, "while True: pass", plan.Settings(cpu=1.0))[0] == "SMOKE005 smoke.py computes without end"


def test_the_catalogue_is_what_the_programs_say() -> None:
    trials = catalog.trials()
    assert {"mla", "ngpt", "train-step", "bentoml", "tf-text"} <= trials.keys()
    assert catalog.groups() == ["compile", "core", "gpu", "process"]
    assert all(one.needs and one.proves.endswith(".") for one in trials.values())
    assert [job.needs for job in plan.jobs([trials["mla"], trials["bentoml"], trials["ngpt"]], plan.Settings())] == [
        ("torch",),
        ("bentoml", "scikit-learn"),
    ]


def test_every_bundled_recipe_names_trials_that_there_are() -> None:
    from envdoctor.recipe import bundled

    for path in bundled().values():
        assert all(one.name in catalog.trials() for one in load(str(path), {}).smoke), path


@pytest.mark.parametrize(
    ("entry", "problem"),
    [("{run: a.py, serve: b.py}", "says not what to run"), ("{go: a.py}", "unknown key `go`"), ("[a]", "an entry of")],
)
def test_a_wrong_entry_of_smoke_is_told_with_its_place(tmp_path: Path, entry: str, problem: str) -> None:
    (tmp_path / "r.yml").write_text(f"recipe: 1\nname: r\nsmoke: [mla, {entry}]\n")
    with pytest.raises(UserError, match=problem) as told:
        load(str(tmp_path / "r.yml"), {})
    assert ":3:1" in told.value.place


def test_the_names_of_bentoml_that_a_service_uses_are_found_in_its_source(tmp_path: Path) -> None:
    source = "import bentoml as b\nfrom bentoml.io import NumpyNdarray as N\ns = b.Service('i', runners=[1])\nN()\n"
    (tmp_path / "service.py").write_text(source)
    names = services.uses(tmp_path / "service.py")
    assert {"bentoml.Service", "bentoml.Service.runners", "bentoml.io.NumpyNdarray"} <= set(names)
    (tmp_path / "service.py").write_text("def :")
    with pytest.raises(UserError, match="is not Python"):
        services.uses(tmp_path / "service.py")


def test_a_record_holds_for_its_fingerprint_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    mark, other = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
    assert record.cited(mark) is None
    record.keep(mark, "2026-11-25", ["mla", "ngpt"], [])
    record.keep(mark, "2026-11-26", [], ["ngpt"])
    cited = record.cited(mark)
    assert cited is not None
    assert cited.title == "tried by `smoke` on 2026-11-25 and 2026-11-26"
    assert cited.cause.startswith("held: mla; failed: ngpt")
    assert record.cited(other) is None
    (record.folder() / f"{'b' * 64}.json").write_text("{")
    assert record.cited(other) is None


def test_a_library_that_is_shorter_than_its_header_says_is_cut(tmp_path: Path) -> None:
    head = bytearray(64)
    head[:6] = b"\x7fELF\x02\x01"
    struct.pack_into("<Q", head, 40, 1000)
    struct.pack_into("<HH", head, 58, 64, 10)
    (tmp_path / "lib").mkdir()
    (tmp_path / "_C.so").write_bytes(bytes(head) + bytes(1640 - 64))
    (tmp_path / "lib" / "libtorch.so").write_bytes(bytes(head))
    (cut,) = elf.cut_beside(str(tmp_path / "_C.so"))
    assert cut == f"{tmp_path}/lib/libtorch.so has 64 of 1640 bytes"


def test_the_harness_prints_what_the_schema_says_and_its_noise_goes_to_stderr(tmp_path: Path) -> None:
    import jsonschema

    from tests.processes import run

    package = Path(catalog.__file__).parent
    (tmp_path / "programs").mkdir()
    harness = tmp_path / "programs" / "harness.py"
    harness.write_text((package / "programs" / "harness.py").read_text())
    (tmp_path / "programs" / "noisy.py").write_text(
        "import os\nfrom harness import trial, most, equal, told, Unable\nprint('loaded')\n\n"
        "@trial()\ndef good():\n    '''It counts.'''\n    os.write(1, b'noise')\n    yield most('one', 1.0, 2.0)\n"
        "    yield most('none', float('nan'), 2.0)\n\n"
        "@trial()\ndef half():\n    yield equal('a', 1, 1)\n    raise ValueError('no ' * 5000)\n\n"
        "@trial()\ndef not_here():\n    raise Unable('no GPU')\n    yield\n"
    )
    done = run([sys.executable, str(harness), "--modules", "noisy"])
    jsonschema.validate(done.document, json.loads((package / "schemas" / "smoke-1.json").read_text()))
    assert [(row["trial"], row["status"]) for row in done.document["trials"]] == [
        ("good", "done"), ("half", "error"), ("not-here", "unable"),
    ]  # fmt: skip
    good, half, _ = done.document["trials"]
    assert (good["proves"], good["figures"][1]["got"]) == ("It counts.", "nan")
    assert (half["figures"], len(half["reason"]) < 4100) == ([{"name": "a", "got": 1, "equal": 1}], True)
    assert "noise" in done.stderr
    assert "loaded" in done.stderr
    failed = run([sys.executable, str(harness), "--modules", "nothing_of_that_name"]).document
    assert (failed["imports"]["module"], failed["trials"]) == ("nothing_of_that_name", [])
