"""The one change that ends every error: which one, in what order, as what command."""

from __future__ import annotations

import pytest

from envdoctor.checks import run_all
from envdoctor.facts.together import facts_of
from envdoctor.model import Case, Claim, Distribution, Facts, Finding, Fix, Recipe, Status, Target
from envdoctor.solve import command, cure, overlay, plan, reasons, uv
from tests.examples import claim, installed, recipe, target, versions

HUB = claim("""
- rule: TF901
  title: hub in a Keras 3 model
  when: {hub: "*", env.LEGACY: unset}
  needs: {keras: "<3"}
  cause: because
  fixes:
    - {pins: {text: "==2.15.*", setuptools: "<82"}, gives: {text: 2.15.0, keras: 2.15.0, setuptools: 81.0.0}}
    - {pins: {tf-keras: "*"}, env: {LEGACY: "1"}, gives: {tf-keras: 2.18.0, keras: 3.5.0, setuptools: 81.0.0}}
""")
TOOLS = claim("""
- rule: TF902
  title: hub needs an old setuptools
  when: {hub: "*"}
  requires: {setuptools: "<82"}
  cause: pkg_resources is gone
  fixes: [{pins: {setuptools: "<82"}, gives: {setuptools: 81.0.0}}]
""")
BROKEN = versions(hub="0.16", keras="3.5.0", setuptools="84.2.1")


def problem(facts: Facts, *claims: Claim, wanted: Recipe | None = None) -> cure.Problem:
    """Give the problem of a case: its errors, and how another set is judged."""
    asked = wanted or Recipe()

    def errors(changed: Facts) -> list[Finding]:
        found = run_all(Case(asked, changed, claims)).findings
        return [finding for finding in found if finding.status is Status.ERROR]

    return cure.Problem(errors(facts), asked, facts, errors, {}, False, lambda _: None)


def ways(facts: Facts, *claims: Claim) -> list[tuple[dict[str, str], dict[str, str | None]]]:
    asked = problem(facts, *claims)
    found = plan.ways(list(asked.findings), asked.recipe, facts, asked.judge)
    return [(dict(way.fix.pins), dict(way.fix.env)) for way in found]


def test_the_alternatives_come_in_order_and_each_ends_all_errors() -> None:
    assert ways(BROKEN, HUB, TOOLS) == [
        ({"text": "==2.15.*", "setuptools": "<82"}, {}),
        ({"tf-keras": "*", "setuptools": "<82"}, {"LEGACY": "1"}),
    ]


def test_what_one_fix_ends_is_not_fixed_again() -> None:
    pair = claim("""
- rule: TF903
  title: keras belongs to its tensorflow
  when: {tensorflow: "2.6"}
  needs: {keras: 2.6}
  cause: c
  fixes: [{pins: {keras: "==2.6.*"}, gives: {keras: 2.6.0}}]
""")
    lost = claim("""
- rule: TF904
  title: keras has no tensorflow here
  when: {keras: ">=2.14"}
  requires: {tensorflow: ">=2.14"}
  cause: c
  fixes: [{pins: {tensorflow: "==2.13.1", keras: "==2.13.1"}, gives: {tensorflow: 2.13.1, keras: 2.13.1}}]
""")
    facts = versions(tensorflow="2.6.0", keras="2.15.0")
    assert ways(facts, lost, pair)[0] == ({"tensorflow": "==2.13.1", "keras": "==2.13.1"}, {})


def test_without_the_index_it_is_the_first_way_unsolved() -> None:
    found = cure.find(problem(BROKEN, HUB, TOOLS))
    assert found is not None
    assert (found.fix.resolved, found.cures, found.leaves) == (None, ("TF901", "TF902"), ())
    assert "--online" in found.fix.note
    assert found.fix.command == "pip install 'text==2.15.*' 'setuptools<82'"


def test_an_error_that_nothing_typed_can_end_is_left_and_named() -> None:
    facts = target(Distribution("hub", "1"), Distribution("setuptools", "84"), glibc="2.17")
    floor = claim("""
- rule: HOST901
  title: t
  when: {hub: "*"}
  needs: {glibc: ">=2.28"}
  cause: c
  fixes: [{host: {glibc: ">=2.28"}}]
""")
    found = cure.find(problem(facts, floor, TOOLS))
    assert found is not None
    assert (found.cures, found.leaves) == (("TF902",), ("HOST901",))
    assert cure.find(problem(facts, floor)) is None


def test_no_error_no_cure() -> None:
    assert cure.find(problem(versions(hub="1", keras="2.15", setuptools="81"), HUB, TOOLS)) is None


def test_a_missing_and_an_unmet_package_become_one_command() -> None:
    facts = versions(torch="2.1.0")
    found = cure.find(problem(facts, wanted=recipe(torch=">=2.4", numpy="")))
    assert found is not None
    assert found.fix.command == "pip install 'torch>=2.4' numpy"


def test_what_is_installed_again_is_whole_afterwards() -> None:
    cut = Distribution("numpy", "1.26", "/site", folder="/site/numpy-1.26.dist-info", fault="it cannot be read")
    facts = target(cut)
    asked = problem(facts)
    assert [finding.code for finding in asked.findings] == ["FILE002"]
    assert asked.judge(overlay.changed(facts, Fix(reinstall=("numpy",)), {})) == []
    found = cure.find(asked)
    assert found is not None
    assert found.fix.reinstall == ("numpy",)


