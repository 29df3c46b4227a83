"""What wheels from the index hold and need, beside what cuobjdump and their projects say of them.

`python3 tests --exhaustive` downloads one wheel after the other and writes what it saw to
fixtures/results/compiled-wheels.json.
"""

from __future__ import annotations

import datetime
import json
import re
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from envdoctor import cells
from envdoctor.facts import elf, fatbin
from tests.processes import run
from tests.real.environments import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.exhaustive,
    pytest.mark.skipif(sys.platform != "linux", reason="the wheels are Linux's"),
]
RESULTS = ROOT / "fixtures" / "results" / "compiled-wheels.json"
_LIBRARY = re.compile(r".*\.so(\.[\d.]+)?")

# The wheel, one of its libraries, its targets with the number of members where that is known, and who says so.
CUOBJDUMP = "cuobjdump 13.1, 2026-11-23"
BITSANDBYTES = "bitsandbytes, docs/source/installation.mdx, 0.50"
XFORMERS = "TORCH_CUDA_ARCH_LIST in the wheel workflow of xformers at v0.0.35: 7.5 8.0+PTX 9.0a"
NCCL = {"sm_50": 1, "sm_60": 1, "sm_61": 1, "sm_70": 1, "sm_80": 1, "sm_90": 1}
KNOWN: list[tuple[str, str, dict[str, int] | list[str] | None, str]] = [
    ("nvidia-nccl-cu12==2.21.5", "libnccl.so.2", NCCL, CUOBJDUMP),
    ("bitsandbytes==0.50.2", "libbitsandbytes_cuda126.so", "60 70 75 80 86 89 90".split(), BITSANDBYTES),
    ("bitsandbytes==0.50.2", "libbitsandbytes_cuda128.so", "70 75 80 86 89 90 100 120".split(), BITSANDBYTES),
    ("bitsandbytes==0.50.2", "libbitsandbytes_cuda130.so", "75 80 86 89 90 100 120".split(), BITSANDBYTES),
    ("xformers==0.0.35", "_C.so", ["sm_75", "sm_80", "sm_90a", "compute_80"], XFORMERS),
    ("triton==3.9.0", "libtriton.so", None, "it compiles its kernels when they are called"),
]
# The highest glibc that the tag of the wheel allows: what its libraries for CUDA ask for is no higher.
TAGS = {"nvidia-nccl-cu12": "2.17", "bitsandbytes": "2.24", "xformers": "2.28", "triton": "2.28"}


def libraries(wheel: str, folder: Path) -> dict[str, dict[str, object]]:
    """Download a wheel and give what each of its libraries holds and needs; nothing is left but that."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "-q",
        "--no-deps",
        "--only-binary=:all:",
        "-d",
        str(folder),
        wheel,
    ]
    done = run(command)
    if done.status:
        pytest.skip(f"this index does not give {wheel}: {done.stderr[-200:]}")
    (file,) = folder.glob("*.whl")
    with zipfile.ZipFile(file) as packed:
        names = [name for name in packed.namelist() if _LIBRARY.fullmatch(name)]
        found = {name: _read(packed, name, folder) for name in names}
    file.unlink()
    return found


def _read(packed: zipfile.ZipFile, name: str, folder: Path) -> dict[str, object]:
    path = packed.extract(name, folder)
    code = fatbin.read(path)
    wants = elf.read(path, wants=True).wants
    (folder / name).unlink()
    needs = {symbols: _highest(symbols, wants) for symbols in ("GLIBC", "GLIBCXX")}
    return {"targets": code.targets if code else {}, **{key: value for key, value in needs.items() if value}}


def _highest(symbols: str, wants: frozenset[str]) -> str:
    numbers = [want.removeprefix(f"{symbols}_") for want in wants if want.startswith(f"{symbols}_")]
    versions = [found for number in numbers if (found := cells.version(number)) is not None]
    return str(max(versions)) if versions else ""


@pytest.mark.parametrize("wheel", list(dict.fromkeys(wheel for wheel, *_ in KNOWN)))
def test_a_wheel_holds_what_others_say_it_holds(wheel: str, tmp_path: Path) -> None:
    found = libraries(wheel, tmp_path)
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    known[wheel] = {"date": datetime.datetime.now(datetime.UTC).date().isoformat(), "libraries": found}
    RESULTS.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n")
    for of, name, expected, _source in KNOWN:
        if of == wheel:
            (seen,) = (one for path, one in found.items() if path.rpartition("/")[2] == name)
            _compare(seen["targets"], expected)
    asked = [cells.version(str(one["GLIBC"])) for path, one in found.items() if "GLIBC" in one and "xpu" not in path]
    limit = cells.version(TAGS[wheel.partition("==")[0]])
    assert limit is not None
    assert all(version is not None and version <= limit for version in asked)


def _compare(seen: object, expected: dict[str, int] | list[str] | None) -> None:
    assert isinstance(seen, dict)
    if isinstance(expected, dict):
        assert seen == expected
    else:
        assert list(seen) == [name if "_" in name else f"sm_{name}" for name in expected or ()]
