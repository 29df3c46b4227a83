"""`check --resolve`: what an installer would choose is judged before it is installed, and the edits it names cure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.gate import stacks
from tests.real.environments import Judged, envdoctor

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("resolve")]
LINUX = ("--fact", "python=3.11", "--fact", "os=linux", "--fact", "arch=x86_64", "--fact", "glibc=2.36")
WANTED = ("tensorflow>=2.15", "tensorflow-text>=2.15", "tensorflow-hub>=0.16", "tf-models-official>=2.15")
FILES = {
    "recipe.yml": stacks.RECIPE.read_text(),
    "pyproject.toml": "[project]\nname = 'x'\ndependencies = [\n" + "".join(f'  "{one}",\n' for one in WANTED) + "]\n",
}


def resolved(subject: Path, *words: str) -> Judged:
    return envdoctor("check", str(subject), "--resolve", "--json", *words)


def edited(path: Path, edits: list[dict[str, Any]]) -> None:
    """Do to a file what the edits say, the last line first."""
    lines = path.read_text().splitlines()
    for edit in sorted(edits, key=lambda one: (one["line"], bool(one["was"])), reverse=True):
        assert edit["file"] == str(path)
        before = lines[edit["line"] - 1]
        if edit["was"]:
            assert edit["was"] in before
            lines[edit["line"] - 1] = before.replace(edit["was"], edit["now"])
        else:
            indent = re.match(r"\s*", before)
            end = "," if before.rstrip().endswith(",") else ""
            lines.insert(edit["line"], f"{indent[0] if indent else ''}{edit['now']}{end}")
    path.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("name", FILES)
def test_the_founding_stack_of_today_is_predicted_and_cured_by_editing_the_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(FILES[name])
    before = resolved(path, *LINUX)
    assert before.status == 1, before.stderr
    assert before.report["target"]["kind"] == "solution"
    uses = {"TF001"} if name == "recipe.yml" else set()  # only the recipe says that it uses hub.KerasLayer
    assert {"TF014", *uses} <= set(before.codes("error"))
    fix = before.report["fix"]
    assert (fix["resolved"], fix["command"]) == (True, "")  # nothing is installed yet: there is nothing to type
    edited(path, fix["edits"])
    after = resolved(path, *LINUX)
    assert (after.status, after.codes("error")) == (0, []), path.read_text()


def test_a_day_gives_what_was_there_on_that_day(tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text("numpy\npandas<2.2\n")
    then = resolved(path, *LINUX, "--at", "2023-12-01", "-v")
    assert then.status == 0, then.stderr
    assert then.report["target"]["path"] == "what uv chooses on 2023-12-01 for Python 3.11 on linux x86_64"
    now = resolved(path, *LINUX)
    assert now.report["target"]["fingerprint"] != then.report["target"]["fingerprint"]


def test_each_machine_has_its_own_answer(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yml"
    path.write_text(
        "recipe: 1\nname: r\npackages: {numpy: '>=2.3'}\n"
        "machines:\n  old: {python: '3.9', os: linux, arch: x86_64}\n  new: {python: '3.12', os: linux, arch: x86_64}\n"
    )
    done = resolved(path, "--machine", "all")
    (finding,) = (finding for finding in done.report["findings"] if finding["code"] == "RECIPE008")
    assert (finding["machine"], finding["status"]) == ("old", "unknown")  # only an old source release says that it may
    assert (finding["place"]["line"], finding["culprit"]) == (3, ["numpy"])


def test_what_contradicts_itself_is_an_error_at_its_line(tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text("pandas==2.2.3\n# too old for it\nnumpy==1.19.5\n")
    done = resolved(path, *LINUX)
    assert (done.status, done.codes("error")) == (1, ["RECIPE008"])
    assert {"pandas", "numpy"} >= set(done.report["findings"][0]["culprit"]) != set()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--resolve",), "`--resolve` needs a subject"),
        (("ml-training", "--resolve", "--at", "yesterday"), "is not a day"),
        (
            (str(stacks.ROOT / "fixtures/notebook/colab-2025-08-05.txt"), "--at", "2025-01-01"),
            "`--at` is for `--resolve`",
        ),
    ],
)
def test_what_cannot_be_resolved_is_refused(words: tuple[str, ...], said: str) -> None:
    done = envdoctor("check", *words, "--fact", "python=3.11")
    assert done.status == 2
    assert said in " ".join(done.stderr.split())
