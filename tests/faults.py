"""Faults of files and shadows: each is made in a small environment of its own, and mended again.

Names and versions stay as they are in most of them, so that what reads only metadata sees nothing.
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.folders import MINOR, TAG, prefix, wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CODE = "def answer():\n    return 42\n"
ALPHA = {"alpha/__init__.py": CODE, "alpha/core.py": CODE * 20}
MODULE = f"fast/_speed.{TAG}.so"
# of a library for 64 bits and x86-64 that asks for nothing
HEADER = "\x7fELF" + "\2\1\1" + "\0" * 9 + "\3\0" + "\x3e\0" + "\1\0\0\0" + "\0" * 28 + "\x40\0" + "\0" * 10


@dataclass(frozen=True)
class Ground:
    """A folder with an environment, a home, and the folder that the job runs in."""

    folder: Path

    @property
    def venv(self) -> Path:
        """Give the environment."""
        return self.folder / "venv"

    @property
    def site(self) -> Path:
        """Give the environment's site folder."""
        return self.venv / "lib" / f"python{MINOR}" / "site-packages"

    @property
    def job(self) -> Path:
        """Give the folder that the job runs in."""
        return self.folder / "job"

    @property
    def user_site(self) -> Path:
        """Give the site folder of the user."""
        return self.folder / "home" / ".local/lib" / f"python{MINOR}" / "site-packages"


@dataclass(frozen=True)
class Fault:
    """What is done to a sound environment, what a report has to name, and how it is mended.

    `variables` are those of the job, with `{folder}` for the ground's; they belong to the fault and go with it.
    """

    name: str
    culprits: tuple[str, ...]
    make: Callable[[Ground], object] | None = None
    mend: Callable[[Ground], object] | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    deep: bool = False

    def surroundings(self, ground: Ground) -> dict[str, str]:
        """Give the variables of the job."""
        return {name: value.format(folder=ground.folder) for name, value in self.variables.items()}


def sound(folder: Path) -> Ground:
    """Make an environment without fault: its Python runs, and each distribution has a true RECORD."""
    ground = Ground(folder)
    base = os.path.dirname(os.path.realpath(sys.executable))
    prefix(ground.venv, ".".join(map(str, sys.version_info[:3])), base)
    for place in (ground.job, ground.folder / "home", ground.folder / "code"):
        place.mkdir()
    install(ground)
    return ground


def install(ground: Ground) -> None:
    """Install every distribution, or install it again, as `--force-reinstall` does."""
    site, python = ground.site, ground.venv / "bin/python"
    wheel(site, "alpha", ALPHA)
    about = wheel(site, "beta", {"beta.py": "import alpha\n", "../../../bin/beta": f"#!{python}\nimport beta\n"})
    declare(about, "Requires-Dist: alpha>=1")
    wheel(site, "fast", {"fast/__init__.py": "from fast import _speed\n", MODULE: HEADER})
    url = f'{{"dir_info": {{"editable": true}}, "url": "file://{ground.folder}/code"}}'
    wheel(site, "mine", {"__editable__.mine.pth": f"{ground.folder}/code\n", "mine-1.0.dist-info/direct_url.json": url})
    wheel(site, "keras", {"keras/__init__.py": ""}, "3.5.0")
    wheel(site, "tensorflow", {"tensorflow/__init__.py": ""}, "2.17.1")
    wheel(site, "matplotlib", {"matplotlib/__init__.py": ""}, "3.10.7")


def declare(about: Path, line: str) -> None:
    """Add a line to the metadata of a distribution."""
    file = about / "METADATA"
    file.write_text(file.read_text().replace("\n\n", f"\n{line}\n\n", 1))


def older(place: Path) -> None:
    """Put another version of alpha into a folder."""
    wheel(place, "alpha", {"alpha/__init__.py": "old = True\n"}, "0.9")


