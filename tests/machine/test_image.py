"""An unpacked image with CUDA in it, on a computer with other files at the same paths: only its own are read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from envdoctor import facts
from envdoctor.app.check import check
from envdoctor.app.options import At, Options
from envdoctor.facts.fingerprint import fingerprint
from tests.folders import wheel
from tests.machine.building import RPATH, library, needing, needs_compiler
from tests.machine.fatbins import CUBIN, container, holder, member
from tests.machine.test_libraries import versioned

pytestmark = [needs_compiler, pytest.mark.skipif(sys.platform != "linux", reason="the loader of glibc is Linux's")]
ROOT = Path(__file__).parents[2]
SITE = "opt/venv/lib/python3.11/site-packages"
BANNER = 'const char banner[] = "GNU C Library (Debian GLIBC 2.31-13) stable release version 2.31.";\n'
VERSIONS = {
    "torch": "2.6.0",
    "nvidia-cuda-runtime-cu12": "12.4.127",
    "nvidia-cudnn-cu12": "9.1.0.70",
    "nvidia-nccl-cu12": "2.21.5",
}
# Prints every file and folder that a look at an image opens, but for those of Python and of envdoctor.
WATCHED = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
from envdoctor import facts
from envdoctor.facts import builds, compiled, images, libraries, live, listed, machine, snapshot, static, toolkit
import fnmatch, json.decoder
own, opened = (sys.argv[1], sys.prefix, sys.base_prefix, os.path.dirname(os.__file__)), set()
def hook(event, words):
    if event in ("open", "os.listdir", "os.scandir") and isinstance(words[0], (str, bytes, os.PathLike)):
        path = os.path.realpath(os.fsdecode(words[0]))
        if not path.startswith(own) and event:
            opened.add(path)
sys.addaudithook(hook)
seen = facts.Look(facts.At(sys.argv[2], given=tuple(sys.argv[3:]), deep=True)).facts(["torch.arch_list"])
print(json.dumps([sorted(opened), {name: fact.value for name, fact in seen.facts.items()}]))
"""


