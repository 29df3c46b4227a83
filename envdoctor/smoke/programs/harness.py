"""Run trials in the Python that is asked about, and print what they measured as one JSON object, `envdoctor.smoke/1`.

    python harness.py --modules torch_basics,torch_attention [--only mla,rope] [--groups core] [--device cpu] …

A trial is a generator of figures: what was got, and what it may be. Whether that is good is judged elsewhere. What a
library prints goes to stderr, and so does a line for each trial and each native library, so that a process which dies
has said where. Standard library only, and a syntax that runs on old Pythons.
"""

from __future__ import annotations

import argparse
import faulthandler
import importlib
import inspect
import json
import math
import os
import sys
import time
import traceback
import warnings
from typing import Any, Callable, Iterator, NamedTuple, Optional

SCHEMA = "envdoctor.smoke/1"
AT_TRIAL, AT_LIBRARY = "envdoctor-trial ", "envdoctor-library "
HERE = os.path.dirname(os.path.abspath(__file__))
MOST_TEXT = 4000


class Unable(Exception):
    """A trial cannot be run here; the reason is told, and nothing is judged."""


class Settings(NamedTuple):
    """How to try: on which device, with models of which size, with how many threads."""

    device: str = "cpu"
    preset: str = "tiny"
    threads: int = 1
    file: str = ""


class Trial(NamedTuple):
    """A generator of figures, by its name and group."""

    name: str
    group: str
    run: Callable[..., Iterator[dict]]


TRIALS: list = []
settings = Settings()


def trial(group: str = "core") -> Callable[[Callable], Callable]:
    """Register a function as a trial: `train_step` becomes `train-step`; its docstring says what it proves."""

    def register(function: Callable) -> Callable:
        TRIALS.append(Trial(function.__name__.strip("_").replace("_", "-"), group, function))
        return function

    return register


def most(name: str, got: float, limit: float) -> dict:
    """Give a figure that may be at most so much."""
    return {"name": name, "got": _plain(got), "most": limit}


def least(name: str, got: float, limit: float) -> dict:
    """Give a figure that has to be at least so much."""
    return {"name": name, "got": _plain(got), "least": limit}


def equal(name: str, got: Any, wanted: Any) -> dict:
    """Give a figure that has to be exactly this."""
    return {"name": name, "got": _plain(got), "equal": wanted}


def told(name: str, got: Any) -> dict:
    """Give a figure for the reader; nothing is asked of it."""
    return {"name": name, "got": _plain(got)}


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return value if isinstance(value, (bool, int, str)) or value is None else str(value)


def main() -> int:
    """Run what the command line asks for; the status says only whether something was printed."""
    global settings  # noqa: PLW0603  (trials read it; one process, one setting)
    out = _apart()
    started = _clock()
    asked = _arguments()
    settings = Settings(asked.device, asked.preset, asked.threads, asked.file)
    faulthandler.enable()
    sys.addaudithook(_tell_libraries)
    document = {"schema": SCHEMA, "python": sys.version.split()[0], "settings": settings._asdict()}
    document["imports"] = _imported(asked.modules.split(","))
    document["trials"] = [_tried(one) for one in TRIALS if _wanted(one, asked)]
    document["versions"] = _versions()
    document.update(_spent(started), peak_mib=_peak(), load=_load())
    out.write(json.dumps(document) + "\n")
    out.close()
    return 0


def _apart() -> Any:
    """Keep stdout for the one object: whatever else is printed, by C code too, goes to stderr."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return out


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--modules", required=True)
    parser.add_argument("--only", default="")
    parser.add_argument("--groups", default="core")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--preset", default="tiny")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--file", default="")
    return parser.parse_args()


def _wanted(one: Trial, asked: argparse.Namespace) -> bool:
    return one.name in asked.only.split(",") if asked.only else one.group in asked.groups.split(",")


def _tell_libraries(event: str, arguments: tuple) -> None:
    """Say which native library is about to be loaded: a cut one ends the process without a word."""
    path = ""
    if event == "ctypes.dlopen" and arguments:
        path = str(arguments[0])
    elif event == "import" and len(arguments) > 1 and arguments[1]:
        path = str(arguments[1])
    if path:
        os.write(2, (AT_LIBRARY + path + "\n").encode("utf-8", "replace"))


def _imported(modules: list) -> dict:
    """Import the trials, and with them what they try; give what that took and said."""
    sys.path[:0] = [HERE, os.path.join(os.path.dirname(os.path.dirname(HERE)), "models")]
    started, found = _clock(), {}
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            for module in modules:
                importlib.import_module(module)
        except Exception as error:
            found = _failure(error)
    shown = list(dict.fromkeys(f"{one.category.__name__}: {one.message}"[:500] for one in said))
    return {**found, **_spent(started), "peak_mib": _peak(), "warnings": shown[:20]}


def _tried(one: Trial) -> dict:
    os.write(2, (AT_TRIAL + one.name + "\n").encode())
    row: dict = {"trial": one.name, "group": one.group, "proves": (inspect.getdoc(one.run) or "").split("\n")[0]}
    figures: list = []
    started = _clock()
    try:
        figures.extend(one.run())
        row["status"] = "done"
    except Unable as reason:
        row.update(status="unable", reason=str(reason))
    except Exception as error:
        row.update(status="error", **_failure(error))
    return {**row, "figures": figures, **_spent(started)}


def _failure(error: Exception) -> dict:
    """Give an exception with its own words and the end of its traceback; a long text keeps both its ends."""
    text = f"{type(error).__name__}: {error}"
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    return {"reason": _short(text), "module": getattr(error, "name", None) or "", "traceback": _short("".join(lines))}


def _short(text: str) -> str:
    half = MOST_TEXT // 2
    return text if len(text) <= MOST_TEXT else f"{text[:half]}\n[…]\n{text[-half:]}"


def _clock() -> tuple:
    spent = os.times()
    return time.perf_counter(), spent.user + spent.system, spent.children_user + spent.children_system


def _spent(started: tuple) -> dict:
    wall, cpu, children = (now - then for now, then in zip(_clock(), started))
    return {"wall_s": round(wall, 3), "cpu_s": round(cpu, 3), "children_cpu_s": round(children, 3)}


def _peak() -> Optional[int]:
    try:
        import resource
    except ImportError:  # not on Windows
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform != "darwin" else 1024 * 1024)


def _load() -> list:
    return [round(value, 1) for value in os.getloadavg()] if hasattr(os, "getloadavg") else []


def _versions() -> dict:
    names = {name: name for name in ("torch", "numpy", "tensorflow", "keras", "bentoml", "pandas")}
    names["scikit-learn"] = "sklearn"
    loaded = {name: sys.modules[module] for name, module in names.items() if module in sys.modules}
    return {name: str(getattr(module, "__version__", "?")) for name, module in loaded.items()}


if __name__ == "__main__":
    sys.path.insert(0, HERE)
    import harness  # the trials import it by this name, and there shall be one of it

    sys.exit(harness.main())
