"""What would the loader miss, were the compiled files of a target loaded as a walk has met them?

Beside that, for each framework: an extension is built for one release of it, and where that one's functions have other
signatures, the loader says `undefined symbol`. Of files that no import loads only names in the framework's own
namespaces are asked for, and only of its own libraries.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.facts import elf, symbols
from envdoctor.model import code, is_of_computer
from envdoctor.model.native import SYMBOLS, Lack
from envdoctor.source.linker import Ground, Linker

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from envdoctor.facts.inside import Root
    from envdoctor.model import Facts
    from envdoctor.model.native import Compiled
    from envdoctor.source.owners import Owners

MOST_FILES = 400
_CAUGHT = code.NAME | code.UNSURE  # whoever catches that a name cannot be imported, catches what a loader says


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


class Natives(NamedTuple):
    """What the loader would miss, and by distribution the highest glibc and libstdc++ asked for, with the file.

    `own`: the system's libraries are those that are here.
    """

    lacks: tuple[Lack, ...] = ()
    floors: Mapping[str, Mapping[str, tuple[str, str]]] = {}
    own: bool = True


def linked(facts: Facts, root: Root, owners: Owners, reached: frozenset[str], compiled: Sequence[Compiled]) -> Natives:
    """Load what a walk has met as the loader would; `reached` are the distributions that it met."""
    if facts.get("os").value not in ("", "linux"):
        return Natives()
    own = not any(fact.source == "given" and is_of_computer(fact.name) for fact in facts.facts.values())
    linker = Linker(_ground(facts, root, own=own), owners)
    try:
        found = [lack for module in compiled if not module.caught & _CAUGHT for lack in linker.load(module)]
        floors = {name: linker.floors(name) for name in sorted(reached & facts.by_name.keys())}
    finally:
        linker.close()
    told = {lack.owner for lack in found if lack.kind == SYMBOLS}
    found += [lack for lack in _lacking(facts, owners, reached) if lack.owner not in told]
    return Natives(tuple(found), {name: floor for name, floor in floors.items() if floor}, own)


def _ground(facts: Facts, root: Root, *, own: bool) -> Ground:
    path = os.path.expanduser(facts.target.path)
    program = (
        "/usr/bin/python3" if root.folder else path if facts.target.kind == "interpreter" else f"{path}/bin/python"
    )
    folders = facts.get("env.LD_LIBRARY_PATH").value.split(":")
    variables = {"LD_LIBRARY_PATH": ":".join(os.path.expanduser(one) for one in folders)} if folders != [""] else {}
    return Ground(program, variables, facts.get("arch").value, root, own)


def _of_image(facts: Facts) -> str:
    """Give the Python of an image, which lies beside its standard library: /usr/bin for /usr/lib/python3.11."""
    library = next((folder.path for folder in facts.search if re.search(r"/lib(64)?/python[\d.]+$", folder.path)), "")
    prefix, _, name = library.rpartition("/")
    return f"{os.path.dirname(prefix)}/bin/{name}"


def _lacking(facts: Facts, owners: Owners, reached: frozenset[str]) -> Iterator[Lack]:
    """Give what the compiled files of distributions that are reached expect of a framework in vain.

    A framework may load them by itself, as TensorFlow does its ops, so that no import shows it.
    """
    for provider, framework in FRAMEWORKS.items():
        libraries = [place for name in framework.libraries for place in owners.places(provider, name)]
        if not libraries:
            continue
        names = frozenset(os.path.basename(library) for library in libraries)
        for name in sorted(reached & facts.by_name.keys() - {provider}):
            declared = any(requirement.name == provider for requirement in facts.by_name[name].requires)
            yield from _of(name, provider, owners, framework, libraries, () if declared else names)


def _of(
    name: str, provider: str, owners: Owners, framework: Framework, libraries: list[str], needing: Collection[str]
) -> Iterator[Lack]:
    """Give the first file of a distribution that lacks symbols; of those that need certain libraries, if any."""
    files = owners.compiled(name)
    for path in files[:MOST_FILES]:
        try:
            needed = set(elf.read(path).needed)
            if needing and not needed & set(needing):
                continue
            wanted = symbols.expected(path, framework.spaces)
            beside = [file for file in files if os.path.basename(file) in needed]  # its own distribution has them too
            missing = symbols.lacking(wanted, [*libraries, *beside]) if wanted else []
        except elf.Unreadable:
            continue
        if missing:
            yield Lack(SYMBOLS, name, path, tuple(missing), provider)
            return
