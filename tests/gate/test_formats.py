"""Each format as the system that reads it: by its schema, by what that system asks for beyond it, and hostile words."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import cmarkgfm
import jsonschema
import pytest
from lxml import etree

from envdoctor.app.check import check
from envdoctor.app.options import At, Options
from envdoctor.model import Status
from envdoctor.report import github, gitlab, junit, markdown, sarif
from envdoctor.report import json as as_json
from tests.gate.reports import NASTY, blind, clean, example, many

if TYPE_CHECKING:
    from envdoctor.model import Report

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "fixtures" / "formats"
FOUNDING = ROOT / "fixtures" / "founding"
SARIF = jsonschema.Draft4Validator(json.loads((SCHEMAS / "sarif-2.1.0.json").read_text()))
JUNIT = etree.XMLSchema(etree.parse(SCHEMAS / "junit.xsd"))
COMMAND = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")


def founding() -> Report:
    snapshot = str(FOUNDING / "snapshot.json")
    return check(Options(subject=str(ROOT / "recipes" / "tf-text-bert.yml"), at=At(snapshot)), lambda _: None)


REPORTS = [example, blind, clean, founding, lambda: many(30)]


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    monkeypatch.delenv("CI_PROJECT_DIR", raising=False)
    monkeypatch.chdir(ROOT)


def the_run(report: Report) -> dict[str, Any]:
    document = json.loads(sarif.render(report))
    (run,) = document["runs"]
    return run  # type: ignore[no-any-return]


@pytest.mark.parametrize("made", REPORTS)
def test_sarif_fits_its_schema_and_what_github_shows(made: Any) -> None:
    report = made()
    SARIF.validate(json.loads(sarif.render(report)))
    run = the_run(report)
    for rule in run["tool"]["driver"]["rules"]:
        assert all(rule[key]["text"] for key in ("shortDescription", "fullDescription", "help"))
        assert len(set(rule["properties"]["tags"])) == len(rule["properties"]["tags"]) <= 10
        assert rule["properties"]["precision"] in ("very-high", "high", "medium", "low")
    for result in run["results"]:
        (location,) = result["locations"]
        region = location["physicalLocation"]["region"]
        assert all(region[key] >= 1 for key in ("startLine", "startColumn", "endLine", "endColumn"))
        assert re.fullmatch(r"[!-~]+", location["physicalLocation"]["artifactLocation"]["uri"])
        assert result["message"]["text"]
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
    prints = [result["partialFingerprints"]["envdoctor/v1"] for result in run["results"]]
    assert len(set(prints)) == len(prints)


def test_a_finding_without_a_file_stands_at_the_line_of_the_recipe_that_asks_for_it() -> None:
    results = the_run(example())["results"]
    places = {
        result["ruleId"]: (
            unquote(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]),
            result["locations"][0]["physicalLocation"]["region"]["startLine"],
        )
        for result in results
    }
    assert places == {
        "TF901": ("recipes/a b.yml", 5),
        "CUDA901": ("recipes/a b.yml", 8),  # the recipe's `accelerator`
        "REQ901": ("recipes/a b.yml", 5),
        "ENV901": ("recipes/a b.yml", 10),
        "PY901": ("recipes/a b.yml", 3),
        "FILE901": ("recipes/a b.yml", 1),  # nothing asks for numpy
    }
    uri = results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "recipes/a%20b.yml"
    (package,) = results[0]["locations"][0]["logicalLocations"]
    assert package["fullyQualifiedName"] == "pkg:pypi/keras@3.5+cu1"


def test_what_could_not_be_judged_is_a_notification_and_the_ignored_is_suppressed() -> None:
    run = the_run(example())
    (invocation,) = run["invocations"]
    assert [one["descriptor"]["id"] for one in invocation["toolExecutionNotifications"]] == ["HOST000"]
    assert invocation["executionSuccessful"] is True
    assert [one["ruleId"] for one in run["results"] if "suppressions" in one] == ["FILE901", "FILE901"]
    assert the_run(blind())["invocations"][0]["executionSuccessful"] is False
    assert run["automationDetails"]["id"] == "envdoctor/my%20stack/"


def test_a_fingerprint_stays_when_versions_and_lines_change() -> None:
    first, again = the_run(founding()), the_run(founding())
    assert first["results"] == again["results"]
    moved = example()
    prints = [result["partialFingerprints"] for result in the_run(example())["results"]]
    for place in (3, 4):
        changed = moved.findings[place].__class__  # the same finding, one line further down and in other words
        later = tuple(
            changed(
                **{
                    **{name: getattr(one, name) for name in one.__dataclass_fields__},
                    "title": "other words",
                    "place": one.place and one.place._replace(line=one.place.line + 1),
                }
            )
            for one in moved.findings
        )
        report = moved.__class__(
            **{
                **{name: getattr(moved, name) for name in moved.__dataclass_fields__},
                "findings": later,
            }
        )
        assert [result["partialFingerprints"] for result in the_run(report)["results"]] == prints


@pytest.mark.parametrize("made", REPORTS)
def test_junit_fits_its_schema_and_fails_exactly_if_the_whole_does(made: Any) -> None:
    report = made()
    root = etree.fromstring(junit.render(report).encode())
    JUNIT.assertValid(root)
    cases = root.findall(".//testcase")
    names = [case.get("name") for case in cases]
    assert len(set(names)) == len(names) == int(root.get("tests"))
    bad = [child for case in cases for child in case if child.tag in ("failure", "error")]
    assert bool(bad) is (report.exit_code != 0)
    assert sum(child.tag == "failure" for child in bad) == int(root.get("failures"))
    assert all(child.text for child in bad)  # GitLab shows the text, not the message


def test_junit_has_what_held_and_skips_what_is_ignored_or_waits() -> None:
    root = etree.fromstring(junit.render(example()).encode())
    cases = {case.get("name"): case for case in root.findall(".//testcase")}
    assert cases["REQ001 declared dependencies are there"].findtext("system-out") == "held (6)"
    assert [cases[name][0].tag for name in ("HOST000 HOST000 is wrong", "FILE901 FILE901 is wrong")] == ["skipped"] * 2
    assert cases["PY901 PY901 is wrong"][0].tag == "system-out"  # below the bar: it passes, and says so
    assert etree.fromstring(junit.render(blind()).encode()).get("errors") == "1"


@pytest.mark.parametrize("made", REPORTS)
def test_github_gets_commands_alone_and_no_more_than_it_shows(made: Any) -> None:
    report = made()
    lines = github.render(report).splitlines()
    commands = [COMMAND.fullmatch(line) for line in lines]
    assert all(commands)
    names = [command[1] for command in commands if command]
    assert max(names.count(name) for name in names) <= 10
    for command in filter(None, commands):
        properties = dict(part.split("=", 1) for part in command[2].split(","))
        assert set(properties) <= {"file", "line", "col", "title"}
    assert "title=envdoctor%3A" in lines[-1]


def test_github_shows_the_worst_ten_and_counts_the_rest() -> None:
    lines = github.render(many(30)).splitlines()
    assert len(lines) == 11
    assert "20 of them not shown here" in lines[-1]
    assert len(github.render(many(10, Status.INFO)).splitlines()) == 10  # ten notices, the count among them
    first = github.render(example()).splitlines()[0]
    assert first.startswith(
        "::error file=recipes/a b.yml,line=5,col=3,title=TF901%3A TF901 is wrong::cause: because%0A"
    )


@pytest.mark.parametrize("made", REPORTS)
def test_gitlab_takes_every_entry(made: Any) -> None:
    report = made()
    entries = json.loads(gitlab.render(report))
    schema = json.loads((SCHEMAS / "gitlab-code-quality.json").read_text())
    jsonschema.validate(entries, schema)
    prints = [entry["fingerprint"] for entry in entries]
    assert len(set(prints)) == len(prints) == len(report.findings)  # two alike would be shown as one
    assert gitlab.render(clean()) == "[]\n"


@pytest.mark.parametrize("made", REPORTS)
def test_markdown_is_a_table_and_lets_no_word_be_markup(made: Any) -> None:
    report = made()
    page = cmarkgfm.github_flavored_markdown_to_html(markdown.render(report), cmarkgfm.cmark.Options.CMARK_OPT_UNSAFE)
    tags = set(re.findall(r"<([a-z0-9]+)", page))
    assert tags <= {
        "h3",
        "p",
        "pre",
        "code",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "details",
        "summary",
        "ul",
        "li",
    }
    problems = [f for f in report.findings if not f.suppressed and f.status in (Status.ERROR, Status.WARNING)]
    assert page.count("<tr>") == (len(problems) + 1 if problems else 0)
    assert page.count("</details>") == page.count("<details>")
    assert page.startswith("<h3>envdoctor: ")


@pytest.mark.parametrize("form", [as_json, sarif, junit, github, gitlab, markdown])
def test_nothing_that_steers_a_terminal_leaves_a_renderer(form: Any) -> None:
    text = form.render(example())
    assert (
        re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]", text)
        == []
    )
    text.encode()  # and a file can hold it
    assert NASTY.split()[0] in text


def test_a_path_counts_from_the_root_of_the_checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(ROOT / "recipes")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(ROOT))
    assert "file=recipes/tf-text-bert.yml,line=8" in github.render(founding())
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))  # a recipe outside keeps its whole path
    assert f"file={ROOT}/recipes/tf-text-bert.yml,line=8" in github.render(founding())


@pytest.mark.parametrize("form", ["text", "json", "sarif", "junit", "github", "gitlab", "markdown"])
def test_only_the_chosen_renderer_is_loaded(form: str) -> None:
    words = ["check", "--target", str(FOUNDING / "snapshot.json"), "--format", form]
    code = f"""
import sys
sys.argv = ["envdoctor", *{words}]
from envdoctor.cli import main
try:
    main()
except SystemExit:
    print(*sorted(name for name in sys.modules if name.startswith("envdoctor.report.")), file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    loaded = {name.removeprefix("envdoctor.report.") for name in done.stderr.split()}
    renderers = {"sarif", "junit", "github", "gitlab", "markdown", "screen"}
    assert loaded & renderers == {form} - {"text", "json"}