def test_ranges_of_one_package_are_merged_and_idle_bounds_dropped() -> None:
    merged = plan.merged([Fix(pins={"setuptools": "<82"}), Fix(pins={"setuptools": "<81", "numpy": "*"})])
    assert merged.pins == {"setuptools": "<81", "numpy": "*"}
    assert plan.simplified(">=1,<3,<2.5") == ">=1,<2.5"


def test_a_change_is_laid_over_the_facts_without_touching_them() -> None:
    then = overlay.changed(BROKEN, Fix(env={"LEGACY": "1"}), {"keras": "2.15.0", "new": "1.0"})
    assert (then.get("keras").value, then.get("new").value, then.get("env.LEGACY").value) == ("2.15.0", "1.0", "1")
    assert BROKEN.get("keras").value == "3.5.0"


LIVE = facts_of(Target("interpreter", "~/my venv/bin/python"), distributions=[Distribution("pip", "25.0")])
BARE = facts_of(Target("interpreter", "~/venv/bin/python"), distributions=[Distribution("six", "1.0")])


@pytest.mark.parametrize(
    ("fix", "facts", "expected"),
    [
        (Fix(pins={"a": "<2"}), LIVE, "~/'my venv/bin/python' -m pip install 'a<2'"),
        (Fix(pins={"a": "*"}), BARE, "uv pip install --python ~/venv/bin/python a"),
        (
            Fix(pins={"a": "==1.0"}, env={"X": "-a b", "Y": None, "Z": "a b"}),
            BROKEN,
            "export X='-a b'\nunset Y\npip install a==1.0",
        ),
        (Fix(reinstall=("a",)), LIVE, "~/'my venv/bin/python' -m pip install --force-reinstall --no-deps a"),
        (Fix(reinstall=("a",)), BARE, "uv pip install --python ~/venv/bin/python --reinstall-package a a"),
        (Fix(env={"X": "1"}), LIVE, "export X=1"),
        (Fix(python=">=3.12"), LIVE, ""),
        (Fix(note="say no more"), LIVE, ""),
    ],
)
def test_a_fix_is_written_with_what_the_target_has(fix: Fix, facts: Facts, expected: str) -> None:
    assert command.written(fix, facts, uv="uv") == expected


def test_uv_is_typed_as_it_can_be_typed_and_no_name_becomes_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(uv, "find", lambda: "/some where/uv")
    assert uv.typed() == "/some where/uv"
    assert command.written(Fix(pins={"a": "*"}), BARE, uv=uv.typed()).startswith("'/some where/uv' pip install")
    assert command.written(Fix(reinstall=("a$(touch x)",)), LIVE).endswith(" 'a$(touch x)'")
    assert command.written(Fix(reinstall=("a;b",)), BARE, uv="uv").endswith("--reinstall-package 'a;b' 'a;b'")


def test_many_missing_packages_are_added_at_once() -> None:
    needing = installed("a", "1", *(f"gone{number}" for number in range(1500)))
    (way,) = ways(target(needing))
    assert len(way[0]) == 1500


NUMPY = claim("""
- rule: NP901
  title: pandas is compiled against numpy 1
  when: {pandas: "<2.2"}
  needs: {numpy: "<2"}
  cause: another ABI
  fixes: [{pins: {numpy: "<2"}, gives: {numpy: 1.26.4}}, {pins: {pandas: ">=2.2"}, gives: {pandas: 2.3.3}}]
""")


def test_a_fix_that_the_recipe_leaves_no_room_for_comes_last_and_says_what_it_breaks() -> None:
    broken = versions(pandas="2.0.3", numpy="2.1.0")
    free = cure.find(problem(broken, NUMPY))
    assert free is not None
    assert free.fix.pins == {"numpy": "<2"}
    pinned = cure.find(problem(broken, NUMPY, wanted=recipe(numpy=">=2")))
    assert pinned is not None
    assert (pinned.fix.pins, pinned.leaves) == ({"pandas": ">=2.2"}, ())
    stuck = cure.find(problem(broken, NUMPY, wanted=recipe(numpy=">=2", pandas="<2.2")))
    assert stuck is not None
    assert stuck.leaves == ("RECIPE002",)
    assert "it would bring RECIPE002" in stuck.fix.note


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            (
                "error: No solution found when resolving dependencies\n  cause: Because numpy was not found and you "
                "require numpy, we can conclude that your requirements are unsatisfiable.\n"
            ),
            "numpy was not found and you require numpy",
        ),
        (
            (
                "  × No solution found when resolving dependencies:\n  ╰─▶ Because a==1 depends on b<2 and you\n"
                "      require b>=2, we can conclude that a==1 cannot be used.\n"
            ),
            "a==1 depends on b<2 and you require b>=2",
        ),
        (
            (
                "error: No solution found\n  cause: Because x.\n\nhint: You require CPython 3.12 (`cp312`), but we "
                "only found wheels for `a` (v2.15.0) with the following Python ABI tags: `cp311`\n"
            ),
            "a 2.15.0 has wheels for `cp311` alone, not for CPython 3.12 (`cp312`)",
        ),
        ("error: Failed to fetch: `x`\n", "Failed to fetch: `x`"),
    ],
)
def test_the_solver_s_reason_becomes_one_line(said: str, reason: str) -> None:
    assert reasons.told(said) == reason
