"""The built-in checks by example: one that fires, one that does not."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from envdoctor import checks
from envdoctor.checks.recipe_host import mebibytes
from envdoctor.model import Case, Distribution, Recipe, Status, Trace, Wish
from envdoctor.recipe import load
from tests.examples import SITE, installed, judged, recipe, target, told, versions

if TYPE_CHECKING:
    from pathlib import Path

    from envdoctor.model import Facts


def test_a_missing_package_that_five_need_is_one_finding() -> None:
    needing = [installed(name, "1.0", "gone>=2") for name in "abcde"]
    findings = [f for f in judged(target(*needing)).findings if f.status is Status.ERROR]
    assert [f.code for f in findings] == ["REQ001"]
    assert findings[0].title == "gone is not installed, and a, b, c and 2 more need it"
    assert findings[0].fixes[0].pins == {"gone": ">=2"}


def test_requirements_count_where_their_markers_hold_for_the_target() -> None:
    dist = installed(
        "a", "1", "win; sys_platform == 'win32'", "old; python_version < '3.9'", "new; python_version > '3.9'"
    )
    assert list(told(target(dist))) == ["REQ001"]
    assert "new is not installed" in told(target(dist))["REQ001"]


def test_an_extra_counts_where_something_asks_for_it() -> None:
    jax = installed("jax", "0.4", "plugin; extra == 'cuda12'")
    assert told(target(jax)) == {}
    wanting = Recipe(packages=(Wish("jax", extras=("cuda12",)),))
    assert "plugin" in told(target(jax), wanting)["REQ001"]
    assert "plugin" in told(target(jax, installed("b", "1", "jax[cuda12]")))["REQ001"]


def test_an_extra_that_asks_for_extras_of_its_own_package_is_followed() -> None:
    ray = installed("ray", "2", "ray[tune]; extra == 'all'", "pandas; extra == 'tune'")
    assert "pandas" in told(target(ray), Recipe(packages=(Wish("ray", extras=("all",)),)))["REQ001"]


def test_a_version_out_of_its_declared_range_is_a_warning() -> None:
    told_ = told(target(installed("a", "1", "numpy<2"), installed("numpy", "2.1")))
    assert told_ == {"REQ002": "warning: numpy 2.1 is not what a declares"}
    assert told(target(installed("a", "1", "numpy<2"), installed("numpy", "1.26"))) == {}


def test_a_range_that_no_installer_reads_asks_for_nothing() -> None:
    assert told(target(installed("a", "1", "b (>dev)"), installed("b", "1"))) == {}


def test_a_list_without_metadata_leaves_requirements_unjudged() -> None:
    assert told(versions(numpy="2.1"))["HOST000"].startswith("unknown: 1 judgement waits for `metadata`")


def test_requires_python_has_two_bounds() -> None:
    assert "declares Python >=3.12" in told(target(installed("a", "1", python=">=3.12")))["REQ003"]
    assert "declares Python <3.11" in told(target(installed("a", "1", python="<3.11")))["REQ003"]
    assert told(target(installed("a", "1", python=">=3.8,<3.12"))) == {}


def test_two_copies_in_one_folder_are_told_and_copies_in_two_folders_are_not() -> None:
    twice = told(target(installed("a", "1.0"), installed("a", "2.0")))
    assert "a-1.0.dist-info and a-2.0.dist-info" in twice["FILE001"]
    assert told(target(installed("a", "1.0"), installed("a", "2.0", location="/usr/lib"))) == {}
    older = installed("a", "1.0")._replace(folder=f"{SITE}/a-0.9.dist-info")
    assert "FILE001" in told(target(installed("a", "1.0"), older))
    debian = installed("a", "1.0")._replace(folder=f"{SITE}/a-1.0.egg-info")
    assert told(target(installed("a", "1.0"), debian)) == {}


def test_the_first_copy_on_the_path_is_the_one_that_is_judged() -> None:
    facts = target(
        installed("numpy", "1.26"), installed("numpy", "2.1", location="/usr/lib"), installed("a", "1", "numpy<2")
    )
    assert facts.get("numpy").value == "1.26"
    assert told(facts) == {}


def test_metadata_that_cannot_be_read_is_an_error_and_an_invalid_version_a_warning() -> None:
    lost = Distribution("a", "1", SITE, folder=f"{SITE}/a-1.dist-info", fault="its metadata cannot be read")
    odd = Distribution("b", "1.0-x!", SITE, folder=f"{SITE}/b.dist-info", headers=True)
    assert told(target(lost, odd)) == {
        "FILE002": "error: a: its metadata cannot be read",
        "FILE003": "warning: b: `1.0-x!` is not a version",
    }


def test_a_folder_with_a_tilde_is_left_over() -> None:
    facts = dataclasses.replace(target(), looked=True, traces=(Trace("leftover", "~umpy", ("/venv/lib/~umpy",)),))
    assert told(facts)["FILE004"] == "warning: `~umpy` is left over from an interrupted installation"


def test_a_wish_unmet_is_an_error() -> None:
    told_ = told(target(installed("torch", "2.1")), recipe(torch=">=2.4", numpy=""))
    assert told_ == {"RECIPE001": "error: numpy is not installed", "RECIPE002": "error: torch 2.1 is not >=2.4"}
    assert told(target(installed("torch", "2.4")), recipe(torch=">=2.4")) == {}


def test_an_optional_package_may_be_absent_and_is_judged_if_there() -> None:
    wanted = Recipe(packages=(Wish("flash-attn", ">=2.6", optional=True),))
    assert told(target(), wanted) == {}
    assert "flash-attn 2.5 is not >=2.6" in told(target(installed("flash-attn", "2.5")), wanted)["RECIPE002"]


def test_a_wish_counts_where_its_marker_holds() -> None:
    wanted = Recipe(packages=(Wish("pywin32", marker="sys_platform == 'win32'"),))
    assert told(target(), wanted) == {}


def test_an_unmapped_conda_name_that_is_not_there_is_unknown() -> None:
    wanted = Recipe(packages=(Wish("cudatoolkit", unmapped=True),))
    assert told(target(), wanted)["HOST000"].startswith("unknown")


def test_a_folder_or_url_without_a_name_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("-e .\nhttps://example.org/x\nnumpy<3\n")
    wanted = load(str(tmp_path / "requirements.txt"), {})
    assert [wish.unmapped for wish in wanted.packages] == [True, True, False]
    found = judged(target(installed("numpy", "2.1")), wanted).findings
    assert {finding.status for finding in found} == {Status.UNKNOWN}
    assert len(found) == 2


def test_a_forbidden_package_is_an_error_with_its_reason() -> None:
    wanted = Recipe(forbidden=(Wish("tensorflow-cpu", reason="two builds write the same files"),))
    (finding,) = judged(target(installed("tensorflow-cpu", "2.15")), wanted).findings
    assert (finding.code, finding.cause) == ("RECIPE003", "two builds write the same files")
    assert told(target(), wanted) == {}


def test_another_python_than_the_recipe_asks_for() -> None:
    wanted = Recipe(python=Wish("python", ">=3.12"))
    assert told(target(), wanted)["RECIPE004"] == "error: Python 3.11.7 is not >=3.12"
    assert told(target(), Recipe(python=Wish("python", ">=3.9,<3.12"))) == {}


def test_variables_are_compared_with_what_the_recipe_asks() -> None:
    wanted = Recipe(env=(Wish("OMP_NUM_THREADS", "8"), Wish("LD_PRELOAD", "unset")))
    assert told(target(env_OMP_NUM_THREADS="8"), wanted) == {}
    found = judged(target(env_LD_PRELOAD="/x.so"), wanted).findings
    assert [f.fixes[0].env for f in found] == [{"OMP_NUM_THREADS": "8"}, {"LD_PRELOAD": None}]


def test_memory_is_compared_as_it_is_sold() -> None:
    wanted = Recipe(host=(Wish("gpu.memory", ">=80 GiB"),))
    assert told(target(gpu_memory="81559 MiB"), wanted) == {}
    assert "gpu.memory is 40960 MiB" in told(target(gpu_memory="40960 MiB"), wanted)["RECIPE005"]
    assert mebibytes("40 GiB") == 40960.0
    assert mebibytes("much") is None


def test_an_unseen_driver_leaves_its_wish_unjudged() -> None:
    wanted = Recipe(host=(Wish("driver", ">=535"),))
    assert told(target(), wanted)["HOST000"].startswith("unknown: 1 judgement waits for `driver`")
    assert told(target(driver="535.161.08"), wanted) == {}
    assert told(target(driver="470.10"), wanted)["RECIPE005"] == "error: driver is 470.10, not >=535"


def test_a_gpu_that_is_known_to_be_absent_is_an_error_where_cuda_is_asked_for() -> None:
    wanted = Recipe(host=(Wish("accelerator", "cuda"),))
    assert told(target(gpu_count="0"), wanted)["RECIPE005"] == "error: there is no CUDA GPU"
    assert told(target(gpu_count="2"), wanted) == {}


def test_a_crash_of_a_check_is_an_error_and_the_others_run() -> None:
    spoiled = target(installed("a", "1")._replace(requires_python=7))  # type: ignore[arg-type]
    verdict = judged(spoiled, Recipe(packages=(Wish("gone"),)))
    assert verdict.crashed
    assert {"HOST999", "RECIPE001"} <= {f.code for f in verdict.findings}


def test_a_module_that_nothing_brings_is_a_warning_with_the_package_that_does() -> None:
    def codes(facts: Facts, *wishes: str) -> dict[str, str]:
        wanted = Recipe(packages=tuple(Wish(name) for name in wishes), imports=("cv2",))
        case = Case(wanted, facts, modules={"cv2": ["opencv-python", "opencv-python-headless"]})
        return {f.code: f.title for f in checks.run_all(case).findings}

    assert codes(target()) == {"RECIPE007": "nothing that is installed brings the module `cv2`"}
    assert codes(target(installed("opencv-python-headless", "4.10"))) == {}
    assert list(codes(target(), "opencv-python")) == ["RECIPE001"]
    unseen = dataclasses.replace(target(), listed=False)
    assert codes(unseen)["HOST000"].startswith("1 judgement waits for `opencv-python`")


def test_a_marker_on_an_unseen_fact_leaves_the_others_judged() -> None:
    windows = Wish("jax", marker="sys_platform == 'win32'")
    bare = versions(tensorflow="2.15")
    told_ = told(bare, Recipe(packages=(windows, Wish("tensorflow", ">=99"))))
    assert told_["RECIPE002"] == "error: tensorflow 2.15 is not >=99"
    assert "`os`" in told_["HOST000"]
    needing = installed("a", "1", "b; platform_release >= '5'", "colorama")
    declared = told(dataclasses.replace(target(needing), listed=True))
    assert declared["REQ001"].startswith("error: colorama is not installed")
    assert "`os.kernel`" in declared["HOST000"]


def test_a_wish_whose_marker_does_not_hold_hides_no_missing_requirement() -> None:
    wanted = Recipe(packages=(Wish("colorama", marker="sys_platform == 'win32'"),))
    assert "REQ001" in told(target(installed("a", "1", "colorama")), wanted)


def test_what_comes_from_a_url_is_not_looked_for_on_an_index(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text(
        "torch @ https://me:secret@example.org/torch-9.9.9-py3-none-any.whl\n-e git+ssh://git@x/i.git#egg=inner\n"
    )
    findings = judged(target(), load(str(file), {})).findings
    assert [(f.code, f.fixes[0].pins) for f in findings] == [("RECIPE001", {}), ("RECIPE001", {})]
    assert "https://example.org/torch-9.9.9" in findings[0].fixes[0].note
    assert "secret" not in findings[0].fixes[0].note
