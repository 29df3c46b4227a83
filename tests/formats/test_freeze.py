"""Lists of what is installed, as pip and uv print them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envdoctor.errors import UserError
from envdoctor.formats import freeze

if TYPE_CHECKING:
    from pathlib import Path

    from envdoctor.model import Listed


def listed(folder: Path, text: str) -> tuple[Listed, ...]:
    path = folder / "freeze.txt"
    path.write_text(text, encoding="utf-8")
    return freeze.read(path)


def test_pins_comments_and_local_versions(tmp_path: Path) -> None:
    entries = listed(tmp_path, "# a\n\nNumPy==1.26.4\ntorch==2.1.0+cu121\n  ruamel.yaml==0.18  # b\n")
    expected = [("numpy", "==1.26.4"), ("torch", "==2.1.0+cu121"), ("ruamel-yaml", "==0.18")]
    assert [(entry.name, entry.specifier) for entry in entries] == expected
    assert str(entries[0].place) == f"{tmp_path / 'freeze.txt'}:3:1"


def test_a_wheel_tells_its_version_and_a_checkout_does_not(tmp_path: Path) -> None:
    entries = listed(
        tmp_path,
        "a @ file:///x/a-1.2-py3-none-any.whl#sha256=00\nb @ git+https://h/b@0123\n-e git+https://h/c@0#egg=c\n-e file:///d\n",
    )
    assert [(entry.name, entry.specifier) for entry in entries] == [("a", "==1.2"), ("b", ""), ("c", ""), ("", "")]
    assert all(entry.url for entry in entries)


def test_an_editable_install_has_its_version_in_the_comment_above(tmp_path: Path) -> None:
    text = "# Editable install with no version control (My_Pkg==1.2)\n-e /home/me/pkg\n-e /home/me/other\n"
    named, unnamed = listed(tmp_path, text)
    assert (named.name, named.specifier, named.url, named.editable) == ("my-pkg", "==1.2", "/home/me/pkg", True)
    assert (unnamed.name, unnamed.specifier) == ("", "")


def test_a_comment_between_changes_nothing_but_another_package_does(tmp_path: Path) -> None:
    text = "# Editable Git install with no remote (a==1)\n# '/x'\n-e /a\n# Editable install (b==2004d)\nc==1\n-e /b\n"
    assert [entry.name for entry in listed(tmp_path, text)] == ["a", "c", ""]
    (entry,) = listed(tmp_path, "# Editable install with no version control (b==2004d)\n-e /b\n")
    assert entry.specifier == "===2004d"


def test_a_version_from_before_pep_440_is_taken_literally(tmp_path: Path) -> None:
    entries = listed(tmp_path, "pytz==2004d\ndistro-info===0.23ubuntu1\npython-apt==2.6.0+ubuntu1\n")
    assert [e.specifier for e in entries] == ["===2004d", "===0.23ubuntu1", "==2.6.0+ubuntu1"]


def test_what_a_constraint_names_is_not_installed(tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text("numpy==1.0")
    assert [entry.name for entry in listed(tmp_path, "-c c.txt\na==1")] == ["a"]


def test_an_entry_without_an_exact_version_is_kept(tmp_path: Path) -> None:
    assert [(e.name, e.specifier) for e in listed(tmp_path, "a\nb>=1\nc==1.*")] == [
        ("a", ""),
        ("b", ">=1"),
        ("c", "==1.*"),
    ]


def test_an_empty_list_lists_nothing(tmp_path: Path) -> None:
    assert listed(tmp_path, "") == listed(tmp_path, "# nothing\n\n") == ()


def test_a_table_of_pip_list_is_refused_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="table") as caught:
        listed(tmp_path, "Package Version\n------- -------\nnumpy   1.26.4\n")
    assert "--format=freeze" in caught.value.hint


PIECES = st.sampled_from(
    ["a==1", "a==2004d", "\n", "# Editable x (a==1)", "-e /a", "-e ", "(", " ", "==", "-c x", "@", "é"]
)


@settings(deadline=None)
@given(st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=9).map("".join)))
def test_any_text_gives_a_list_or_an_error(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    with suppress(UserError):
        listed(tmp_path_factory.getbasetemp(), text.encode("utf-8", "replace").decode())
