"""A lock that somebody has changed is read, or refused with its place; never does it end in a traceback."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from envdoctor.app.lock import earlier
from envdoctor.errors import CannotLook, UserError
from envdoctor.formats import condalock, pylock
from envdoctor.lock import changes, compare, compare_conda, conda_file, pypi, spots
from envdoctor.model import Finding, Held, Recipe
from tests.examples import versions

LOCK = """lock-version = "1.0"
environments = ["sys_platform == 'linux' and platform_machine == 'x86_64'"]
requires-python = ">=3.11,<3.12"
created-by = "envdoctor"

[[packages]]
name = "engine"
version = "2.0"
wheels = [{ url = "https://files.example/engine-2.0-py3-none-any.whl", upload-time = 2026-01-01T00:00:00Z, \
hashes = { sha256 = "00" } }]

[tool.envdoctor]
schema = "envdoctor.lock/1"
subject = "own.yml"
recipe = "own"
asked = ["engine"]
exclude-newer = 2026-11-20T00:00:00Z
packages = "sha256:00"
machines = [{ name = "box", python = "3.11", system = "linux", arch = "x86_64", facts = { glibc = "2.31" } }]
ruled-out = [{ code = "SYN001", title = "x", seen = "y", bounds = ["engine<3"] }]
installed = { 3.11-linux-x86_64 = { engine = "sha256:00" } }
""".replace("3.11-linux-x86_64 =", '"3.11-linux-x86_64" =')
CONDA = """version: 1
metadata:
  content_hash: {linux-64: "00"}
  channels: [{url: conda-forge, used_env_vars: []}]
  platforms: [linux-64]
  sources: [environment.yml]
  custom_metadata:
    envdoctor-schema: envdoctor.lock/1
    envdoctor-subject: environment.yml
    envdoctor-exclude-newer: '2026-11-20T00:00:00Z'
    envdoctor-asked: '["numpy"]'
    envdoctor-machines: '[{"platform": "linux-64", "name": "box", "facts": {"glibc": "2.31"}}]'
    envdoctor-ruled-out: '[{"code": "SYN001", "bounds": ["numpy<2"]}]'
package:
- {name: numpy, version: '1.26', manager: conda, platform: linux-64, dependencies: {python: '>=3.9'}, optional: false,
   url: https://c.example/linux-64/numpy-1.26-py_0.conda, hash: {md5: 301e70057a3bd399640bb16bbdf87995}, category: main}
"""
VALUES = st.sampled_from(
    """1|""|"../../x"|[]|{}|true|2026-01-01|2026-01-01T00:00:00|[[1]]|[{ a = 1 }]|"3.11"|["engine", 1]""".split("|")
)
TEXTS = st.sampled_from("""'[]'|'{}'|'[1]'|'[[]]'|'{"a": 1}'|''|'[{}]'|'['|~|'x'|[]|'[null]'|'["a", {}]'""".split("|"))


def altered(text: str, marks: str, values: st.SearchStrategy[str], data: st.DataObject) -> str:
    for _ in range(data.draw(st.integers(1, 3))):
        starts = [index for index in range(len(text)) if text.startswith(marks, index)]
        start = data.draw(st.sampled_from(starts)) + len(marks)
        line = text.find("\n", start) % (len(text) + 1)
        stop = line if data.draw(st.booleans()) else start + data.draw(st.integers(0, 12))
        text = text[:start] + data.draw(values) + text[stop:]
    return text


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_changed_table_of_a_pylock_is_read_or_refused(data: st.DataObject) -> None:
    text = altered(LOCK, "= ", VALUES, data)
    with suppress(UserError):
        try:
            lock = pylock.parse(text, "x/pylock.own.toml")
            pypi.own(lock)
            here = versions(engine="2.0")
            every = [*compare.with_recipe(lock, ["engine"]), *compare.with_target(lock, here)]
            assert all(isinstance(one, Finding | Held) for one in every)
            compare.is_for(lock, here)
            compare.keep_seal(compare.with_seal(lock, here), lock)
            other = pylock.parse(LOCK.replace("2.0", "2.1").replace("2026-01-01", "2026-02-01"), "other").document
            changes.between(lock.document, other)
            with suppress(CannotLook):
                changes.refuse_others(lock.document, other, "x/pylock.own.toml")
            pypi.rulings(pypi.own(lock), {"SYN001"})
            assert earlier(lock).python
            for spot in pypi.spots_of(lock):
                pypi.versions(lock, spots.facts(spot, {}, Recipe()))
        except UserError as error:
            assert error.place.startswith("x/pylock.own.toml")
            raise


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_changed_metadata_of_a_conda_lock_is_read_or_refused(data: st.DataObject) -> None:
    text = altered(CONDA, ": ", TEXTS, data)
    with suppress(UserError):
        try:
            lock = condalock.parse(text, "x/own.conda-lock.yml")
            every = [*compare_conda.with_inputs(lock, ["numpy"]), *compare_conda.with_target(lock, versions(), "/none")]
            assert all(isinstance(one, Finding | Held) for one in every)
            pypi.rulings(conda_file.own(lock), {"SYN001"})
            for platform in lock.platforms:
                conda_file.versions(lock, platform, {})
                conda_file.kept(lock, platform)
                spots.facts(conda_file.spot_of(lock, platform), {}, Recipe())
        except UserError as error:
            assert error.place.startswith("x/own.conda-lock.yml")
            raise
