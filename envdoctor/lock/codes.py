"""The codes of what `lock check` finds."""

from __future__ import annotations

STALE, EDITED, ELSEWHERE, MISSING, EXTRA, OTHER, CHANGED, BUILD = (f"LOCK00{number}" for number in range(1, 9))
TITLES = {
    STALE: "the recipe asks for something else than the lock was made for",
    EDITED: "the packages of a lock were changed by hand",
    ELSEWHERE: "the lock was made for another Python or computer",
    MISSING: "a package of the lock is not installed",
    EXTRA: "what is installed is not in the lock",
    OTHER: "another version is installed than the lock has",
    BUILD: "another build is installed than the lock has",
    CHANGED: "the files of a package are others than when the lock was sealed",
}
OF_TARGET = (MISSING, EXTRA, OTHER, CHANGED)
