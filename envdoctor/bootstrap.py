"""Make the private environment of a checkout once, and go on in it.

`python3 envdoctor` and `python3 tests` need nothing but a Python: what pyproject.toml lists is installed into a hidden
folder of the checkout, or of the user's cache if the checkout cannot be written. The tool then runs in that folder's
Python, isolated from PYTHONPATH and PYTHONHOME, with every variable left as it is, for it reports on them.

Standard library only; once all is set up, only what a Python has loaded at its start.
"""

from __future__ import annotations

import io
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
LIMIT_SECONDS = 600
_PROJECT = os.path.join(ROOT, "pyproject.toml")
# pip settings that say how to reach an index; all others bend where pip installs to, or what it may choose.
_PIP_KEPT = frozenset(
    "PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_FIND_LINKS PIP_NO_INDEX PIP_TRUSTED_HOST PIP_CERT PIP_CLIENT_CERT PIP_PROXY "
    "PIP_TIMEOUT PIP_DEFAULT_TIMEOUT PIP_RETRIES PIP_CONFIG_FILE PIP_CACHE_DIR PIP_NO_CACHE_DIR PIP_KEYRING_PROVIDER "
    "PIP_USE_FEATURE PIP_USE_DEPRECATED".split()
)
_PIP_FORCED = {"PIP_USER": "0", "PIP_CONSTRAINT": os.devnull, "PIP_REQUIRE_HASHES": "0", "PIP_REQUIRE_VIRTUALENV": "0"}


class Failure(Exception):
    """The set-up cannot be done; says why, and a way out."""

    def __init__(self, problem: str, hint: str) -> None:
        super().__init__(problem)
        self.hint = hint


def is_bare() -> bool:
    """Say whether this is a checkout, run by a Python that has not got what envdoctor needs."""
    import importlib.util

    return os.path.isfile(_PROJECT) and importlib.util.find_spec("typer") is None


def enter(purpose: str, extras: tuple[str, ...]) -> None:
    """Return if this Python is the private one, or no checkout is here; else become it, set up if need be."""
    if "envdoctor" in sys._xoptions:
        _encode_as_told()
        return
    if not os.path.isfile(_PROJECT):
        return
    homes = _homes(purpose)
    home = next((home for home in homes if _is_ready(home)), "")
    if not home and not sys.flags.isolated:
        _become(sys.executable)  # PYTHONPATH may hold a module that hides one of those the set-up needs
    _become(_python(home or _set_up(homes, extras)), "-X", "envdoctor")


def surroundings() -> dict[str, str]:
    """Give the variables of this process without those that bend Python or pip towards another environment."""
    bent = ("PYTHON", "PIP_", "VIRTUAL_ENV", "CONDA_PREFIX", "__PYVENV_LAUNCHER__")
    kept = {name: value for name, value in os.environ.items() if name in _PIP_KEPT or not name.startswith(bent)}
    return {**kept, **_PIP_FORCED}


def _homes(purpose: str) -> list[str]:
    homes = [os.path.join(ROOT, ".private", purpose)]
    cache = os.environ.get("XDG_CACHE_HOME", "")
    user = os.environ.get("HOME", "")
    if not os.path.isabs(cache):
        cache = os.path.join(user, ".cache") if os.path.isabs(user) else ""
    return [*homes, os.path.join(cache, "envdoctor", purpose)] if cache else homes


def _python(home: str) -> str:
    return os.path.join(home, "Scripts", "python.exe") if os.name == "nt" else os.path.join(home, "bin", "python")


def _is_ready(home: str) -> bool:
    try:
        with open(_stamp(home), "rb") as stamp:
            return stamp.read() == _origin(home)
    except OSError:
        return False


def _stamp(home: str) -> str:
    return os.path.join(home, "envdoctor.stamp")


def _origin(home: str) -> bytes:
    """Give what an environment is made from: the interpreter it leads to, as it is now, and pyproject.toml."""
    base = os.path.realpath(_python(home))
    seen = os.stat(base)
    with open(_PROJECT, "rb") as project:
        return os.fsencode(f"{base} {seen.st_size} {seen.st_mtime_ns}\n") + project.read()


def _become(python: str, *options: str) -> None:
    command = [python, "-I", "-X", f"utf8={sys.flags.utf8_mode}", *options, *sys.argv]
    if os.name == "nt":  # exec there ends this process at once, and the shell goes on without its child
        import subprocess

        sys.exit(subprocess.call(command))
    os.execv(python, command)  # noqa: S606 - no shell is wanted


def _encode_as_told() -> None:
    """Obey PYTHONIOENCODING, which an isolated Python does not."""
    encoding, _, errors = os.environ.get("PYTHONIOENCODING", "").partition(":")
    for stream in (sys.stdin, sys.stdout):
        if sys.flags.ignore_environment and isinstance(stream, io.TextIOWrapper) and (encoding or errors):
            stream.reconfigure(encoding=encoding or None, errors=errors or None)


