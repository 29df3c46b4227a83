"""Requirements files: pip's format, example by example."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from envdoctor.errors import UserError
from envdoctor.formats import requirements
from envdoctor.model import Listed, Place


def parsed(text: str) -> tuple[Listed, ...]:
    return requirements.parse(text, "r.txt", folder=Path("/nowhere"))


def only(text: str) -> Listed:
    (entry,) = parsed(text)
    return entry


def entries_or_error(text: str) -> tuple[Listed, ...] | UserError:
    try:
        return parsed(text)
    except UserError as error:
        return error


def refused(text: str) -> UserError:
    with pytest.raises(UserError) as caught:
        parsed(text)
    return caught.value


def test_comments_blank_lines_and_places() -> None:
    entries = parsed("# first\n\n  numpy  # why\r\n\tscipy\n")
    assert [(e.name, str(e.place)) for e in entries] == [("numpy", "r.txt:3:3"), ("scipy", "r.txt:4:2")]


def test_lines_go_on_behind_a_backslash_and_end_at_a_comment() -> None:
    entries = parsed("numpy \\\n  >=1.20, \\\n<2 \\\n  --hash=sha256:aa \\\n# done\nscipy\\\n")
    assert [(e.name, e.specifier) for e in entries] == [("numpy", ">=1.20,<2"), ("scipy", "")]
    assert entries[1].place == Place("r.txt", 6, 1)


def test_markers_extras_and_specifiers_are_kept_as_written() -> None:
    entry = only("Foo.Bar[b, a] >= 1.2 , <2 ; python_version < '3.9' and os_name == 'nt'")
    assert (entry.name, entry.extras, entry.specifier) == ("foo-bar", ("b", "a"), ">=1.2,<2")
    assert entry.marker == "python_version < '3.9' and os_name == 'nt'"
    assert only("foo (>=1.2)").specifier == ">=1.2"
    assert only("foo===2004d").specifier == "===2004d"


@pytest.mark.parametrize(
    "line",
    """
    --index-url https://${USER}:${TOKEN}@host/simple
    -i https://host
    --extra-index-url=https://host
    --find-links "a folder/with blanks"
    -f .
    --no-index --pre
    --no-binary :all:
    --only-binary=numpy
    --prefer-binary
    --trusted-host host
    --require-hashes
    --use-feature=fast-deps
    """.strip().splitlines(),
)
def test_options_for_an_installer_are_accepted(line: str) -> None:
    assert parsed(line) == ()


def test_options_behind_a_requirement_are_accepted() -> None:
    entry = only("foo==1 ; os_name == 'nt' --hash=sha256:aa --hash sha256:bb --config-settings \"a=b c\"")
    assert (entry.specifier, entry.marker) == ("==1", "os_name == 'nt'")


@pytest.mark.parametrize(
    ("line", "problem", "hint"),
    [
        ("--extra-index-ulr x", "unknown option `--extra-index-ulr`", "did you mean `--extra-index-url`?"),
        ("-Z", "unknown option `-Z`", "known: "),
        ("-r", "`-r` needs a value", ""),
        ("--index-url", "`--index-url` needs a value", ""),
        ("--pre=1", "`--pre` takes no value", ""),
        ("--hash 'a", "the options cannot be split: no closing quotation", ""),
        ("--pre numpy", "`numpy` stands behind an option", "a line of its own"),
        ("numpy=1.20", "not a requirement: `numpy=1.20`", "a single `=` is conda's"),
        ("numpy 1.20", "not a requirement", "write `name==version`"),
        ("numpy>=1.0.*", "not a requirement", "`.*` stands behind"),
        ("numpy==${VERSION}", "not a requirement", "is not replaced here"),
        ("numpy:1.20", "not a requirement", "a line is `name`"),
        ("foo; bad == 1", "not a requirement", "a line is `name`"),
        ("./x ; bad", "not a requirement", "a line is `name`"),
        ("foo;" + "(" * 3000, "not a requirement", ""),
        ("x" * 5000, "longer than 4,000 characters", ""),
        ("-r https://u:secret@x/r.txt", "`https://…@x/r.txt` is not on this machine", "download it"),
        ("-e ;os_name=='nt'", "no path and no URL is named", ""),
    ],
)
def test_a_bad_line_says_place_problem_and_hint(line: str, problem: str, hint: str) -> None:
    error = refused(f"numpy\n  {line}\n")
    assert error.problem.startswith(problem)
    assert hint in error.hint
    assert error.place == "r.txt:2:3"
    assert "secret" not in error.problem


def test_direct_references_know_the_version_of_a_wheel() -> None:
    entry = only("Foo[x] @ https://h/foo-1.2%2Bcu1-py2.py3-none-any.whl#sha256=aa ; os_name == 'nt'")
    assert (entry.name, entry.extras, entry.specifier) == ("foo", ("x",), "==1.2+cu1")
    assert (entry.url[:9], entry.marker) == ("https://h", 'os_name == "nt"')
    assert only("foo @ https://h/foo-1.2.tar.gz").specifier == "==1.2"
    assert only("foo @ https://h/bar-1.2.tar.gz").specifier == ""
    assert only("foo @ git+https://h/foo@v1.2").specifier == ""
    assert only("foo @ file:///home/conda/feedstock_root/build_artifacts/foo_1/work").specifier == ""


@pytest.mark.parametrize("line", ["https://h/x/foo_bar-1.2-py3-none-any.whl", "./foo_bar-1.2-py3-none-any.whl"])
def test_a_bare_wheel_tells_name_and_version(line: str) -> None:
    entry = only(f"{line}[a,b] ; os_name == 'nt'")
    assert (entry.name, entry.specifier, entry.extras) == ("foo-bar", "==1.2", ("a", "b"))
    assert (entry.url, entry.marker, entry.editable) == (line, 'os_name == "nt"', False)
    assert only("foo_bar-1.2-py3-none-any.whl").name == "foo-bar"


@pytest.mark.parametrize(
    "line", [".", "./pkg", "../pkg", "~/pkg", "a/b", "C:\\a", "file:x", "https://h/v1-2.zip", "x.tar.gz"]
)
def test_a_path_or_url_may_have_no_name(line: str) -> None:
    assert only(line) == Listed("", url=line, place=Place("r.txt"))


def test_hostile_wheel_tags_are_not_multiplied() -> None:
    tags = ".".join(["a"] * 400)
    assert only(f"./a-1-{tags}-{tags}-{tags}.whl").specifier == ""


def test_editable_lines() -> None:
    assert only("-e .") == Listed("", url=".", editable=True, place=Place("r.txt"))
    assert only("--editable=./pkg[dev]") == Listed(
        "", extras=("dev",), url="./pkg", editable=True, place=Place("r.txt")
    )
    entry = only("--pre -e git+https://h/x@1#egg=My_Name[a]&subdirectory=y")
    assert (entry.name, entry.extras, entry.editable) == ("my-name", ("a",), True)
    assert only("-e foo @ git+https://h/x").name == "foo"
    assert only("-e ./x ; os_name == 'nt'").marker == 'os_name == "nt"'


def test_variables_are_left_as_they_are() -> None:
    assert only("foo @ https://${TOKEN}@h/x").url == "https://${TOKEN}@h/x"


def test_text_from_elsewhere_begins_where_it_stands() -> None:
    entries = requirements.parse("a\n b", "env.yml", folder=Path(), start=Place("env.yml", 7, 9))
    assert [str(entry.place) for entry in entries] == ["env.yml:7:9", "env.yml:8:2"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    return tmp_path


def test_named_files_are_read_relative_to_the_file_that_names_them(folder: Path) -> None:
    (folder / "r.txt").write_text("-r sub/a.txt\n--constraint sub/c.txt\nlast\n")
    (folder / "sub" / "a.txt").write_text("--requirement=b.txt\na")
    (folder / "sub" / "b.txt").write_text("b")
    (folder / "sub" / "c.txt").write_text("c<2")
    entries = requirements.read(folder / "r.txt")
    assert [(e.name, e.constraint) for e in entries] == [("b", False), ("a", False), ("c", True), ("last", False)]
    assert entries[1].place == Place(str(folder / "sub" / "a.txt"), 2, 1)


def test_a_file_may_be_named_by_url_and_is_read_once(folder: Path) -> None:
    (folder / "a b.txt").write_text("a")
    (folder / "r.txt").write_text(f"-r file://{folder}/a%20b.txt\n-r 'a b.txt'\n-c 'a b.txt'\n")
    assert [(e.name, e.constraint) for e in requirements.read(folder / "r.txt")] == [("a", False), ("a", True)]


def test_files_that_name_each_other_are_refused(folder: Path) -> None:
    (folder / "r.txt").write_text("\n-r sub/a.txt")
    (folder / "sub" / "a.txt").write_text("-r ../sub/../r.txt")
    with pytest.raises(UserError, match="names itself") as caught:
        requirements.read(folder / "r.txt")
    assert caught.value.place.endswith("sub/a.txt:1:1")


def test_files_that_name_files_without_end_are_refused(folder: Path) -> None:
    for number in range(30):
        (folder / f"{number}.txt").write_text(f"-r {number + 1}.txt\n-r {number + 1}.txt\n")
    with pytest.raises(UserError, match="more than 20 levels"):
        requirements.read(folder / "0.txt")


def test_a_named_file_that_is_not_there_is_told_where_it_is_named(folder: Path) -> None:
    (folder / "r.txt").write_text("numpy\n-r base.txt")
    with pytest.raises(UserError, match=r"`base\.txt` cannot be read: no such file") as caught:
        requirements.read(folder / "r.txt")
    assert caught.value.place == f"{folder / 'r.txt'}:2:1"


@pytest.mark.parametrize("name", ["nope.txt", "a\0b", ""])
def test_a_file_that_is_not_there_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(UserError):
        requirements.read(folder / name)


def test_more_entries_than_anybody_means_are_refused() -> None:
    with pytest.raises(UserError, match="more than 50,000"):
        parsed("-i x\n" * 50_001)


PIECES = st.sampled_from(
    """foo 1.0 == >= === @ ; # \\ \n \t [a] [ ] ( ) , -e -r -c --hash= --pre --editable ./x.whl foo-1.0-py3-none-any.whl
    https://x/y git+https://x/y#egg=z file: ' " ${V} os_name 'nt' \0 ../ ~ .tar.gz &egg= % %00 C:\\ :// * ,""".split(
        " "
    )
)


@settings(deadline=None)
@given(
    st.one_of(
        st.text(max_size=80), st.lists(PIECES, max_size=10).map("".join), st.lists(PIECES, max_size=10).map(" ".join)
    )
)
@example("-r \0")
@example("-r file:%00")
@example("-r \ud800")
@example("foo @ https://[")
def test_any_text_gives_entries_or_an_error_with_a_place(text: str) -> None:
    outcome = entries_or_error(text)
    if isinstance(outcome, UserError):
        assert outcome.place.startswith("r.txt:")
    else:
        assert all(entry.name or entry.url for entry in outcome)


def test_no_long_line_takes_long() -> None:
    began = time.process_time()
    for line in (" " * 200_000 + "#", "#" * 200_000, "a " * 100_000, "a://" * 100_000, "-r " + "://" * 100_000):
        with pytest.raises(UserError):
            parsed(f"{line}\n!")
    assert time.process_time() - began < 5
