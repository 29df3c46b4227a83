"""Say where this Python looks for code, and what machine it takes itself to run on.

Run by the target's own interpreter: standard library and old syntax (Python 3.6) only, nothing of envdoctor. Before
anything is imported the search path is cut down to the standard library, so that no file of the target can pose as
one of its modules. Prints one JSON object after a marker line. Shape after uv's get_interpreter_info.py.
"""

import sys

searched = list(sys.path)
# `site` has imported os at start-up; without `site` (-S) the path holds the standard library alone.
library = getattr(sys.modules.get("os"), "__file__", "").rpartition("os.py")[0].rstrip("/\\")
sys.path[:] = [
    path
    for path in searched
    if not library or path == library or path.startswith(library + "/lib-dynload") or path.endswith(".zip")
]

import json  # noqa: E402
import os  # noqa: E402


def glibc() -> "str | None":
    """Give the version of glibc this process runs on, or None (musl, macOS, Windows)."""
    try:
        words = (os.confstr("CS_GNU_LIBC_VERSION") or "").split()
        return words[1] if words[0] == "glibc" else None
    except (AttributeError, OSError, ValueError, IndexError):
        return None


def user_site() -> "dict[str, object]":
    """Give the user's own site folder and whether it is in use."""
    site = sys.modules.get("site")
    return {"path": getattr(site, "USER_SITE", None), "enabled": bool(getattr(site, "ENABLE_USER_SITE", False))}


machine = os.uname() if hasattr(os, "uname") else None
version = sys.version_info
full = "%d.%d.%d" % version[:3]
if version[3] != "final":
    full += {"alpha": "a", "beta": "b", "candidate": "rc"}[version[3]] + str(version[4])
answer = {
    "python": full,
    "implementation": sys.implementation.name,
    "executable": sys.executable,
    "prefix": sys.prefix,
    "base_prefix": getattr(sys, "base_prefix", sys.prefix),
    "path": searched[1:] if searched[:1] == [""] else searched,
    "library": library,
    "managed": sys.prefix == getattr(sys, "base_prefix", sys.prefix)
    and os.path.exists(os.path.join(library, "EXTERNALLY-MANAGED")),
    "user_site": user_site(),
    "os": {"linux": "linux", "darwin": "darwin", "win32": "windows"}.get(sys.platform, sys.platform),
    "kernel": machine.release if machine else None,
    "arch": machine.machine if machine else os.environ.get("PROCESSOR_ARCHITECTURE", "").lower(),
    "glibc": glibc(),
}
sys.stdout.write("\n--envdoctor-probe--\n" + json.dumps(answer) + "\n")