def put(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def link(path: Path, leads: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(leads)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """Give an image as NVIDIA's are: every link in it is absolute, as it is for the programs inside."""
    root = tmp_path / "image"
    put(root / "usr/lib/os-release", 'NAME="Debian GNU/Linux"\nVERSION_ID="11"\n')
    link(root / "etc/os-release", "/usr/lib/os-release")
    link(root / "lib", "/usr/lib")
    library(root / "usr/lib/libc.so.6", BANNER)
    library(root / "usr/lib/libstdc++.so.6.0.28", soname="libstdc++.so.6")
    link(root / "usr/lib/libstdc++.so.6", "/lib/libstdc++.so.6.0.28")
    toolkit(root / "usr/local/cuda-12.4", "12.4.131")
    link(root / "etc/alternatives/cuda", "/usr/local/cuda-12.4")
    link(root / "usr/local/cuda", "/etc/alternatives/cuda")
    environment(root)
    return root


def toolkit(folder: Path, version: str) -> None:
    put(folder / "version.json", json.dumps({"cuda_nvcc": {"version": version}}))
    put(folder / "bin/nvcc").chmod(0o755)


def environment(root: Path) -> None:
    """Lay out a torch that is linked from elsewhere in the image, and its wheels."""
    site = root / SITE
    put(root / "opt/venv/pyvenv.cfg", "home = /usr/bin\nversion = 3.11.7\n")
    brought = {"cuda_runtime": "libcudart.so.12", "cudnn": "libcudnn.so.9", "nccl": "libnccl.so.2"}
    libraries = [str(library(site / "nvidia" / folder / "lib" / name)) for folder, name in brought.items()]
    cuda = root / "srv/torch/lib/libtorch_cuda.so"
    cuda.parent.mkdir(parents=True)
    folders = ":".join(f"/{SITE}/nvidia/{folder}/lib" for folder in brought)
    needing(cuda, Path(libraries[0]), *libraries[1:], *RPATH, f"-Wl,-rpath,{folders}")
    library(root / "srv/torch/lib/libtorch_global_deps.so")
    put(root / "srv/torch/version.py", "__version__ = '2.6.0+cu124'\ncuda: Optional[str] = '12.4'\nhip = None\n")
    link(site / "torch", "/srv/torch")
    for name, version in VERSIONS.items():
        wheel(site, name, {}, version)


def seen(image: Path, *given: str) -> tuple[list[str], dict[str, str]]:
    done = subprocess.run(
        [sys.executable, "-I", "-c", WATCHED, str(ROOT), str(image), *given],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    opened, told = json.loads(done.stdout)
    return [path for path in opened if not path.startswith(f"{image}/") and path != str(image)], told


def test_what_an_image_brings_of_cuda_is_read_and_no_file_of_this_computer_is_opened(image: Path) -> None:
    outside, told = seen(image)
    assert outside == []
    expected = {
        "os.release": "Debian GNU/Linux 11",
        "glibc": "2.31",
        "libstdcxx": "3.4.28",
        "cuda.toolkit": "12.4.131",
        "cuda.runtime": "12.4.127",
        "nccl": "2.21.5",
        "cudnn": "9.1.0.70",
    }
    assert {name: told.get(name) for name in expected} == expected
    assert not told.keys() & {"driver", "nvidia.libcuda", "container", "os.kernel", "env.LD_LIBRARY_PATH"}


def test_what_an_image_is_started_with_is_stated_and_leads_to_its_own_files(image: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"  # is there on this computer, and not in the image
    toolkit(elsewhere / "cuda", "11.8.89")
    versioned(elsewhere / "lib", "libnccl.so.2", "2.27.1")
    versioned(image / "srv/old", "libnccl.so.2", "2.18.3")
    variables = {"CUDA_HOME": f"{elsewhere}/cuda", "LD_LIBRARY_PATH": f"{elsewhere}/lib:/srv/old:lib"}
    outside, told = seen(image, *(f"env.{name}={value}" for name, value in variables.items()))
    assert outside == []
    assert (told["cuda.toolkit"], told["nccl"]) == ("12.4.131", "2.21.5")
    assert told["nccl.candidates"] == "2.21.5 2.18.3"


def test_links_that_climb_out_of_an_image_end_in_it(image: Path, tmp_path: Path) -> None:
    toolkit(tmp_path / "cuda-13.9", "13.9.1")
    link(image / "usr/local/cuda-13.9", "../../../cuda-13.9")
    put(tmp_path / "version.py", "__version__ = '9.9+cu139'\ncuda: Optional[str] = '13.9'\nhip = None\n")
    (image / "srv/torch/version.py").unlink()
    link(image / "srv/torch/version.py", "../../../version.py")
    outside, told = seen(image)
    assert outside == []
    assert (told["cuda.toolkit"], "cuda.toolkit.candidates" in told) == ("12.4.131", False)


def test_an_image_is_judged_for_the_machines_that_it_is_for(image: Path, tmp_path: Path) -> None:
    machines = "  old: {driver: 470.82.01, gpu.compute: '8.0'}\n  new: {driver: 550.54.15, gpu.compute: '8.0'}\n"
    recipe = put(tmp_path / "r.yml", f"recipe: 1\nname: r\nhost: {{accelerator: cuda}}\nmachines:\n{machines}")
    found = check(Options(str(recipe), At(str(image)), machines=("all",)), lambda _: None).findings
    assert {(one.code, one.machine) for one in found if one.status == "error"} == {("CUDA002", "old")}
    alone = check(Options(str(recipe), At(str(image))), lambda _: None).findings
    waiting = [one for one in alone if one.status == "unknown" and one.evidence[0].name == "driver"]
    assert waiting
    assert "`--machine` names the computer" in waiting[0].cause


def test_how_deep_one_looks_does_not_change_the_fingerprint(image: Path) -> None:
    site = image / SITE
    holder(site / "nvidia/nccl/lib/libnccl.so.2", container(member(CUBIN, 80)))
    about = site / "nvidia_nccl_cu12-2.21.5.dist-info"
    record = (about / "RECORD").read_text()
    (about / "RECORD").write_text(f"nvidia/nccl/lib/libnccl.so.2,,\n{record}")
    plain = facts.Look(At(str(image))).facts()
    deep = facts.Look(At(str(image), deep=True)).facts(["nvidia-nccl-cu12.arch_list"])
    assert deep.facts.keys() - plain.facts.keys() == {"nvidia-nccl-cu12.arch_list"}
    assert fingerprint(deep) == fingerprint(plain)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: nvidia-nccl-cu12\nVersion: 2.21.6\n\n")
    assert fingerprint(facts.Look(At(str(image))).facts()) != fingerprint(plain)
