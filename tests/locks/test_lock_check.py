"""`envdoctor lock check`: recipe, lock and target agree, or it is said where not; without solving, without an index."""

from __future__ import annotations

import json
import shutil
import sys
import venv
from typing import TYPE_CHECKING, Any

import pytest

from envdoctor import matrix
from envdoctor.app import lock as making
from envdoctor.app import lock_check as app
from envdoctor.errors import UserError
from envdoctor.facts import At
from envdoctor.formats import pylock
from envdoctor.lock import recalled
from envdoctor.report.json import render
from tests.locks.index import Index, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from envdoctor.model import Report

RECIPE = 'recipe: 1\nname: own\npackages:\n  engine: ">=1"\n  model: "*"\n'

NEWS = """- rule: SYN009
  title: engine 2 was found to be wrong
  severity: error
  when: {engine: ">=2"}
  needs: {engine: "<2"}
  cause: it is
  fixes: [{pins: {engine: "<2"}, gives: {engine: "1.0"}}]
  source: a test
  checked: 2026-11-20
  evidence: executed
  bad: [{engine: "2.0"}]
  good: [{engine: "1.0"}]
"""


class Shop:
    """A recipe with its lock, and an environment that was installed from it."""

    def __init__(self, folder: Path, index: Index) -> None:
        self.folder, self.index = folder, index
        self.recipe = folder / "own.yml"
        self.recipe.write_text(RECIPE)
        self.target = folder / "venv"
        venv.create(self.target, with_pip=False, symlinks=True)
        (self.site,) = self.target.glob("lib/python*/site-packages")

    def install(self, name: str, version: str) -> None:
        """Unpack a wheel as an installer does."""
        import io
        import zipfile

        zipfile.ZipFile(io.BytesIO(wheel(name, version))).extractall(self.site)

    def lock(self, *machines: str) -> None:
        """Lock the recipe for the environment."""
        at = At(str(self.target))
        making.lock(making.Asked(str(self.recipe), at=at, machines=machines, before="2026-11-20"), print)

    def check(self, subject: Path | None = None, *, deep: bool = False, machines: tuple[str, ...] = ()) -> Report:
        """Check recipe, lock and environment."""
        at = At(str(self.target), deep=deep)
        return app.check(app.Asked(str(subject or self.recipe), at=at, machines=machines))

    def found(self, **how: Any) -> list[tuple[str, tuple[str, ...]]]:
        """Give codes and culprits of what a check finds."""
        return [(finding.code, finding.culprit) for finding in self.check(**how).findings]

    @property
    def path(self) -> Path:
        """Give the path of the lock."""
        return self.folder / "pylock.own.toml"


