"""Evaluate environment markers for the target, not for the Python that runs envdoctor."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envdoctor.model import Unseen, normalised

if TYPE_CHECKING:
    from envdoctor.model import Fact, Facts

_VARIABLES = {
    "python_version": "python",
    "python_full_version": "python",
    "implementation_version": "python",
    "os_name": "os",
    "sys_platform": "os",
    "platform_system": "os",
    "platform_machine": "arch",
    "implementation_name": "implementation",
    "platform_python_implementation": "implementation",
    "platform_release": "os.kernel",
    "platform_version": "os.version",
}
_SYSTEM = {
    "linux": ("posix", "linux", "Linux"),
    "darwin": ("posix", "darwin", "Darwin"),
    "macos": ("posix", "darwin", "Darwin"),
}
_SYSTEM |= {"windows": ("nt", "win32", "Windows"), "win32": ("nt", "win32", "Windows")}
_EXTRA_ALONE = re.compile(r"""\s*extra\s*==\s*["']([\w.-]+)["']\s*""")  # most markers are no more than this
_NAMES = {"cpython": "CPython", "pypy": "PyPy"}
_NAME = re.compile(
    r"\b(python_version|python_full_version|implementation_version|os_name|sys_platform|platform_system|"
    r"platform_machine|implementation_name|platform_python_implementation|platform_release|platform_version)\b"
)


class Markers:
    """The markers of one target; answers are remembered, for an environment repeats few of them."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._answers: dict[tuple[str, str], bool] = {}
        self._unseen: dict[str, Fact] = {}

    @property
    def unseen(self) -> tuple[Fact, ...]:
        """Give the facts that `may_hold` was asked for and that were not seen, each once."""
        return tuple(self._unseen.values())

    def may_hold(self, marker: str, extra: str = "") -> bool:
        """Say whether a marker holds; one that asks for a fact which was not seen does not, and the fact is noted."""
        try:
            return self.hold(marker, extra)
        except Unseen as unseen:
            self._unseen[unseen.fact.name] = unseen.fact
            return False

    def hold(self, marker: str, extra: str = "") -> bool:
        """Say whether a marker holds; raise Unseen if it asks for a fact that was not seen."""
        if not marker:
            return True
        key = (marker, extra)
        if key not in self._answers:
            self._answers[key] = self._evaluate(marker, extra)
        return self._answers[key]

    def _evaluate(self, marker: str, extra: str) -> bool:
        if alone := _EXTRA_ALONE.fullmatch(marker):
            return bool(extra) and normalised(alone[1]) == normalised(extra)
        from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName

        values = {name: self._value(name) for name in set(_NAME.findall(marker))}
        try:
            return Marker(marker).evaluate({**values, "extra": extra})
        except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName):
            return False  # a marker that no installer understands asks for nothing

    def _value(self, name: str) -> str:
        seen = self._facts.need(_VARIABLES[name]).value
        if name == "python_version":
            return ".".join(seen.split(".")[:2])
        if name in ("python_full_version", "implementation_version"):
            return seen if seen.count(".") > 1 else f"{seen}.0"
        if name == "platform_python_implementation":
            return _NAMES.get(seen, seen)
        system = _SYSTEM.get(seen, ("posix", seen, seen.capitalize()))
        return dict(zip(("os_name", "sys_platform", "platform_system"), system, strict=True)).get(name, seen)
