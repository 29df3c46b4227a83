"""The words that all nouns share: status, state, place, and which components are the host's."""

from __future__ import annotations

import re
from enum import Enum, StrEnum
from typing import NamedTuple

_SEPARATORS = re.compile(r"[-_.]+")

HOST_COMPONENTS = frozenset(
    "python implementation os arch glibc libstdcxx container driver cudnn nccl nvjitlink gcc accelerator".split()
)

# the first words of dotted facts, as `gpu` of `gpu.compute`
HOST_FAMILIES = frozenset("env gpu cuda nvidia os needs cudnn nccl torch vllm".split())
_COMPUTER = frozenset("driver glibc libstdcxx container gcc cuda.driver cuda.toolkit".split())


# the last words of what is worked out of a build or of the copies of a library, as `cuda` of `torch.cuda`
OF_A_BUILD = frozenset("cuda for_torch arch_list hidden compat".split())


def normalised(name: str) -> str:
    """Give the name of a distribution in its normal form, as PEP 503 defines it.

    The function of packaging would bring along what knows platforms and the tags of wheels: a tenth of a check.
    """
    return _SEPARATORS.sub("-", name).lower()


def is_of_computer(component: str) -> bool:
    """Say whether a fact belongs to the computer, not to the environment or to the job's variables."""
    return component in _COMPUTER or component.startswith(("gpu.", "nvidia.", "os."))


def is_of_files(component: str) -> bool:
    """Say whether a fact is worked out of the compiled files of a distribution, for those who ask for it."""
    return component.startswith("needs.") or component.endswith(".arch_list")


def can_be_given(component: str) -> bool:
    """Say whether a name is one that a person may state as a fact of a computer."""
    family, dot, rest = component.partition(".")
    return component in HOST_COMPONENTS or bool(dot and rest and family in HOST_FAMILIES)


def is_host(component: str) -> bool:
    """Say whether a component is a fact of the host or of a variable, not a distribution."""
    return component in HOST_COMPONENTS or "." in component


class Status(StrEnum):
    """How bad a finding is; `unknown` means that it could not be judged."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    UNKNOWN = "unknown"


class State(Enum):
    """What is known of a fact: its value, that it is not there, or nothing."""

    KNOWN = "known"
    ABSENT = "absent"
    UNSEEN = "unseen"


class Place(NamedTuple):
    """A position in a file, counted from one."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"
