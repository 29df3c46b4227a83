"""Locks of PEP 751, as uv and pip write them, and as nobody should."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envdoctor.errors import UserError
from envdoctor.formats import pylock

SHA = "33bd4ef74232fb73fe9279a257718407f169c09b78a87ad3d296f548e27de0bb"
LOCK = f"""# made by hand for the tests
lock-version = "1.0"
created-by = "uv"
requires-python = ">=3.11"
environments = ["sys_platform == 'linux'", "sys_platform == 'darwin'"]

[[packages]]
name = "rich"
version = "15.0.0"
[[packages.wheels]]
url = "https://files.example/rich-15.0.0-py3-none-any.whl"
upload-time = 2026-04-12T08:24:02Z
size = 310654
hashes = {{ sha256 = "{SHA}" }}

[[packages]]
name = "tool"
version = "1.2"
marker = "sys_platform == 'linux'"
sdist = {{ url = "https://files.example/tool-1.2.tar.gz", hashes = {{ sha256 = "{SHA}" }} }}

[[packages]]
name = "tool"
version = "1.1"
marker = "sys_platform == 'darwin'"
wheels = [{{ path = "wheels/tool-1.1-py3-none-any.whl", hashes = {{ sha256 = "{SHA}" }} }}]

[[packages]]
name = "own"
directory = {{ path = "../own", editable = true }}

[tool.envdoctor]
schema = "envdoctor.lock/1"
"""
WHEEL = "rich-15.0.0-py3-none-any.whl"


def test_each_package_is_an_entry_with_its_exact_version_marker_and_line() -> None:
    lock = pylock.parse(LOCK, "pylock.toml")
    entries = [(e.name, e.specifier, e.marker, e.editable, str(e.place)) for e in lock.entries]
    assert entries == [
        ("rich", "==15.0.0", "", False, "pylock.toml:7:1"),
        ("tool", "==1.2", 'sys_platform == "linux"', False, "pylock.toml:16:1"),
        ("tool", "==1.1", 'sys_platform == "darwin"', False, "pylock.toml:22:1"),
        ("own", "", "", True, "pylock.toml:28:1"),
    ]
    assert lock.entries[3].url == "../own"
    assert lock.document["tool"]["envdoctor"]["schema"] == "envdoctor.lock/1"


@pytest.mark.parametrize(
    ("name", "is_one"), [("pylock.toml", True), ("pylock.a-b.toml", True), ("pylock.a.b.toml", False)]
)
def test_the_standard_says_how_a_lock_is_called(name: str, is_one: bool) -> None:
    assert pylock.is_name(name) is is_one
    assert not pylock.is_name("lock.toml")


@pytest.mark.parametrize(
    ("was", "becomes", "line", "says"),
    [
        ('lock-version = "1.0"', 'lock-version = "2.0"', 1, "lock-version `2.0` is not known"),
        ('lock-version = "1.0"', "", 1, "`lock-version`: missing required value"),
        ('name = "rich"', 'name = "Rich"', 7, "normalized"),
        ('name = "rich"', 'name = "poor"', 7, "not consistent"),
        ('name = "rich"', "name = 3", 7, "`name`"),
        (f"https://files.example/{WHEEL}", "https://files.example/rich.whl", 7, "wheel"),
        ('url = "https://files.example/rich', 'path = "../../rich', 7, "leads out of the lock's folder"),
        ('url = "https://files.example/rich', 'path = "/etc/rich', 7, "leads out of the lock's folder"),
        (
            'url = "https://files.example/rich',
            'name = "../../rich-15.0.0-py3-none-any.whl"\nurl = "https://x/rich',
            7,
            "path",
        ),
        (WHEEL, f"rich-15.0.0-{'.'.join(['py3'] * 40)}-{'.'.join(['a'] * 40)}-any.whl", 7, "too many tags"),
        ("\"sys_platform == 'darwin'\"\nwheels", "\"sys_platform == 'linux'\"\nwheels", 22, "`tool` stands here twice"),
        ("marker = \"sys_platform == 'darwin'\"\nwheels", "wheels", 22, "`tool` stands here twice"),
        ("{ sha256 = ", "{ md5sum = 3, x = ", 7, "hashes"),
        ("size = 310654", 'size = "many"', 7, "size"),
        ("marker = \"sys_platform == 'linux'\"", 'marker = "sys_platform is linux"', 16, "marker"),
        ('[[packages]]\nname = "own"', "<<<<<<< HEAD\n", 28, "a merge left its marks"),
        ("environments = [", "environments = [,", 5, "not TOML"),
        ("size = 310654", f"size = {'9' * 5000}", 1, "not TOML"),
    ],
)
def test_a_mistake_is_told_with_its_line(was: str, becomes: str, line: int, says: str) -> None:
    assert was in LOCK
    with pytest.raises(UserError) as told:
        pylock.parse(LOCK.replace(was, becomes, 1), "pylock.toml")
    assert says.lower() in told.value.problem.lower()
    assert told.value.place.startswith(f"pylock.toml:{line}:")
    assert told.value.hint


def test_huge_counts_are_refused_before_anything_is_made_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pylock, "MOST_PACKAGES", 3)
    with pytest.raises(UserError, match="more than 3 packages") as told:
        pylock.parse(LOCK, "pylock.toml")
    assert told.value.place == "pylock.toml:28:1"
    deep = LOCK + "deep = " + "[" * 5000 + "]" * 5000
    with pytest.raises(UserError, match="nested too deeply"):
        pylock.parse(deep, "pylock.toml")


_VALUES = st.sampled_from(
    ["1", '""', '"../x"', "[]", "{}", "true", "2026-01-01", '"1.0"', '"é\\u0000"', "-1", "nan", "[[1]]", '{ a = "b" }']
)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_lock_with_other_values_is_read_or_refused_with_its_place(data: st.DataObject) -> None:
    text = LOCK
    for _ in range(data.draw(st.integers(1, 3))):
        starts = [index for index in range(len(text)) if text.startswith("= ", index)]
        start = data.draw(st.sampled_from(starts)) + 2
        stop = start + data.draw(st.integers(0, 30))
        text = text[:start] + data.draw(_VALUES) + text[stop:]
    _read_or_refused(text)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=st.sampled_from("[]{}=\"'\n# packages.name1"), max_size=200), st.integers(0, len(LOCK)))
def test_a_lock_with_other_text_in_it_is_read_or_refused_with_its_place(more: str, at: int) -> None:
    _read_or_refused(LOCK[:at] + more + LOCK[at:])


def _read_or_refused(text: str) -> None:
    with suppress(UserError):
        try:
            pylock.parse(text, "x/pylock.toml")
        except UserError as error:
            assert error.place.startswith("x/pylock.toml:")
            assert error.hint
            raise
