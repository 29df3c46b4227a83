"""Recipes: what is read, and that every mistake answers with place, problem and hint."""

from __future__ import annotations

import contextlib
import datetime
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envdoctor import recipe, yamlpos
from envdoctor.errors import UserError
from envdoctor.recipe import written

if TYPE_CHECKING:
    from envdoctor.model import Recipe

HEAD = "recipe: 1\nname: example\n"


def read(text: str) -> Recipe:
    return written.recipe(yamlpos.read(HEAD + text, "r.yml"), "r.yml")


def test_versions_are_text_and_a_bare_one_is_a_prefix() -> None:
    found = read("packages:\n  torch: 2.10\n  numpy: '>=1.26, <3'\n  pandas: '*'\n")
    assert [(wish.name, wish.specifier) for wish in found.packages] == [
        ("torch", "==2.10.*"),
        ("numpy", ">=1.26,<3"),
        ("pandas", ""),
    ]


def test_extras_and_markers_are_read() -> None:
    found = read("packages:\n  jax[cuda12]: {version: '>=0.4.30', when: \"sys_platform == 'linux'\"}\n")
    wish = found.packages[0]
    assert (wish.name, wish.extras, wish.specifier) == ("jax", ("cuda12",), ">=0.4.30")
    assert wish.marker == "sys_platform == 'linux'"


def test_the_rest_of_a_recipe_is_read() -> None:
    found = read("""
python: ">=3.11,<3.15"
optional: {flash-attn: ">=2.6"}
forbidden: {tensorflow-cpu: two builds write the same files}
host: {accelerator: cuda, driver: ">=535", gpu: {compute: ">=8.0", memory: ">=40 GiB"}}
env: {OMP_NUM_THREADS: "8", LD_PRELOAD: unset}
machines: {h100: {driver: 550.54.15, gpu.count: 8}}
uses: [tensorflow_hub.KerasLayer]
ignore: [{code: CUDA012, reason: the cluster pins it, until: 2027-03-31}]
""")
    assert found.python is not None
    assert found.python.specifier == ">=3.11,<3.15"
    assert found.packages[0].optional
    assert found.forbidden[0].reason == "two builds write the same files"
    assert [wish.name for wish in found.host] == ["accelerator", "driver", "gpu.compute", "gpu.memory"]
    assert {wish.name: wish.specifier for wish in found.env} == {"OMP_NUM_THREADS": "8", "LD_PRELOAD": "unset"}
    assert found.machines["h100"]["gpu.count"] == "8"
    assert found.uses == ("tensorflow_hub.KerasLayer",)
    assert datetime.date.fromisoformat(found.ignores[0].until).year == 2027


