"""A folder with an environment.yml, a channel, and the lock that is made there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from envdoctor.app import lock as app
from envdoctor.facts import At
from envdoctor.formats import condalock
from tests.locks.channel import Channel, furnished

if TYPE_CHECKING:
    from pathlib import Path

    from envdoctor.formats.condalock import CondaLock
    from envdoctor.model.locks import Written

HOST = ("os=linux", "arch=x86_64")


class Bench:
    """A folder with an environment.yml, a channel, and the lock that is made there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.channel = furnished(Channel(folder / "channel"))
        self.url = self.channel.write()
        self.said: list[str] = []

    def ask(self, *dependencies: str, pip: tuple[str, ...] = (), channels: tuple[str, ...] = ()) -> None:
        """Write the environment.yml."""
        lines = ["name: own", "channels:", *(f"  - {channel}" for channel in channels or (self.url,)), "dependencies:"]
        lines += [f"  - {one}" for one in dependencies]
        lines += ["  - pip:", *(f"      - {one}" for one in pip)] if pip else []
        (self.folder / "environment.yml").write_text("\n".join(lines) + "\n")

    def lock(self, *facts: str, **more: Any) -> Written:
        """Lock it for Linux."""
        subject, at = str(self.folder / "environment.yml"), At(given=(*HOST, *facts))
        asked = app.Asked(subject, at=at, **{"before": "2026-11-20", **more})
        (written,) = app.lock(asked, self.said.append)
        return written

    @property
    def path(self) -> Path:
        """Give the path of the lock."""
        return self.folder / "own.conda-lock.yml"

    def read(self) -> CondaLock:
        """Give the lock."""
        return condalock.read(self.path)

    def builds(self) -> dict[str, str]:
        """Give version and build of each package."""
        return {package.name: f"{package.version} {package.build}".strip() for package in self.read().packages}
