"""What frameworks say of their build, in the very words of their files, and in words that make no sense."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envdoctor.facts import builds
from envdoctor.model import Distribution

if TYPE_CHECKING:
    from pathlib import Path

    from envdoctor.facts.builds import Build

TORCH = """from typing import Optional

__all__ = ['__version__', 'debug', 'cuda', 'git_version', 'hip', 'rocm', 'xpu']
__version__ = '{version}'
debug = False
cuda: Optional[str] = {cuda}
git_version = '134179474539648ba7dee1317959529fbd0e7f89'
hip: Optional[str] = {hip}
xpu: Optional[str] = None
"""
TENSORFLOW = """import collections
build_info = collections.OrderedDict([('cpu_compiler', '/usr/lib/llvm-18/bin/clang'), ('cuda_compute_capabilities', \
['sm_60', 'sm_70', 'sm_80', 'sm_89', 'compute_90']), ('cuda_version', '12.5.1'), ('cudnn_version', '9'), \
('is_cuda_build', True), ('is_rocm_build', False), ('is_tensorrt_build', False)])
"""
TENSORFLOW_CPU = """import collections
build_info = collections.OrderedDict([('is_cuda_build', False), ('is_rocm_build', False)])
"""
ONNXRUNTIME = "package_name = 'onnxruntime-gpu'\n__version__ = '1.20.1'\ncuda_version = '12.4'\n"


def built(site: Path, name: str, version: str, file: str, text: str) -> Build:
    path = site / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    dist = Distribution(name, version, "site", build=version.partition("+")[2])
    (found,) = builds.read({name: dist}, {"site": str(site)}, str(site.parent))
    return found


@pytest.mark.parametrize(
    ("version", "cuda", "hip", "variant"),
    [
        ("2.6.0+cu124", "'12.4'", "None", "cu124"),
        ("2.6.0", "'12.4'", "None", "cu124"),
        ("2.5.1+cpu", "None", "None", "cpu"),
        ("2.5.1", "None", "None", ""),
        ("2.9.1+rocm6.4", "None", "'6.4.43482'", "rocm6.4"),
        ("1.13.1", '"11.7"', "None", "cu117"),
    ],
)
def test_torch_says_its_variant(version: str, cuda: str, hip: str, variant: str, tmp_path: Path) -> None:
    text = TORCH.format(version=version, cuda=cuda, hip=hip)
    found = built(tmp_path, "torch", version.partition("+")[0], "torch/version.py", text)
    assert found.variant == variant
    assert found.cuda == (None if cuda == "None" else cuda.strip("'\""))
    assert found.file == "torch/version.py"


def test_a_torch_that_says_nothing_of_itself_is_not_taken_for_one_without_cuda(tmp_path: Path) -> None:
    assert built(tmp_path, "torch", "2.6.0", "torch/version.py", "import this\n").file == ""


def test_tensorflow_says_its_cuda_its_cudnn_and_its_targets(tmp_path: Path) -> None:
    found = built(tmp_path, "tensorflow", "2.18.0", builds.FILES["tensorflow"], TENSORFLOW)
    assert (found.variant, found.cuda, found.cudnn) == ("cuda12.5.1", "12.5.1", "9")
    assert found.targets == ("sm_60", "sm_70", "sm_80", "sm_89", "compute_90")


def test_a_tensorflow_for_the_cpu_says_so(tmp_path: Path) -> None:
    found = built(tmp_path, "tensorflow-cpu", "2.18.0", builds.FILES["tensorflow"], TENSORFLOW_CPU)
    assert (found.framework, found.variant, found.cuda) == ("tensorflow", "cpu", None)


def test_onnxruntime_says_its_cuda(tmp_path: Path) -> None:
    found = built(tmp_path, "onnxruntime-gpu", "1.20.1", builds.FILES["onnxruntime"], ONNXRUNTIME)
    assert (found.variant, found.cuda) == ("cuda12.4", "12.4")


def test_conda_names_the_build_in_its_own_record(tmp_path: Path) -> None:
    meta = tmp_path / "conda-meta"
    meta.mkdir()
    (meta / "pytorch-2.5.1-cpu_generic_py311_h84c58cd_6.json").write_text("{}")
    (meta / "history").write_text("")
    text = TORCH.format(version="2.5.1", cuda="None", hip="None")
    found = built(tmp_path / "site-packages", "torch", "2.5.1", "torch/version.py", text)
    assert found.variant == "cpu_generic_py311_h84c58cd_6"


def test_a_pipe_in_place_of_the_file_does_not_block(tmp_path: Path) -> None:
    (tmp_path / "torch").mkdir()
    os.mkfifo(tmp_path / "torch/version.py")
    (found,) = builds.read({"torch": Distribution("torch", "2.6.0", "site")}, {"site": str(tmp_path)}, str(tmp_path))
    assert found.file == ""


_WORDS = st.lists(
    st.sampled_from(["cuda", "=", "'", '"', "12.4", "None", "\n", "(", "[", "]", "is_cuda_build", "True", " ", "\0"])
)


@given(name=st.sampled_from(sorted(builds.FILES)), text=st.one_of(st.text(max_size=300), _WORDS.map("".join)))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_ends_in_a_traceback(name: str, text: str, tmp_path: Path) -> None:
    file = tmp_path / builds.FILES[name]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8", errors="surrogatepass")
    builds.read({name: Distribution(name, "1", "site")}, {"site": str(tmp_path)}, str(tmp_path))
