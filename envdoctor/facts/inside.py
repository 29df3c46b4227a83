"""Follow paths without leaving a root: in an unpacked image an absolute link points into the image, not at us."""

from __future__ import annotations

import os
from functools import lru_cache

MOST_LINKS = 40  # as many as Linux follows


class Root:
    """The root of an image, or of nothing: then a path is what it says."""

    def __init__(self, folder: str = "") -> None:
        self.folder = os.path.realpath(folder) if folder else ""
        self.resolved = lru_cache(maxsize=65_536)(self._resolved)

    def real(self, path: str) -> str:
        """Give where a path below the root leads, every link resolved inside it; a loop leads to nothing."""
        return self.resolved(path) if self.folder else path

    def below(self, path: str) -> str:
        """Give a path as the image's own programs would write it."""
        return path.removeprefix(self.folder) or "/" if self.folder else path

    def placed(self, path: str) -> str:
        """Give where a path that a file of the image states lies here."""
        return self.real(self.folder + path) if self.folder and path.startswith("/") else path

    def _resolved(self, path: str) -> str:
        found = self.folder
        waiting = os.path.relpath(path, self.folder).split(os.sep)[::-1] if path != self.folder else []
        links = 0
        while waiting:
            part = waiting.pop()
            if part in ("", "."):
                continue
            if part == "..":
                found = os.path.dirname(found) if found != self.folder else found
                continue
            step = f"{found}/{part}"
            try:
                leads = os.readlink(step)
            except OSError:  # no link, or nothing there
                found = step
                continue
            links += 1
            if links > MOST_LINKS:
                return f"{self.folder}/\N{REPLACEMENT CHARACTER}"
            found = self.folder if leads.startswith("/") else found
            waiting += leads.split("/")[::-1]
        return found
