"""Do what torch does while it is imported: open the CUDA libraries of the wheels by their paths.

Once its first library is there and has brought a CUDA runtime, newer releases open every CUDA library that a wheel
brings, in an order of their own, before anything else can ask for one; what LD_LIBRARY_PATH leads to then comes too
late. Some releases did so for nvJitLink alone, and for certain CUDAs. Which, is read from torch/__init__.py.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from envdoctor.facts.loader import Process

FIRST = "libtorch_global_deps.so"
_PAIR = r"\(\s*[\"'](\w{1,40})[\"'],\s*[\"'](lib\w{1,40}\.so[^\"'/]{0,40})[\"']"
_ONLY = r"version\.cuda not in \[([^\]]{0,200})\]"


def by_torch(process: Process, sites: Sequence[str], cuda: str) -> None:
    """Open what the torch in some site folders opens by path; `cuda` is the CUDA that it was built for."""
    if not any(name.startswith("libcudart") for name in process.loaded):
        return
    for folder, pattern in _opened(_source(process, sites), cuda):
        places = (f"nvidia/{folder}/lib/{pattern}", f"nvidia/cu{cuda.partition('.')[0]}/lib/{pattern}")
        found = [path for site in sites for place in places for path in process.files.matching(site, place)]
        if found:
            process.open(found[0])


def _source(process: Process, sites: Sequence[str]) -> str:
    texts = (process.files.text(f"{site}/torch/__init__.py") for site in sites)
    return next((text for text in texts if text), "")


def _opened(source: str, cuda: str) -> Iterator[tuple[str, str]]:
    """Give folder and file name of the libraries that a torch opens although its own were found."""
    _, _, after = source.partition("def _load_global_deps(")
    _, looked, block = after.partition("/proc/self/maps")
    block = block.partition("except OSError")[0]
    only = re.search(_ONLY, after)
    if not looked or (only and f'"{cuda}"' not in only[1].replace("'", '"')):
        return
    if "_preload_cuda_deps()" in block:
        block = source.partition("def _preload_cuda_deps(")[2].partition("\ndef ")[0]
    yield from re.findall(_PAIR, block)
