"""On a machine with an NVIDIA GPU: is what envdoctor says of it what the driver and torch show a program?

Everything is asked at once, of the driver's own library, nvidia-smi, nvcc and the torch of the `python3` on PATH, and
of envdoctor; the answers go to fixtures/results/gpu.json.
"""

from __future__ import annotations

import datetime
import json
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.processes import run
from tests.real.environments import ROOT, command, surroundings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.processes import Done

pytestmark = [
    pytest.mark.exhaustive,
    pytest.mark.skipif(shutil.which("nvidia-smi") is None, reason="there is no NVIDIA GPU here"),
    pytest.mark.xdist_group("gpu"),
]
RESULTS = Path(os.environ.get("ENVDOCTOR_GPU_RESULTS", ROOT / "fixtures" / "results" / "gpu.json"))
TRUTH = Path(__file__).with_name("gpu_truth.py")
PYTHON = shutil.which("python3") or "python3"
RECIPE = "recipe: 1\nname: on-a-gpu\nhost:\n  accelerator: cuda\n"
MET = RECIPE + "  driver: '>=525.60.13'\n  gpu: {compute: '>=7.5', memory: '>=8 GiB', count: '>=1'}\n"
UNMET = RECIPE + "  driver: '>=9999'\n  gpu: {compute: '>=99', memory: '>=9 TiB', count: '>=99'}\n"
# What CUDA_VISIBLE_DEVICES is set to; UUID stands for that of the first GPU, N for how many there are.
CHOICES = (
    "0", "", "-1", "N", "0,N", "N,0", "0,0", "UUID", "UUID-short", "UUID-upper", "GPU-dead", "0,GPU-dead", "GPU-dead,0",
    "UUID,0", "UUID,UUID", " 0", "0 ", "0,", ",0", "00", "+0", "0x0", "0a", "0;1", "NoDevFiles", "none", "all", "void",
    "MIG-dead", "GPU-",
)  # fmt: skip
# What hides a part of the driver from a process in a mount namespace of its own; nothing else sees it.
HIDDEN = {
    "no device files": "mount -t tmpfs none /dev && mknod -m 666 /dev/null c 1 3 && mknod -m 666 /dev/urandom c 1 9",
    "no libnvidia-ml": "mount --bind /dev/null LIB/libnvidia-ml.so.1",
    "no libcuda": "mount --bind /dev/null LIB/libcuda.so.1",
}
VARIANTS: dict[str, dict[str, str]] = {"plain": {}, "toolkit in front": {"LD_LIBRARY_PATH": "/usr/local/cuda/lib64"}}
STEMS = {"cudnn": "libcudnn", "nccl": "libnccl", "cuda.cublas": "libcublas", "nvjitlink": "libnvJitLink"}


def truth(what: str, *before: str, **variables: str) -> dict[str, Any]:
    """Give what a program gets, started by `before` if that is given."""
    done = run([*before, PYTHON, str(TRUTH), what], variables=surroundings(**variables))
    return done.document if done.status == 0 else {"count": 0, "failed": done.stderr.strip().splitlines()[-1:]}


def asked(*words: str, before: Sequence[str] = (), **variables: str) -> Done:
    """Run envdoctor on the `python3` on PATH, started by `before` if that is given."""
    return run([*before, *command(*words, "--target", PYTHON)], variables=surroundings(**variables))


def judged(recipe: Path, *before: str, **variables: str) -> dict[str, Any]:
    """Give the errors and warnings that envdoctor has for a recipe."""
    done = asked("check", str(recipe), "--json", before=before, **variables)
    findings = done.document["findings"] if done.stdout else []
    told = {
        status: [f"{one['code']} {one['title']}" for one in findings if one["status"] == status]
        for status in ("error", "warning", "unknown")
    }
    return {"exit": done.status, **told, "failed": done.stderr[-300:]}


def snapshot(*words: str, **variables: str) -> dict[str, Any]:
    """Give the facts that envdoctor sees."""
    return asked("facts", *words, **variables).document


