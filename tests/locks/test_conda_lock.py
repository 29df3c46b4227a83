"""conda-lock is the judge of its own format: it reads, writes and renders our locks, and hashes the inputs as we do."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from envdoctor.lock import conda_specs
from envdoctor.lock.conda_specs import Written
from envdoctor.lock.spots import facts, of_platform
from envdoctor.model import Place, Recipe

if TYPE_CHECKING:
    from tests.locks.bench import Bench

pytestmark = pytest.mark.real


def test_the_lock_is_conda_locks_own_and_conda_lock_reads_writes_and_renders_it(bench: Bench) -> None:
    bench.ask("python=3.11", "tensorflow", "jupyter")
    written = bench.lock(render="explicit")
    assert bench.builds()["tensorflow"] == "2.13.1 cpu_cp311_0"
    program = (
        "import pathlib, sys\n"
        "from conda_lock.lockfile import parse_conda_lock_file, write_conda_lock_file\n"
        "lock = parse_conda_lock_file(pathlib.Path(sys.argv[1]))\n"
        "write_conda_lock_file(lock, pathlib.Path(sys.argv[2]), metadata_choices=set())\n"
    )
    again = bench.folder / "again.yml"
    subprocess.run([sys.executable, "-W", "ignore", "-c", program, bench.path, again], check=True, timeout=120)
    assert _body(again.read_text()) == _body(bench.path.read_text())
    (rendered,) = written.rendered
    explicit = Path(rendered).read_text()
    assert "@EXPLICIT" in explicit
    assert "tensorflow-2.13.1-cpu_cp311_0.conda#" in explicit


def _body(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("#"))


JUDGE = """
import json, pathlib, sys, tempfile
from conda_lock.content_hash import compute_content_hashes
from conda_lock.src_parser import make_lock_spec
from conda_lock.virtual_package import VirtualPackage, _init_fake_repodata

cases = json.load(open(sys.argv[1]))
folder = pathlib.Path(tempfile.mkdtemp())
mapping = folder / "names.json"
mapping.write_text("{}")
found = []
for number, case in enumerate(cases):
    path = folder / f"{number}.yml"
    path.write_text(case["text"])
    spec = make_lock_spec(src_files=[path], mapping_url=mapping.as_uri(), platform_overrides=[case["platform"]])
    repo = _init_fake_repodata()
    for name, (version, build) in case["virtual"].items():
        repo.add_package(VirtualPackage(name=name, version=version, build_string=build), [case["platform"]])
    repo.write()
    found.append(compute_content_hashes(spec, repo)[case["platform"]])
print(json.dumps(found))
"""
CONDA = """
numpy|python=3.N|pandas>=1.N,<2|scipy ==1.N|a_b 1.N|X=1.N=py_0|y=1.N.*|z=*=cuda*|conda-forge::m=1.N|pkgs/main::n
o>=1.N,!=1.3|p=1.N,!=1.2|q[version='>=1.N']|r =1.N|pip=2N|s=1.N*|t~=1.N|u=*|conda-forge/linux-64::v 1.N
"""
PIP = """
keras|Keras_Thing==2.N|b>=1.N,<3|c[x,a]~=1.N.1|d; sys_platform=='linux'|e<2 , >=1.N|f===1.N|g ; sys_platform == 'win32'
h!=1.N.*
"""


def _some(lines: str, number: int, random_: random.Random) -> list[str]:
    every = lines.strip().replace("\n", "|").split("|")
    return [one.replace("N", str(random_.randrange(20))) for one in random_.sample(every, number)]


def _case(random_: random.Random) -> dict[str, Any]:
    """Give an environment.yml, a platform and virtual packages."""
    conda = _some(CONDA, random_.randint(1, 8), random_)
    pip = _some(PIP, random_.choice((0, 0, 1, 3, 5)), random_)
    channels = random_.sample(["conda-forge", "defaults", "bioconda", "https://h.example/c"], random_.randint(1, 3))
    platform = random_.choice(["linux-64", "linux-aarch64", "osx-arm64", "osx-64", "win-64"])
    every = {"__unix": ("0", ""), "__glibc": ("2.31", ""), "__cuda": ("12.4", ""), "__archspec": ("1", "x86_64")}
    names = random_.sample(sorted(every), random_.randint(1, 4))
    lines = ["name: own", "channels:", *(f"  - {one}" for one in channels), "dependencies:"]
    lines += [f"  - {json.dumps(one)}" for one in conda]
    lines += ["  - pip:", *(f"      - {json.dumps(one)}" for one in pip)] if pip else []
    said = {"conda": conda, "pip": pip, "channels": channels, "platform": platform}
    return {**said, "virtual": {name: every[name] for name in names}, "text": "\n".join(lines) + "\n"}


def test_the_hash_of_a_hundred_inputs_is_the_one_that_conda_lock_computes(tmp_path: Path) -> None:
    cases = [_case(random.Random(number)) for number in range(100)]
    (tmp_path / "cases.json").write_text(json.dumps(cases))
    (tmp_path / "judge.py").write_text(JUDGE)
    words = [sys.executable, "-W", "ignore", str(tmp_path / "judge.py"), str(tmp_path / "cases.json")]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=300)
    theirs = json.loads(done.stdout.strip().rpartition("\n")[2])
    ours = [_hash(case) for case in cases]
    assert [case["text"] for case, one, other in zip(cases, ours, theirs, strict=True) if one != other] == []
    assert len(set(ours)) > 90


def _hash(case: dict[str, Any]) -> str:
    conda, pip = ([Written(one, Place("x")) for one in case[key]] for key in ("conda", "pip"))
    here = facts(of_platform(case["platform"]), {}, Recipe())
    rows = conda_specs.dependencies(conda, pip, here)
    return conda_specs.content_hash(case["channels"], rows, case["virtual"], case["platform"])