@pytest.mark.parametrize(
    ("text", "place", "problem", "hint"),
    [
        ("packges: {}", "r.yml:3:1", "unknown key `packges`", "did you mean `packages`?"),
        ("packages: {torch: 2.4}\npackages: {}", "r.yml:4:1", "`packages` stands here twice", "keep one"),
        ("packages:\n  torch: new", "r.yml:4:10", "`new` is not a version or a range", ">=2.4"),
        ("packages:\n  to rch: '*'", "r.yml:4:3", "`to rch` is not a package name", "jax[cuda12]"),
        ("packages:\n  Torch: '*'\n  torch: '*'", "r.yml:5:3", "`torch` stands here twice", "r.yml:4:3"),
        ("packages: [torch]", "r.yml:3:11", "`packages` must be a mapping", ""),
        ("packages:\n  torch: {versoin: '2'}", "r.yml:4:11", "unknown key `versoin`", "did you mean `version`?"),
        ("packages:\n  torch: {when: 'linux'}", "r.yml:4:17", "not an environment marker", "sys_platform"),
        ("host: {acelerator: cuda}", "r.yml:3:8", "unknown key `acelerator`", "did you mean `accelerator`?"),
        ("host: {accelerator: cude}", "r.yml:3:21", "`cude` is no accelerator", "did you mean `cuda`?"),
        ("host: {gpu: {memory: lots}}", "r.yml:3:22", "`lots` is not a size", "GiB"),
        ("env: {1X: a}", "r.yml:3:11", "`1X` is not the name of a variable", ""),
        ("ignore: [{code: A1}]", "r.yml:3:10", "`reason` is missing", "reason"),
        ("ignore: [{code: A1, reason: b, until: soon}]", "r.yml:3:39", "`soon` is not a day", "YYYY-MM-DD"),
        ("uses: tensorflow", "r.yml:3:7", "`uses` must be a list", "[a, b]"),
        ("python: [3]", "r.yml:3:9", "`python` must be one value", ""),
        ("packages: {a: 1", "r.yml:", "expected", ""),
    ],
)
def test_a_mistake_is_told_with_place_problem_and_hint(text: str, place: str, problem: str, hint: str) -> None:
    with pytest.raises(UserError) as told:
        read(text)
    assert told.value.place.startswith(place)
    assert problem in told.value.problem
    assert hint in told.value.hint


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name: x\n", "`recipe: 1` is missing"),
        ("recipe: 2\nname: x\n", "recipe version `2` is not known"),
        ("recipe: 1\nname: x\nlock: {platforms: 5}\n", "`platforms` must be a list"),
        ("recipe: 1\nname: x\nlock: {exclude-newer: [5]}\n", "`exclude-newer` must be one value"),
        ("recipe: 1\nname: x\nsmoke: [{rum: x}]\n", "unknown key `rum`"),
        ("recipe: 1\nname: x\nsmoke: mla\n", "`smoke` must be a list"),
        ("recipe: 1\n", "`name` is missing"),
        ("recipe: 1\nname: a b\n", "`a b` is not a name"),
        ("- 1\n", "a recipe must be a mapping"),
        ("", "the file is empty"),
        ("a: \x00b", "not a text YAML can hold"),
        ("a: &a [*a, *a]", "nested too deeply"),
        ("a: *b", "undefined alias"),
        ("[" * 100_000 + "]" * 100_000, "nested too deeply"),
        ("- " * 100_000 + "x", "nested too deeply"),
        ("a: " + "{a: " * 100_000 + "}" * 100_000, "nested too deeply"),
        ("[" * 70 + "]" * 70, "nested too deeply"),
        ("\t- x", "cannot start any token"),
    ],
)
def test_what_is_no_recipe_is_refused(text: str, problem: str) -> None:
    with pytest.raises(UserError) as told:
        written.recipe(yamlpos.read(text, "r.yml"), "r.yml")
    assert problem in told.value.problem


def test_a_document_that_unfolds_without_end_is_refused() -> None:
    laughs = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{new}: &{new} [{','.join(['*' + old] * 10)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    with pytest.raises(UserError, match="too large"):
        yamlpos.read(laughs, "r.yml")


@given(st.text())
@settings(max_examples=300, deadline=None)
def test_no_text_ends_in_a_traceback(text: str) -> None:
    for source in (text, HEAD + text, HEAD + f"packages:\n  {text}: {text}\n"):
        try:
            written.recipe(yamlpos.read(source, "r.yml"), "r.yml")
        except UserError as error:
            assert error.place.startswith("r.yml")


_words = st.sampled_from(["torch", "2.4", ">=2", "*", "cuda", "~", "absent", "[x]", "{}", "&a", "1e9", "when"])
_nodes = st.recursive(
    _words, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_words, inner, max_size=3), max_leaves=8
)


@given(st.dictionaries(st.sampled_from(written.KEYS), _nodes, max_size=6))
@settings(max_examples=300, deadline=None)
def test_no_shape_of_a_known_key_ends_in_a_traceback(document: dict[str, object]) -> None:
    source = json.dumps({"recipe": "1", "name": "x", **document})
    with contextlib.suppress(UserError):
        written.recipe(yamlpos.read(source, "r.yml"), "r.yml")


@pytest.mark.parametrize("name", sorted(recipe.bundled()))
def test_every_bundled_recipe_reads_by_its_name(name: str) -> None:
    found = recipe.load(name, {})
    assert found.packages
    assert found.name == name


def test_a_subject_that_is_not_there_is_told_with_a_near_name() -> None:
    with pytest.raises(UserError) as told:
        recipe.load("tf-text-brt", {})
    assert "did you mean `tf-text-bert`?" in told.value.hint
    with pytest.raises(UserError) as told:
        recipe.load(str(Path("no") / "tf-text-bert.yml"), {})
    assert "is a bundled recipe" in told.value.hint
