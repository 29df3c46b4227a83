"""What was seen of a target."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.model.terms import State, is_host

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from envdoctor.model.traces import Folder, Trace


@dataclass(frozen=True, slots=True)
class Fact:
    """One observed value and where it was read; for an unseen one `source` is the reason.

    `all` holds one value a device, in CUDA order, where there are several; `value` is then the least capable.
    """

    name: str
    value: str = ""
    source: str = ""
    all: tuple[str, ...] = ()
    state: State = State.KNOWN


class Requirement(NamedTuple):
    """A Requires-Dist line, taken apart; the name is normalised, the rest is as written."""

    name: str
    extras: tuple[str, ...] = ()
    specifier: str = ""
    marker: str = ""


class Distribution(NamedTuple):
    """An installed distribution as its folder or a list names it.

    `name` is normalised. `headers` says whether its metadata was read, `fault` why it could not be. `compiled` has the
    tags of the extension modules it holds, as their file names state them.
    """

    name: str
    version: str
    location: str = ""
    installer: str = ""
    build: str = ""
    folder: str = ""
    headers: bool = False
    requires_python: str = ""
    fault: str = ""
    compiled: tuple[str, ...] = ()
    requires: tuple[Requirement, ...] = ()


class Target(NamedTuple):
    """What is judged. `kind` is interpreter, prefix, image, snapshot or list."""

    kind: str
    path: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that was seen of a target.

    `missing` gives the reason why a fact is unseen. `listed`: the distributions are all there are, so one that is not
    among them is absent. `managed`: the Python belongs to the operating system (PEP 668), nothing may be installed.
    `stands`: of a package that is not there, the installed one that stands in for it.
    `looked`: files were looked at, so that `traces` holds all that is wrong with them; `search` is where the Python
    looks for code.
    """

    target: Target
    facts: Mapping[str, Fact] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    distributions: tuple[Distribution, ...] = ()
    listed: bool = True
    taken: str = ""
    managed: bool = False
    looked: bool = False
    traces: tuple[Trace, ...] = ()
    search: tuple[Folder, ...] = ()
    by_name: Mapping[str, Distribution] = field(default_factory=dict)
    stands: Mapping[str, str] = field(default_factory=dict)

    def distribution(self, name: str) -> Distribution | None:
        """Give the distribution of a name, or the one that stands in for it."""
        return self.by_name.get(name) or self.by_name.get(self.stands.get(name, ""))

    def get(self, name: str) -> Fact:
        """Give the fact of a component: known (under its own name, where it stands in for it), absent or unseen."""
        if name in self.facts:
            return self.facts[name]
        found = self.distribution(name)
        if found is not None:
            return Fact(found.name, found.version, found.folder or found.location or self.target.path)
        if name in self.missing:
            return Fact(name, source=self.missing[name], state=State.UNSEEN)
        if name.startswith("env."):
            return Fact(name, source="not set", state=State.ABSENT)
        if is_host(name) or not self.listed:
            return Fact(name, source="nothing says what it is here", state=State.UNSEEN)
        return Fact(name, source=f"not installed in {self.target.path}", state=State.ABSENT)

    def traced(self, *what: str) -> Iterator[Trace]:
        """Give the traces of some kinds."""
        return (trace for trace in self.traces if trace.what in what)

    def need(self, name: str) -> Fact:
        """Give a fact that a check cannot do without; raise Unseen if it was not seen."""
        fact = self.get(name)
        if fact.state is State.UNSEEN:
            raise Unseen(fact)
        return fact


class Machine(NamedTuple):
    """The host facts of a computer, which a target that is here may be judged for; `missing` as in `Facts`."""

    name: str
    facts: Mapping[str, Fact]
    missing: Mapping[str, str] = MappingProxyType({})


class Unseen(Exception):
    """A check needs a fact that was not seen; the runner makes it an `unknown` finding."""

    def __init__(self, fact: Fact) -> None:
        super().__init__(fact.name)
        self.fact = fact
