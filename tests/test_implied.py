"""What follows from what was seen: capability from a GPU's name, C library from a system's, builds that stand in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envdoctor import matrix
from envdoctor.app import judging
from envdoctor.errors import UserError
from envdoctor.matrix import entries, implied
from envdoctor.model import Recipe, State, Wish
from tests.examples import box, installed, recipe, target, versions

if TYPE_CHECKING:
    from envdoctor.checks import Verdict
    from envdoctor.model import Facts

KNOWN = matrix.load()


def judged(facts: Facts, wanted: Recipe | None = None) -> Verdict:
    return judging.verdict(wanted or Recipe(), facts, KNOWN)


@pytest.mark.parametrize(
    ("name", "compute"),
    [
        ("Tesla V100-SXM2-32GB", "7.0"),
        ("NVIDIA A100-SXM4-80GB MIG 3g.40gb", "8.0"),
        ("NVIDIA H100 80GB HBM3", "9.0"),
        ("NVIDIA GeForce RTX 4090 Laptop GPU", "8.9"),
        ("NVIDIA RTX 5000 Ada Generation", "8.9"),
        ("Quadro RTX 5000", "7.5"),
        ("GeForce GTX TITAN X", "5.2"),
        ("NVIDIA TITAN X (Pascal)", "6.1"),
        ("NVIDIA GB200", "10.0"),
        ("NVIDIA A1000", ""),
        ("Apple M4", ""),
    ],
)
def test_the_name_of_a_gpu_says_what_it_can(name: str, compute: str) -> None:
    seen = KNOWN.completed(box({"gpu.name": name})).get("gpu.compute")
    assert (seen.value, seen.state) == (compute, State.KNOWN if compute else State.UNSEEN)
    assert not compute or (name in seen.source and "https://" in seen.source)


def test_the_least_capable_of_several_counts_and_one_unknown_name_leaves_all_unseen() -> None:
    several = KNOWN.completed(box({"gpu.name": ["NVIDIA H100 PCIe", "Tesla P100-PCIE-16GB"]})).get("gpu.compute")
    assert (several.value, several.all) == ("6.0", ("9.0", "6.0"))
    assert KNOWN.completed(box({"gpu.name": ["NVIDIA H100", "Radeon VII"]})).get("gpu.compute").state is State.UNSEEN


def test_what_was_seen_is_never_replaced() -> None:
    seen = {
        "gpu.name": "Tesla T4",
        "gpu.compute": "9.9",
        "os.release": "Ubuntu 22.04",
        "glibc": "2.99",
        "libstdcxx": "3.4.1",
    }
    facts = box(seen)
    assert KNOWN.completed(facts) is facts


@pytest.mark.parametrize(
    ("release", "glibc"), [("Rocky Linux 9.4", "2.34"), ("Debian GNU/Linux 12", "2.36"), ("Arch Linux", "")]
)
def test_a_distribution_says_its_c_library(release: str, glibc: str) -> None:
    assert KNOWN.completed(box({"os.release": release})).get("glibc").value == glibc


def test_a_distribution_says_its_cxx_library() -> None:
    assert KNOWN.completed(box({"os.release": "Ubuntu 24.04.1 LTS"})).get("libstdcxx").value == "3.4.33"


def test_an_old_system_is_judged_by_its_name() -> None:
    facts = box({"os.release": "CentOS Linux 7", "os": "linux", "arch": "x86_64"}, installed("torch", "2.8.0"))
    found = next(one for one in judged(facts).found if "glibc" in one.culprit)
    assert "CentOS Linux 7" in next(fact for fact in found.evidence if fact.name == "glibc").source


@given(st.text(max_size=200))
def test_any_text_is_a_name(name: str) -> None:
    assert KNOWN.completed(box({"gpu.name": name, "os.release": name})).get("gpu.name").value == name
    assert implied.words(implied.words(name)) == implied.words(name)


def test_a_build_under_another_name_is_judged_and_told_by_its_own() -> None:
    found = {one.code: one for one in judged(versions(tensorflow_cpu="2.15.1", tensorflow_text="2.16.1")).found}
    assert "tensorflow-cpu" in found["TF003"].packages
    assert "tensorflow" not in found["TF003"].packages
    abi = {one.code: one for one in judged(versions(opencv_python_headless="4.9.0.80", numpy="2.2.6")).found}["NP104"]
    assert "opencv-python-headless" in abi.culprit
    assert [list(fix.pins) for fix in abi.fixes] == [["numpy"], ["opencv-python-headless"]]


def test_the_package_itself_counts_where_it_is_there() -> None:
    facts = versions(opencv_python="4.12.0.88", opencv_python_headless="4.9.0.80", numpy="2.2.6")
    assert not judged(facts).found or "NP104" not in {one.code for one in judged(facts).found}


def test_a_claim_about_both_or_about_a_gpu_is_not_carried_over() -> None:
    assert "TF034" not in {one.code for one in judged(versions(tensorflow_cpu="2.15.1")).found}
    on_gpu = box({"gpu.compute": "12.0", "gpu.count": "1", "arch": "x86_64"}, installed("tensorflow-cpu", "2.15.1"))
    assert judged(on_gpu).found == ()


def test_what_stands_in_meets_a_wish_and_a_requirement_but_is_not_what_is_forbidden() -> None:
    facts = target(installed("opencv-python-headless", "4.12.0.88"), installed("example", "1.0", "opencv-python>=4.5"))
    assert judged(facts, recipe(opencv_python=">=4.5")).found == ()
    assert judged(facts, Recipe(forbidden=(Wish("opencv-python", ""),))).found == ()


IMPLIED = """- implied: gpu.compute
  by: gpu.name
  values: {"8.0": [A100, NVIDIA A100]}
  source: s
  checked: 2026-11-20
  evidence: documented
"""


@pytest.mark.parametrize(
    ("change", "place", "problem"),
    [
        (("NVIDIA A100", "a100"), "3:26", "stands here twice"),
        (('"8.0"', "new"), "3:18", "`new` is no version"),
        (("gpu.name", "gpv.name"), "2:7", "unknown component"),
        (("  by: gpu.name\n", ""), "1:3", "`by` is missing"),
    ],
)
def test_a_mistake_in_what_follows_is_told_with_its_place(change: tuple[str, str], place: str, problem: str) -> None:
    (found,) = entries.examine(IMPLIED.replace(*change, 1), "m.yml")
    assert isinstance(found, UserError)
    assert problem in found.problem
    assert found.place == f"m.yml:{place}"