@pytest.fixture
def shop(tmp_path: Path, index: Index, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Give a shop where all agree."""
    (tmp_path / "nothing-known").mkdir()
    monkeypatch.setattr(matrix, "BUNDLED", tmp_path / "nothing-known")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name, version in (("engine", "1.0"), ("engine", "2.0"), ("model", "1.0")):
        index.add(name, version)
    shop = Shop(tmp_path, index)
    shop.lock()
    shop.install("engine", "2.0")
    shop.install("model", "1.0")
    index.asked.clear()
    return shop


def test_where_all_agree_nothing_is_found_and_no_index_is_asked(shop: Shop) -> None:
    report = shop.check()
    assert (report.findings, report.exit_code) == ((), 0)
    assert report.ok > 3
    assert shop.check(shop.path).findings == ()
    assert shop.index.asked == []


def test_what_is_missing_too_much_or_of_another_version_is_told_with_the_command_that_ends_it(shop: Shop) -> None:
    shutil.rmtree(shop.site / "engine-2.0.dist-info")
    shop.install("engine", "1.0")
    shutil.rmtree(shop.site / "model-1.0.dist-info")
    shop.install("stray", "3.0")
    report = shop.check()
    assert sorted((finding.code, finding.culprit) for finding in report.findings) == [
        ("LOCK004", ("model",)),
        ("LOCK005", ("stray",)),
        ("LOCK006", ("engine",)),
    ]
    assert report.exit_code == 1
    assert report.cure is not None
    assert "pip sync --python" in report.cure.fix.command
    assert report.cure.fix.command.endswith("pylock.own.toml")
    assert json.loads(render(report))["exit_code"] == 1


def test_a_recipe_that_asks_for_something_else_makes_the_lock_stale(shop: Shop) -> None:
    shop.recipe.write_text(RECIPE.replace('">=1"', '">=2"'))
    (finding,) = shop.check().findings
    assert finding.code == "LOCK001"
    assert finding.cause == "now asked for: engine>=2; no longer: engine>=1"
    shop.recipe.write_text(RECIPE.replace('">=1"', '">=3"'))
    assert {code for code, _ in shop.found()} == {"LOCK001", "RECIPE002"}


def test_a_lock_that_was_changed_by_hand_is_told(shop: Shop) -> None:
    shop.path.write_text(shop.path.read_text().replace("py3-none-any.whl", "py3-none-any.whl?", 1))
    assert [code for code, _ in shop.found()] == ["LOCK002"]


def test_a_lock_for_another_python_or_computer_is_told(shop: Shop) -> None:
    shop.path.write_text(shop.path.read_text().replace('requires-python = ">=3.', 'requires-python = ">=3.9'))
    assert "LOCK003" in {code for code, _ in shop.found()}


def test_changed_files_are_told_by_their_size_by_their_hash_and_by_the_seal(shop: Shop) -> None:
    path, number = app.seal(app.Asked(str(shop.recipe), at=At(str(shop.target))), print)
    assert (path, number) == (shop.path, 2)
    assert shop.found() == []
    module = shop.site / "engine" / "__init__.py"
    was = module.read_text()
    module.write_text(was + "x = 1\n")
    assert shop.found() == [("LOCK007", ("engine",))]
    module.write_text(was.replace("2.0", "2.1"))
    assert shop.found() == []
    assert shop.found(deep=True) == [("LOCK007", ("engine",))]
    record = shop.site / "engine-2.0.dist-info" / "RECORD"
    record.write_text(record.read_text().replace("sha256=", "sha256=A", 1))
    assert ("LOCK007", ("engine",)) in shop.found()


def test_the_seal_is_kept_when_the_lock_is_made_again_with_the_same_packages(shop: Shop) -> None:
    app.seal(app.Asked(str(shop.recipe), at=At(str(shop.target))), print)
    sealed = shop.path.read_bytes()
    shop.lock()
    assert shop.path.read_bytes() == sealed


def test_what_is_not_as_the_lock_says_cannot_be_sealed(shop: Shop) -> None:
    shutil.rmtree(shop.site / "model-1.0.dist-info")
    with pytest.raises(UserError, match="the target is not what the lock says: 1 package of the lock is not installed"):
        app.seal(app.Asked(str(shop.recipe), at=At(str(shop.target))), print)


def test_what_is_locked_is_judged_by_what_is_known_today(shop: Shop) -> None:
    (matrix.BUNDLED / "news.yml").write_text(NEWS)
    assert shop.found() == [("SYN009", ("engine",))]


def test_another_machine_is_judged_from_the_lock_alone(shop: Shop) -> None:
    shop.recipe.write_text(RECIPE + "host: {glibc: '>=2.28'}\nmachines: {old: {glibc: '2.17'}, new: {glibc: '2.39'}}\n")
    shop.lock("new")
    report = shop.check(machines=("old",))
    assert [(finding.code, finding.machine) for finding in report.findings] == [("RECIPE005", "old")]
    assert shop.check(machines=("new",)).findings == ()


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ('schema = "envdoctor.lock/1"', 'schema = "envdoctor.lock/9"', "its table is `envdoctor.lock/9`"),
        ("tool.envdoctor", "tool.other", "was not made by envdoctor"),
        ('system = "linux"', 'system = "plan9"', "does not say for which computers"),
        ("arch = ", "ark = ", "does not say for which computers"),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="the lock is for this computer")
def test_a_lock_that_cannot_be_used_is_refused(shop: Shop, was: str, becomes: str, says: str) -> None:
    text = shop.path.read_text()
    assert was in text
    shop.path.write_text(text.replace(was, becomes))
    with pytest.raises(UserError, match=says):
        shop.check()


def test_without_a_lock_the_command_that_makes_one_is_told(shop: Shop) -> None:
    shop.path.unlink()
    with pytest.raises(UserError, match="there is no lock of it") as told:
        shop.check()
    assert "makes one" in told.value.hint


def test_what_is_remembered_of_a_lock_is_what_stands_in_it(shop: Shop) -> None:
    whole = pylock.read(shop.path)._replace(document={})
    assert recalled.read(shop.path) == whole
    again = recalled.read(shop.path)
    was, is_now = dict(whole.tool["envdoctor"]), dict(again.tool["envdoctor"])
    assert is_now.pop("exclude-newer") == was.pop("exclude-newer").isoformat()
    assert (again._replace(tool={}), is_now) == (whole._replace(tool={}), was)
    shop.path.write_text(shop.path.read_text().replace("model", "another"))
    assert recalled.read(shop.path).entries != whole.entries
