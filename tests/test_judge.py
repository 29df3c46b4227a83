"""Claims against facts: silent, held, broken, unknown."""

from __future__ import annotations

from envdoctor.checks.judge import Blind, Broken, Good, Past, judge
from envdoctor.facts.together import facts_of
from envdoctor.model import Distribution, Fact, Status, Target
from tests.examples import claim, judged, recipe, target, told, versions, wanting

HUB = claim("""
- rule: TF901
  title: hub in a Keras 3 model
  uses: [hub.Layer]
  when: {hub: "*", env.LEGACY: unset}
  needs: {keras: "<3"}
  cause: because
  fixes: [{pins: {keras: "==2.15.*"}, gives: {keras: 2.15.0}}]
""")
TOOLS = claim("""
- rule: TF902
  title: hub needs an old setuptools
  when: {hub: "*"}
  requires: {setuptools: "<82"}
  cause: pkg_resources is gone
  fixes: [{pins: {setuptools: "<82"}, gives: {setuptools: 81.0.0}}]
""")
TABLE = claim("""
- table: TORCH901
  title: torchvision belongs to one torch
  key: torch
  columns: {torchvision: error, triton: warning}
  known: ">=2.4,<2.6"
  rows:
    - {torch: 2.4, torchvision: 0.19, triton: "3.0"}
    - {torch: 2.5, torchvision: 0.20, triton: 3.1}
""")


def test_a_claim_about_what_is_not_there_is_silent() -> None:
    assert judge(HUB, versions(keras="3.5")) is None


def test_a_variable_that_is_set_ends_the_claim() -> None:
    facts = target(Distribution("hub", "1"), Distribution("keras", "3.5"), env_LEGACY="1")
    assert judge(HUB, facts) is None


def test_needs_says_nothing_of_an_absent_package_and_requires_does() -> None:
    assert judge(HUB, versions(hub="1")) is None
    assert isinstance(judge(HUB, versions(hub="1", keras="2.15")), Good)
    assert isinstance(judge(TOOLS, versions(hub="1")), Broken)


def test_a_claim_about_one_use_is_an_error_only_where_it_is_used() -> None:
    facts = versions(hub="1", keras="3.5")
    assert told(facts, recipe(uses=("hub.Layer",)), HUB)["TF901"].startswith("error")
    assert told(facts, None, HUB)["TF901"].startswith("warning")


def test_a_required_package_that_a_list_cannot_show_is_a_warning_that_says_so() -> None:
    facts = facts_of(
        Target("list", "freeze.txt"),
        missing={"setuptools": "`pip freeze` leaves it out"},
        distributions=[Distribution("hub", "1")],
    )
    (finding,) = (f for f in judged(facts, None, TOOLS).findings if f.code == "TF902")
    assert finding.status is Status.WARNING
    assert "does not say whether setuptools is there" in finding.cause


def test_an_unseen_host_fact_leaves_the_claim_unjudged() -> None:
    rule = claim("- rule: CUDA901\n  title: t\n  when: {torch: '*', driver: '<525'}\n  cause: c")
    answer = judge(rule, versions(torch="2.4"))
    assert isinstance(answer, Blind)
    assert answer.fact.name == "driver"
    wanted = wanting(accelerator="cuda")
    (finding,) = (f for f in judged(versions(torch="2.4"), wanted, rule, rule).findings if "driver" in f.title)
    assert finding.title == "2 judgements wait for `driver`"
    assert finding.status is Status.UNKNOWN


def test_the_row_of_the_key_judges_the_columns_that_are_there() -> None:
    assert isinstance(judge(TABLE, versions(torch="2.4.1", torchvision="0.19.1")), Good)
    assert judge(TABLE, versions(torchvision="0.19.1")) is None
    broken = judge(TABLE, versions(torch="2.5.0+cu121", torchvision="0.19.1", triton="3.1.0"))
    assert isinstance(broken, Broken)
    assert [miss.fact.name for miss in broken.misses] == ["torchvision"]


def test_past_what_the_table_knows_is_unknown_with_its_date() -> None:
    facts = versions(torch="2.9", torchvision="0.24")
    assert isinstance(judge(TABLE, facts), Past)
    (finding,) = (f for f in judged(facts, None, TABLE).findings if f.code == "TORCH901")
    assert finding.status is Status.UNKNOWN
    assert "2026-11-20" in finding.cause


def test_the_severity_is_that_of_the_missed_column() -> None:
    assert told(versions(torch="2.5", triton="3.0"), None, TABLE)["TORCH901"].startswith("warning")
    assert told(versions(torch="2.5", torchvision="0.19"), None, TABLE)["TORCH901"].startswith("error")


def test_a_table_changes_the_column_unless_the_recipe_pins_it() -> None:
    facts = versions(torch="2.5", torchvision="0.19")
    (free,) = (f for f in judged(facts, None, TABLE).findings if f.code == "TORCH901")
    assert free.fixes[0].pins == {"torchvision": "==0.20.*"}
    (pinned,) = (f for f in judged(facts, recipe(torchvision="==0.19.*"), TABLE).findings if f.code == "TORCH901")
    assert pinned.fixes[0].pins == {"torch": "==2.4.*"}


def test_of_several_rows_one_that_holds_is_enough() -> None:
    table = claim("""
- table: TF903
  title: t
  key: tf
  columns: {protobuf: error}
  known: ">=2"
  rows:
    - {tf: 2.15, protobuf: ">=3.20,<5"}
    - {tf: 2.15, protobuf: 6.33}
""")
    assert isinstance(judge(table, versions(tf="2.15.1", protobuf="6.33.0")), Good)
    assert isinstance(judge(table, versions(tf="2.15.1", protobuf="5.29")), Broken)


def test_a_gpu_need_must_hold_for_every_device_and_a_condition_for_any() -> None:
    when = claim("- rule: CUDA902\n  title: t\n  when: {gpu.compute: '<7.0'}\n  cause: c")
    facts = facts_of(Target("snapshot", "s"), facts=[Fact("gpu.compute", "6.1", all=("9.0", "6.1"))])
    assert isinstance(judge(when, facts), Broken)


def test_a_table_says_nothing_where_none_of_its_columns_is_there() -> None:
    assert judge(TABLE, versions(torch="2.9")) is None
    assert judge(TABLE, versions(torch="2.4")) is None