def _write(path: Path, text: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _remove(*paths: Path) -> None:
    for path in paths:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _two_owners(ground: Ground) -> None:
    for name in ("shared-one", "shared-two"):
        wheel(ground.site, name, {"shared/__init__.py": f"{name!r}\n", "shared/core.py": f"{name!r}\n"})


def _one_owner(ground: Ground) -> None:
    """Uninstall both and install one: what their projects say to do."""
    _remove(ground.site / "shared", *ground.site.glob("shared_*.dist-info"))
    wheel(ground.site, "shared-two", {"shared/__init__.py": "'two'\n", "shared/core.py": "'two'\n"})


def _uninstalled_one(ground: Ground) -> None:
    _two_owners(ground)
    _remove(ground.site / "shared", *ground.site.glob("shared_one*.dist-info"))


def _rebuilt_for(tag: str) -> Callable[[Ground], None]:
    def make(ground: Ground) -> None:
        _remove(ground.site / "fast")
        wheel(ground.site, "fast", {"fast/__init__.py": "", f"fast/_speed.{tag}.so": ""})

    return make


def _in_the_user_site(ground: Ground) -> None:
    """Lay the environment on top of a base with a package, of which the user site holds another version."""
    library = Path(os.__file__).parent
    base = ground.folder / "base/lib" / library.name
    base.mkdir(parents=True)
    for entry in library.iterdir():
        if not entry.name.endswith("-packages"):
            (base / entry.name).symlink_to(entry)
    (ground.folder / "base/bin").mkdir()
    for name in ("python", "python3", library.name):
        (ground.folder / "base/bin" / name).symlink_to(os.path.realpath(sys.executable))
    file = ground.venv / "pyvenv.cfg"
    file.write_text(f"home = {ground.folder}/base/bin\ninclude-system-site-packages = true\n")
    wheel(base / "site-packages", "omega", {"omega/__init__.py": ""}, "2.0")
    wheel(ground.user_site, "omega", {"omega/__init__.py": "old = True\n"}, "1.0")


def _dist_info(ground: Ground, name: str = "alpha") -> Path:
    (found,) = ground.site.glob(f"{name}-*.dist-info")
    return found


def _hollow(ground: Ground) -> None:
    (ground.site / "omega/__pycache__").mkdir(parents=True)
    _write(ground.site / "omega/__pycache__/x.pyc")


def _twice(ground: Ground) -> None:
    shutil.copytree(_dist_info(ground), ground.site / "alpha-0.8.dist-info")


def _openmp(ground: Ground) -> None:
    for name, library in (("omega", "libomp.so"), ("iota", "libiomp5.so")):
        wheel(ground.site, name, {f"{name}.libs/{library}": ""})


FAULTS = [
    Fault("a recorded file is gone", ("alpha",), lambda g: _remove(g.site / "alpha/core.py"), install),
    Fault("a recorded file is cut", ("alpha",), lambda g: _write(g.site / "alpha/core.py", CODE), install),
    Fault("every file is gone", ("alpha",), lambda g: _remove(g.site / "alpha"), install),
    Fault(
        "a file of the same size was altered",
        ("alpha",),
        lambda g: _write(g.site / "alpha/core.py", CODE.replace("42", "43") * 20),
        install,
        deep=True,
    ),
    Fault("two distributions own the same files", ("shared-one", "shared-two"), _two_owners, _one_owner),
    Fault("one of two owners was uninstalled", ("shared-two",), _uninstalled_one, _one_owner),
    Fault(
        "a folder that pip renamed is left over",
        ("~lpha",),
        lambda g: shutil.copytree(g.site / "alpha", g.site / "~lpha"),
        lambda g: _remove(g.site / "~lpha"),
    ),
    Fault("metadata without a RECORD", ("alpha",), lambda g: _remove(_dist_info(g) / "RECORD"), install),
    Fault("metadata without its METADATA", ("alpha",), lambda g: _remove(_dist_info(g) / "METADATA"), install),
    Fault(
        "two metadata folders of one distribution",
        ("alpha",),
        _twice,
        lambda g: _remove(g.site / "alpha-0.8.dist-info"),
    ),
    Fault("a package folder with nothing but caches", ("omega",), _hollow, lambda g: _remove(g.site / "omega")),
    Fault("an extension module of another Python", ("fast",), _rebuilt_for("cpython-39-x86_64-linux-gnu"), install),
    Fault("an extension module of another platform", ("fast",), _rebuilt_for("cpython-311-darwin"), install),
    Fault(
        "the folder of an editable install is gone",
        ("mine",),
        lambda g: _remove(g.folder / "code"),
        lambda g: (g.folder / "code").mkdir(),
    ),
    Fault(
        "a script whose interpreter is gone",
        ("beta", "venv"),
        lambda g: _write(g.venv / "bin/beta", "#!/old/venv/bin/python\n"),
        install,
    ),
    Fault(
        "the user site hides a package",
        ("omega", "PYTHONNOUSERSITE"),
        _in_the_user_site,
        lambda g: _remove(g.folder / "home" / ".local"),
    ),
    Fault(
        "PYTHONPATH holds an older copy",
        ("PYTHONPATH", "alpha"),
        lambda g: older(g.folder / "vendor"),
        variables={"PYTHONPATH": "{folder}/vendor"},
    ),
    Fault(
        "PYTHONPATH holds a `random.py`",
        ("PYTHONPATH", "random"),
        lambda g: _write(g.folder / "lib/random.py"),
        variables={"PYTHONPATH": "{folder}/lib"},
    ),
    Fault(
        "the job's folder holds an `alpha.py`",
        ("alpha", "alpha.py"),
        lambda g: _write(g.job / "alpha.py"),
        lambda g: _remove(g.job / "alpha.py"),
    ),
    Fault(
        "the job's folder holds a `random.py`",
        ("random",),
        lambda g: _write(g.job / "random.py"),
        lambda g: _remove(g.job / "random.py"),
    ),
    Fault(
        "LD_PRELOAD names a file that is gone",
        ("LD_PRELOAD",),
        variables={"LD_PRELOAD": "{folder}/gone.so"},
    ),
    Fault(
        "LD_LIBRARY_PATH leads to an empty library",
        ("LD_LIBRARY_PATH", "libstdc++.so.6"),
        lambda g: _write(g.folder / "lib/libstdc++.so.6"),
        variables={"LD_LIBRARY_PATH": "{folder}/lib"},
    ),
    Fault(
        "SSL_CERT_FILE names a file that is gone",
        ("SSL_CERT_FILE",),
        variables={"SSL_CERT_FILE": "{folder}/ca.pem"},
    ),
    Fault(
        "two OpenMP runtimes",
        ("omega", "iota"),
        _openmp,
        lambda g: _remove(g.site / "omega.libs", *g.site.glob("omega-*")),
    ),
    Fault(
        "KERAS_BACKEND names what is not there",
        ("KERAS_BACKEND", "torch"),
        variables={"KERAS_BACKEND": "torch"},
    ),
    Fault(
        "MPLBACKEND names what is not there",
        ("MPLBACKEND", "tornado"),
        variables={"MPLBACKEND": "webagg"},
    ),
    Fault(
        "a declared requirement is not installed",
        ("alpha",),
        lambda g: _remove(g.site / "alpha", _dist_info(g)),
        install,
    ),
    Fault(
        "a declared version is not met",
        ("alpha",),
        lambda g: declare(_dist_info(g, "beta"), "Requires-Dist: alpha>=7"),
        install,
    ),
]