def _set_up(homes: list[str], extras: tuple[str, ...]) -> str:
    import signal

    for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        home = _choose(homes)
        _make(home, extras)
    except (Failure, OSError) as error:
        hint = error.hint if isinstance(error, Failure) else "see to what it says, then run the same again"
        sys.stderr.write(f"error: no private environment: {error}\n  hint: {_hint(str(error), hint)}\n")
        sys.exit(3)
    except KeyboardInterrupt:
        sys.stderr.write("error: interrupted; nothing is left of the set-up\n")
        sys.exit(130)
    return home


def _choose(homes: list[str]) -> str:
    for home in homes:
        parent = os.path.dirname(home)
        try:
            os.makedirs(parent, exist_ok=True)
        except OSError:
            continue
        if os.access(parent, os.W_OK | os.X_OK):
            return home
    raise Failure(
        f"{' and '.join(map(_tilde, homes))} cannot be written",
        "set XDG_CACHE_HOME to a folder that can be, or install envdoctor with `pipx install`",
    )


def _make(home: str, extras: tuple[str, ...]) -> None:
    import shutil

    lock = _lock(home)
    try:
        if _is_ready(home):
            return
        _say(f"setting up a private environment in {_tilde(home)} (once; some 20 seconds, more on a slow network)")
        shutil.rmtree(home, ignore_errors=True)
        _install(home, _requirements(extras))
        with open(_stamp(home), "wb") as stamp:
            stamp.write(_origin(home))
    except BaseException:
        shutil.rmtree(home, ignore_errors=True)
        raise
    finally:
        lock.close()


def _lock(home: str) -> io.BufferedWriter:
    """Wait until no other process sets up the same folder; closing what is given lets the next one in."""
    lock = open(f"{home}.lock", "ab")  # noqa: SIM115 - held open until the set-up is done
    try:
        import fcntl
    except ImportError:  # Windows has none
        return lock
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _say("another process is setting up the private environment; waiting for it")
        fcntl.flock(lock, fcntl.LOCK_EX)
    except OSError:
        pass  # a network file system without locks
    return lock


def _requirements(extras: tuple[str, ...]) -> list[str]:
    import tomllib

    with open(_PROJECT, "rb") as file:
        try:
            project = tomllib.load(file)["project"]
            groups = [project["dependencies"], *(project["optional-dependencies"][extra] for extra in extras)]
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError) as error:
            raise Failure(f"{_tilde(_PROJECT)} cannot be read: {error}", "restore it, for example from git") from None
    return [requirement for group in groups for requirement in group]


def _install(home: str, wanted: list[str]) -> None:
    import importlib.util

    minor = f"python3.{sys.version_info.minor}"
    hint = f"on Debian and Ubuntu `apt install {minor}-venv`; else use another Python, as python.org's or conda's"
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            raise Failure(f"{sys.executable} comes without its module `{module}`", hint)
    _run([sys.executable, "-I", "-m", "venv", home], "`python -m venv` failed", hint)
    pip = [_python(home), "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet"]
    hint = "is an index of Python packages reachable? pip's own settings apply: PIP_INDEX_URL, PIP_PROXY, pip.conf"
    _run([*pip, *wanted], f"pip could not install {', '.join(wanted)}", hint)


def _run(command: list[str], problem: str, hint: str) -> None:
    import subprocess

    process = subprocess.Popen(
        command,
        env=surroundings(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        said = process.communicate(timeout=LIMIT_SECONDS)[0].decode(errors="replace")
    except BaseException as error:
        _end(process.pid)
        process.wait()
        if isinstance(error, subprocess.TimeoutExpired):
            raise Failure(f"{problem}: not done after {LIMIT_SECONDS} seconds", hint) from None
        raise
    if process.returncode:
        raise Failure(f"{problem}:\n{_last_lines(said)}", hint)


def _end(process: int) -> None:
    """End a process and its children, which share a group of its number."""
    import signal

    if os.name == "nt":
        os.kill(process, signal.SIGTERM)
    else:
        os.killpg(process, signal.SIGKILL)


def _hint(problem: str, otherwise: str) -> str:
    return "free some space: about 150 MB are needed" if "o space left" in problem else otherwise


def _last_lines(said: str) -> str:
    lines = ["".join(c if c.isprintable() else " " for c in line).rstrip() for line in said.splitlines()]
    return "\n".join(f"    {_tilde(line)}" for line in [line for line in lines if line][-8:])


def _tilde(text: str) -> str:
    user = os.environ.get("HOME", "").rstrip("/")
    return text.replace(user + "/", "~/") if os.path.isabs(user) else text


def _say(words: str) -> None:
    sys.stderr.write(f"envdoctor: {words}\n")
    sys.stderr.flush()
