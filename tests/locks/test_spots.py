"""For which computers is a lock, and what decides over the PyTorch and the builds of each?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from envdoctor.facts import machines
from envdoctor.lock import spots, virtual
from envdoctor.model import Locking, Recipe, Wish
from envdoctor.solve import uv

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envdoctor.lock.spots import Spot

HERE = {"os": "linux", "arch": "x86_64", "python": "3.11.7"}


def of(recipe: Recipe | None = None, **named: Mapping[str, str]) -> list[Spot]:
    """Give the computers of a recipe's machines."""
    found = machines.find([machines.ALL], named) if named else ()
    return spots.of(recipe or Recipe(), found, HERE)


@pytest.mark.parametrize(
    ("said", "uv_name", "conda_name"),
    [
        ({}, "x86_64-unknown-linux-gnu", "linux-64"),
        ({"glibc": "2.31"}, "x86_64-manylinux_2_31", "linux-64"),
        ({"arch": "aarch64", "glibc": "2.28"}, "aarch64-manylinux_2_28", "linux-aarch64"),
        ({"os": "darwin", "arch": "aarch64"}, "aarch64-apple-darwin", "osx-arm64"),
        ({"os": "macos", "arch": "arm64", "os.version": "14.0"}, "aarch64-apple-darwin", "osx-arm64"),
        ({"os": "windows"}, "x86_64-pc-windows-msvc", "win-64"),
    ],
)
def test_a_computer_is_named_as_uv_and_as_conda_name_it(said: Mapping[str, str], uv_name: str, conda_name: str) -> None:
    (spot,) = of(box=said)
    assert (spot.uv, spot.conda, spot.python) == (uv_name, conda_name, "3.11")


@pytest.mark.parametrize(
    ("recipe", "said", "torch"),
    [
        (Recipe(), {"driver": "550.54.15"}, ""),
        (Recipe(), {"gpu.count": "0"}, "cpu"),
        (Recipe(host=(Wish("accelerator", "cpu"),)), {}, "cpu"),
        (Recipe(host=(Wish("accelerator", "cpu"),)), {"os": "darwin", "arch": "arm64"}, ""),
        (Recipe(locking=Locking(torch="cu126")), {"gpu.count": "0"}, "cu126"),
        (Recipe(locking=Locking(torch="pypi")), {"gpu.count": "0"}, ""),
    ],
)
def test_the_variant_of_pytorch_is_chosen_by_rule(recipe: Recipe, said: Mapping[str, str], torch: str) -> None:
    assert of(recipe, box=said)[0].torch == torch


@pytest.mark.parametrize(
    ("driver", "variant", "cuda"),
    [
        ("580.82.07", "cu130", "13.0"),
        ("550.54.15", "cu126", "12.4"),
        ("470.256.02", "cu118", "11.4"),
        ("390.157", "", ""),
    ],
)
def test_a_declared_driver_decides_which_variant_and_which_cuda_it_runs(driver: str, variant: str, cuda: str) -> None:
    (spot,) = of(box={"driver": driver})
    assert virtual.torch_for(spot) == variant
    assert virtual.of(spot).get("__cuda", ("", ""))[0] == cuda


def test_without_a_declared_driver_there_is_no_cuda_and_no_newer_processor() -> None:
    (spot,) = of()
    assert virtual.of(spot) == {
        "__unix": ("0", ""),
        "__linux": ("5.10", ""),
        "__glibc": ("2.28", ""),
        "__archspec": ("1", "x86_64"),
    }


def test_what_the_recipe_asks_at_least_of_every_computer_is_counted_on() -> None:
    recipe = Recipe(host=(Wish("glibc", ">=2.34"), Wish("driver", ">=535")))
    (spot,) = of(recipe)
    assert spot.uv == "x86_64-manylinux_2_34"
    assert virtual.of(spot)["__cuda"] == ("12.1", "")


def test_a_variant_is_asked_of_uv_with_its_own_index_whose_files_have_no_date() -> None:
    files = uv.Files(torch="cu126", indexes=("https://own.example/simple",))
    words = uv._arguments(uv.Question(["torch"], {}, "3.11", files=files, before="2026-11-20T00:00:00Z"))
    assert words[words.index("--torch-backend") + 1] == "cu126"
    assert words[words.index("--index") + 1] == "https://own.example/simple"
    assert "torch=false" in words
    assert words[words.index("--exclude-newer") + 1] == "2026-11-20T00:00:00Z"
    assert "--torch-backend" not in uv._arguments(uv.Question(["torch"], {}, "3.11", files=uv.Files()))
