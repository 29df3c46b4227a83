"""Which compiled files expect C++ symbols of a framework that the installed one does not have?

An extension is built for one release of its framework: where that one's functions have other signatures, the loader
says `undefined symbol`. Only names in the framework's own namespaces are asked for, and only of its own libraries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from envdoctor.facts import elf, symbols

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envdoctor.model import Facts
    from envdoctor.source.owners import Owners

MOST_FILES = 400


class Framework(NamedTuple):
    """The namespaces of a framework, and the libraries that hold them, below its site folder."""

    spaces: tuple[str, ...]
    libraries: tuple[str, ...]


FRAMEWORKS = {
    "torch": Framework(
        ("c10", "at", "torch"),
        tuple(f"torch/lib/lib{name}.so" for name in "c10 torch_cpu torch_python torch c10_cuda torch_cuda".split()),
    ),
    "tensorflow": Framework(
        ("tensorflow", "tsl"),
        (
            "tensorflow/libtensorflow_framework.so.2",
            "tensorflow/libtensorflow_cc.so.2",
            "tensorflow/python/_pywrap_tensorflow_internal.so",
            "tensorflow/python/_pywrap_tensorflow_common.so",
        ),
    ),
}


class Lack(NamedTuple):
    """A compiled file and the symbols that it expects in vain; `owner` brings it, `provider` should have them."""

    owner: str
    provider: str
    file: str
    symbols: tuple[str, ...]


def lacking(facts: Facts, owners: Owners, reached: frozenset[str]) -> Iterator[Lack]:
    """Give what the compiled files of distributions that are reached expect of a framework in vain."""
    for provider, framework in FRAMEWORKS.items():
        libraries = [place for name in framework.libraries for place in owners.places(provider, name)]
        if not libraries:
            continue
        for name in sorted(reached & facts.by_name.keys() - {provider}):
            if any(requirement.name == provider for requirement in facts.by_name[name].requires):
                yield from _of(name, provider, owners, framework, libraries)


def _of(name: str, provider: str, owners: Owners, framework: Framework, libraries: list[str]) -> Iterator[Lack]:
    for path in owners.compiled(name)[:MOST_FILES]:
        try:
            wanted = symbols.expected(path, framework.spaces)
            missing = symbols.lacking(wanted, libraries) if wanted else []
        except elf.Unreadable:
            continue
        if missing:
            yield Lack(name, provider, path, tuple(missing))
            return
