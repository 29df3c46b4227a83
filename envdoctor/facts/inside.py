"""Follow paths without leaving a root: in an unpacked image an absolute link points into the image, not at us."""

from __future__ import annotations

import os
from functools import lru_cache

from envdoctor.facts import beginnings

MOST_LINKS = 40  # as many as Linux follows
NOWHERE = "\N{REPLACEMENT CHARACTER}"


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
                return f"{self.folder}/{NOWHERE}"
            found = self.folder if leads.startswith("/") else found
            waiting += leads.split("/")[::-1]
        return found


class Files:
    """Files by the paths that a program inside a root would use; without a root, the files that are here."""

    def __init__(self, root: Root | None = None) -> None:
        self._root = root or Root()

    @property
    def here(self) -> bool:
        """Say whether these are the files of this computer."""
        return not self._root.folder

    def place(self, path: str) -> str:
        """Give where a path lies on this computer; one that is not absolute names nothing in an image."""
        if self.here:
            return path
        return self._root.placed(path) if path.startswith("/") else f"{self._root.folder}/{NOWHERE}"

    def real(self, path: str) -> str:
        """Give the path of the file that a path leads to."""
        return os.path.realpath(path) if self.here else self._root.below(self.place(path))

    def holds(self, path: str) -> bool:
        """Say whether there is a regular file."""
        return os.path.isfile(self.place(path))

    def text(self, path: str, most: int = beginnings.MOST) -> str:
        """Give the beginning of a regular file as text, or nothing if it cannot be read."""
        return beginnings.text(self.place(path), most)

    def names(self, folder: str) -> list[str]:
        """Give the names in a folder, sorted, or none if it cannot be read."""
        return beginnings.names(self.place(folder))

    def matching(self, folder: str, pattern: str) -> list[str]:
        """Give the paths below a folder that match a pattern, of which each part may hold a `*`."""
        from fnmatch import filter as matches

        found = [folder]
        for part in pattern.split("/"):
            inner = [(place, matches(self.names(place), part) if "*" in part else [part]) for place in found]
            found = [f"{place}/{name}" for place, names in inner for name in names]
        return [path for path in found if os.path.lexists(self.place(path))]

    def program(self, name: str, path: str) -> str:
        """Give the first program of a name in the folders of a PATH, or nothing."""
        places = (f"{folder}/{name}" for folder in path.split(":") if folder)
        return next((place for place in places if self.holds(place) and os.access(self.place(place), os.X_OK)), "")
