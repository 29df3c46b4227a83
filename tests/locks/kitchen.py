"""A folder with a recipe and a matrix, and the lock that is made there."""

from __future__ import annotations

import sys
import tomllib
from typing import TYPE_CHECKING, Any

from packaging.pylock import Pylock

from envdoctor.app import lock as app
from envdoctor.facts import At

if TYPE_CHECKING:
    from pathlib import Path

    from envdoctor.model.locks import Written

RULE = """- rule: SYN001
  title: engine 2 cannot run a model of the old kind
  severity: error
  when: {model: "<2"}
  needs: {engine: "<2"}
  cause: engine 2 dropped it
  culprit: [engine]
  fixes:
    - pins: {engine: "<2"}
      gives: {engine: "1.5"}
  source: a test
  checked: 2026-11-20
  evidence: executed
  bad: [{model: "1.0", engine: "2.0"}]
  good: [{model: "1.0", engine: "1.5"}]
"""
MISSING = """- rule: SYN002
  title: engine needs the parts
  severity: error
  when: {engine: "*"}
  requires: {parts: "<3"}
  cause: it imports them
  fixes:
    - pins: {parts: "<3"}
      gives: {parts: "2.0"}
  source: a test
  checked: 2026-11-20
  evidence: executed
  bad: [{engine: "1.5", parts: "3.0"}]
  good: [{engine: "1.5", parts: "2.0"}]
"""
NEEDS = """- rule: SYN003
  title: engine 2 is not for this
  severity: error
  when: {model: "*"}
  needs: {engine: "<2"}
  cause: it is not
  culprit: [engine]
  fixes:
    - env: {ENGINE_LEGACY: "1"}
      note: before the start
  source: a test
  checked: 2026-11-20
  evidence: executed
  bad: [{model: "1.0", engine: "2.0"}]
  good: [{model: "1.0", engine: "1.5"}]
"""
RECIPE = """recipe: 1
name: own
python: ">=3.10"
packages:
  model: "*"
{more}"""


class Kitchen:
    """A folder with a recipe and a matrix, and the lock that is made there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.recipe = folder / "own.yml"
        self.path = folder / "pylock.own.toml"
        self.said: list[str] = []
        self.write()

    def write(self, more: str = "", matrix: str = "") -> None:
        """Write the recipe and the claims."""
        self.recipe.write_text(RECIPE.format(more=more))
        (self.folder / "matrix").mkdir(exist_ok=True)
        (self.folder / "matrix" / "own.yml").write_text(matrix or "[]\n")

    def lock(self, *facts: str, **more: Any) -> list[Written]:
        """Lock the recipe for Python 3.11 on Linux."""
        at = At(given=facts or ("python=3.11", "os=linux", "arch=x86_64"))
        matrix = (self.folder / "matrix",) if (self.folder / "matrix" / "own.yml").read_text() != "[]\n" else ()
        asked = app.Asked(str(self.recipe), at=at, matrix=matrix, **{"before": "2026-11-20", **more})
        return app.lock(asked, self.said.append)

    def lock_all(self, *machines: str, anew: tuple[str, ...] = ()) -> list[Written]:
        """Lock the recipe for its machines, which say no Python: for those that are named, or for all."""
        asked = app.Asked(str(self.recipe), at=At(sys.executable), machines=machines, before="2026-11-20", anew=anew)
        return app.lock(asked, self.said.append)

    def versions(self) -> dict[str, str]:
        """Give what the lock holds."""
        return {str(package.name): str(package.version) for package in self.read().packages}

    def read(self) -> Pylock:
        """Give the lock as packaging reads it."""
        return Pylock.from_dict(tomllib.loads(self.path.read_text()))

    def own(self) -> dict[str, Any]:
        """Give what only envdoctor says in it."""
        table: dict[str, Any] = tomllib.loads(self.path.read_text())["tool"]["envdoctor"]
        return table