def smi() -> dict[str, str]:
    """Give what nvidia-smi says of the first GPU, and how many there are."""
    names = ("driver_version", "name", "compute_cap", "memory.total", "uuid")
    done = run(["nvidia-smi", f"--query-gpu={','.join(names)}", "--format=csv,noheader"])
    rows = [line.split(", ") for line in done.stdout.splitlines()]
    return {**dict(zip(names, rows[0], strict=True)), "count": str(len(rows))}


def hiding(what: str, libraries: str) -> list[str]:
    return ["unshare", "-m", "sh", "-c", f'{HIDDEN[what].replace("LIB", libraries)} && exec "$@"', "sh"]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Ask everybody at once, and keep the answers."""
    folder = tmp_path_factory.mktemp("gpu")
    met, unmet, bare = (folder / name for name in ("met.yml", "unmet.yml", "bare.yml"))
    for file, text in ((met, MET), (unmet, UNMET), (bare, RECIPE)):
        file.write_text(text)
    gpu = smi()
    plain = truth("libcuda")
    library = next(iter(plain.get("mapped", {}).get("libcuda", [])), "")
    words = {"UUID-short": gpu["uuid"][:12], "UUID-upper": gpu["uuid"].upper(), "UUID": gpu["uuid"], "N": gpu["count"]}
    chosen = {choice: _spelt(choice, words) for choice in CHOICES}
    hides = {what: hiding(what, os.path.dirname(library)) for what in HIDDEN}
    with ThreadPoolExecutor(max(4, (os.cpu_count() or 4) // 2)) as pool:
        torch = {name: pool.submit(truth, "torch", **VARIANTS[name]) for name in VARIANTS}
        facts = {name: pool.submit(snapshot, **VARIANTS[name]) for name in VARIANTS}
        deep = pool.submit(snapshot, "--deep")
        here = {name: pool.submit(judged, file) for name, file in (("met", met), ("unmet", unmet))}
        real = {c: pool.submit(truth, "libcuda", CUDA_VISIBLE_DEVICES=value) for c, value in chosen.items()}
        ours = {c: pool.submit(judged, bare, CUDA_VISIBLE_DEVICES=value) for c, value in chosen.items()}
        lost = {
            what: (pool.submit(truth, "libcuda", *do), pool.submit(judged, bare, *do)) for what, do in hides.items()
        }
    found: dict[str, Any] = {
        "nvidia-smi": gpu,
        "libcuda": plain,
        "nvcc": run(["nvcc", "--version"]).stdout if shutil.which("nvcc") else "",
        "torch": {name: one.result() for name, one in torch.items()},
        "facts": {name: one.result().get("facts", {}) for name, one in facts.items()},
        "missing": {name: one.result().get("missing", {}) for name, one in facts.items()},
        "targets": deep.result().get("facts", {}).get("torch.arch_list"),
        "recipes": {name: one.result() for name, one in here.items()},
        "choices": {c: {"truth": real[c].result(), "judged": ours[c].result()} for c in CHOICES},
        "hidden": {what: {"truth": one.result(), "judged": two.result()} for what, (one, two) in lost.items()},
    }
    _keep(found, gpu["uuid"])
    return found


def _spelt(choice: str, words: Mapping[str, str]) -> str:
    """Give a choice with the UUID and the number of this machine in it."""
    return re.sub(r"UUID-short|UUID-upper|UUID|\bN\b", lambda match: words[match[0]], choice)


def _keep(found: Mapping[str, Any], uuid: str) -> None:
    """Write the answers, without what tells one machine from its like."""
    for answers in found["choices"].values():
        answers["truth"].pop("mapped", None)
    document = {"date": datetime.datetime.now(datetime.UTC).date().isoformat(), **found}
    text = json.dumps(document, indent=1).replace(os.path.dirname(os.path.dirname(PYTHON)), "/venv")
    RESULTS.write_text(re.sub(re.escape(uuid), "GPU-0", text.replace(str(ROOT), "."), flags=re.IGNORECASE) + "\n")


def value(seen: Mapping[str, Any], name: str, variant: str = "plain") -> str:
    """Give a fact that envdoctor saw, or the reason why not."""
    fact = seen["facts"][variant].get(name)
    return str(fact["value"] if fact else seen["missing"][variant].get(name, "absent"))


def refused(judged: Mapping[str, Any]) -> bool:
    """Say whether there is an error about GPUs; that a file which was hidden cannot be loaded is another."""
    return any(not line.startswith("PATH") for line in judged["error"])


def test_driver_and_gpus_are_what_nvidia_smi_says(seen: dict[str, Any]) -> None:
    names = {"driver": "driver_version", "gpu.compute": "compute_cap", "gpu.name": "name", "gpu.count": "count"}
    assert {name: value(seen, name) for name in names} == {
        name: seen["nvidia-smi"][word] for name, word in names.items()
    }
    assert value(seen, "gpu.memory") == seen["nvidia-smi"]["memory.total"]
    major, minor = divmod(seen["libcuda"]["version"], 1000)
    assert value(seen, "cuda.driver") == f"{major}.{minor // 10}"


def test_the_toolkit_is_the_one_whose_nvcc_runs(seen: dict[str, Any]) -> None:
    told = re.search(r"release [\d.]+, V([\d.]+)", seen["nvcc"])
    if not told:
        pytest.skip("there is no nvcc on PATH")
    assert told[1].startswith(value(seen, "cuda.toolkit"))


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_libraries_are_those_that_torch_has_mapped(variant: str, seen: dict[str, Any]) -> None:
    torch = seen["torch"][variant]
    if not torch.get("available"):
        pytest.skip("there is no torch with CUDA here")
    for name, stem in STEMS.items():
        mapped = {os.path.realpath(path) for path in torch["mapped"].get(stem, [])}
        fact = seen["facts"][variant].get(name)
        if mapped and fact:
            assert os.path.realpath(os.path.expanduser(fact["source"])) in mapped, name
    assert value(seen, "cuda.runtime", variant).rpartition(".")[0] == torch["cuda"]
    number = int(torch["cudnn"])
    assert value(seen, "cudnn", variant).startswith(f"{number // 10000}.{number % 10000 // 100}.{number % 100}")
    assert value(seen, "nccl", variant).startswith(".".join(map(str, torch["nccl"])))


def test_the_targets_are_those_that_torch_says_it_was_compiled_for(seen: dict[str, Any]) -> None:
    torch = seen["torch"]["plain"]
    if not torch.get("targets"):
        pytest.skip("there is no torch with CUDA here")
    assert seen["targets"]["value"].split() == torch["targets"]


def test_a_recipe_that_is_met_has_no_error_and_one_that_is_not_has_one_a_wish(seen: dict[str, Any]) -> None:
    assert seen["recipes"]["met"]["error"] == []
    missed = [line for line in seen["recipes"]["unmet"]["error"] if line.startswith("RECIPE005")]
    assert len(missed) == 4


@pytest.mark.parametrize("choice", CHOICES)
def test_a_choice_of_gpus_is_judged_as_the_driver_takes_it(choice: str, seen: dict[str, Any]) -> None:
    answers = seen["choices"][choice]
    assert refused(answers["judged"]) == (answers["truth"]["count"] == 0), answers


@pytest.mark.parametrize("what", HIDDEN)
def test_a_part_of_the_driver_that_is_not_there_is_an_error_where_no_gpu_is_left(
    what: str, seen: dict[str, Any]
) -> None:
    answers = seen["hidden"][what]
    if "unshare" in str(answers["truth"].get("failed")) or "mount" in str(answers["truth"].get("failed")):
        pytest.skip("no mount namespace may be made here")
    assert refused(answers["judged"]) == (answers["truth"]["count"] == 0), answers
