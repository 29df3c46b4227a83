"""Does BentoML serve? The iris classifier of its tutorial: train, save, load, serve, ask over HTTP, build, stop.

Everything happens in a throw-away BENTOML_HOME. The service is written for the API that the installed BentoML has:
runners, or a class with @bentoml.service.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from typing import Iterator

from harness import Unable, equal, told, trial

NEEDS = ("bentoml", "scikit-learn")
PATIENCE = 240.0  # to start on a loaded machine
FLOWER, SPECIES = [[5.9, 3, 5.1, 1.8]], 2

RUNNER_SERVICE = """\
import numpy as np
import bentoml
from bentoml.io import NumpyNdarray

runner = bentoml.sklearn.get("iris_clf:latest").to_runner()
svc = bentoml.Service("iris_classifier", runners=[runner])


@svc.api(input=NumpyNdarray(), output=NumpyNdarray())
def classify(rows: np.ndarray) -> np.ndarray:
    return runner.predict.run(rows)
"""
CLASS_SERVICE = """\
import bentoml
import numpy as np


@bentoml.service(name="iris_classifier")
class Iris:
    def __init__(self) -> None:
        self.model = bentoml.sklearn.load_model("iris_clf:latest")

    @bentoml.api
    def classify(self, rows: np.ndarray) -> np.ndarray:
        return self.model.predict(rows)


svc = Iris
"""
BENTOFILE = """\
service: "service.py:svc"
labels: {owner: envdoctor, stage: smoke}
include: ["*.py"]
python:
  packages: [scikit-learn, pandas]
  lock_packages: false
"""


@trial()
def bentoml() -> Iterator[dict]:
    """The iris model is saved, loaded, listed and served over HTTP, and the server stops when it is told to."""
    with _workshop() as folder:
        yield from _saved()
        yield from _listed(folder)
        with serving(folder, "service:svc", folder) as server:
            yield from _asked(server)
        yield equal("ends when told to", server.process.returncode is not None, True)


@trial()
def bento() -> Iterator[dict]:
    """`bentoml build` makes a bento of the service: its source, its labels, its packages, a Dockerfile."""
    if not (has_runners() or shutil.which("uv") or importlib.util.find_spec("uv")):
        raise Unable("`bentoml build` works by uv, which is not installed, and would fetch it from the network")
    with _workshop() as folder:
        yield from _saved()
        yield from _built(folder)


@functools.lru_cache(maxsize=None)
def _home() -> str:
    """Give the store of this process, which nobody else uses: BentoML asks for it once, at its first import."""
    home = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    os.environ.update(BENTOML_HOME=home, BENTOML_DO_NOT_TRACK="True")
    return home


@contextlib.contextmanager
def _workshop() -> Iterator[str]:
    """Give a folder with the service for the API that is installed, and set where its models are kept."""
    _home()
    with tempfile.TemporaryDirectory() as folder:
        for name, source in (("service.py", _service()), ("bentofile.yaml", BENTOFILE)):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(source)
        yield folder


def has_runners() -> bool:
    """Say whether the installed BentoML still has services made of runners."""
    import bentoml

    return not bentoml.Service.__module__.startswith("_bentoml_sdk")


def _service() -> str:
    return RUNNER_SERVICE if has_runners() else CLASS_SERVICE


def _saved() -> Iterator[dict]:
    import bentoml
    from sklearn import datasets, svm

    iris = datasets.load_iris()
    model = svm.SVC(gamma="scale").fit(iris.data, iris.target)
    yield equal("trained: the species", int(model.predict(FLOWER)[0]), SPECIES)
    bentoml.sklearn.save_model("iris_clf", model)
    loaded = bentoml.sklearn.load_model("iris_clf:latest")
    yield equal("loaded: as before", bool((loaded.predict(iris.data) == model.predict(iris.data)).all()), True)
    saved = bentoml.sklearn.get("iris_clf:latest")
    if hasattr(saved, "to_runner"):
        runner = saved.to_runner()
        runner.init_local(quiet=True)
        yield equal("local runner: the species", int(runner.predict.run(FLOWER)[0]), SPECIES)
    yield told("API", "runners" if has_runners() else "@bentoml.service")


def _command(folder: str, *words: str) -> str:
    """Run BentoML's command line in a folder and give what it says; raise with its last words if it fails."""
    command = [sys.executable, "-m", "bentoml", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=PATIENCE, check=False)
    if done.returncode:
        raise RuntimeError(f"`bentoml {' '.join(words)}` fails: {(done.stderr or done.stdout)[-1500:]}")
    return done.stdout


def _listed(folder: str) -> Iterator[dict]:
    rows = json.loads(_command(folder, "models", "list", "-o", "json"))
    yield equal("models list", [row["tag"].split(":")[0] for row in rows] == ["iris_clf"], True)
    got = json.loads(_command(folder, "models", "get", "iris_clf:latest", "-o", "json"))
    yield equal("models get: made by", str(got["module"]), "bentoml.sklearn")


class Server:
    """A `bentoml serve` that runs: its process, address and log."""

    def __init__(self, folder: str, service: str, logs: str) -> None:
        host = socket.gethostbyname("localhost")  # BentoML takes an address only
        with socket.socket() as free:
            free.bind((host, 0))
            port = free.getsockname()[1]
        self.address = f"http://{host}:{port}"
        self.log = os.path.join(logs, "serve.log")
        words = [sys.executable, "-m", "bentoml", "serve", service, "--host", host, "--port", str(port)]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                words, cwd=folder, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )

    def post(self, path: str, body: object) -> tuple:
        """Give status and text of an answer, 0 while nobody answers."""
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, content)
        request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors="replace")
        except (OSError, ValueError):
            return 0, ""

    def wait(self) -> None:
        """Wait until it is ready; raise with the end of its log if it ends before, or does not get there."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise RuntimeError(f"`bentoml serve` ends with status {self.process.returncode}: {self.tail()}")
            if self.post("/readyz", None)[0] == 200:
                return
            time.sleep(0.2)
        raise RuntimeError(f"`bentoml serve` is not ready after {PATIENCE:g} s: {self.tail()}")

    def tail(self) -> str:
        """Give the end of the log."""
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()[-1500:].strip()

    def stop(self) -> None:
        """Ask it to end, and end it with its children if it does not."""
        self.process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(30)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)


@contextlib.contextmanager
def serving(folder: str, service: str, logs: str) -> Iterator[Server]:
    """Serve while the block runs."""
    server = Server(folder, service, logs)
    try:
        server.wait()
        yield server
    finally:
        server.stop()


def _asked(server: Server) -> Iterator[dict]:
    wrap = (lambda rows: rows) if has_runners() else (lambda rows: {"rows": rows})
    status, text = server.post("/classify", wrap(FLOWER))
    yield equal("POST /classify: status", status, 200)
    yield equal("POST /classify: the species", text.replace(" ", ""), f"[{SPECIES}]")
    status, text = server.post("/classify", wrap([FLOWER[0], [5.1, 3.5, 1.4, 0.2]]))
    yield equal("a batch of two", text.replace(" ", ""), f"[{SPECIES},0]")
    # BentoML answers with 400 or, where runners serve, with 500: either way no number is made up
    yield equal("a bad request is refused", server.post("/classify", b"[[5.9, flower")[0] >= 400, True)


def _built(folder: str) -> Iterator[dict]:
    _command(folder, "build")
    bentos = os.path.join(os.environ["BENTOML_HOME"], "bentos", "iris_classifier")
    (version,) = (name for name in os.listdir(bentos) if name != "latest")
    made = os.path.join(bentos, version)
    yield equal("the bento holds the service", os.path.exists(os.path.join(made, "src", "service.py")), True)
    dockerfile = _text(made, "env", "docker", "Dockerfile")
    yield equal("its Dockerfile starts from an image", "\nFROM " in "\n" + dockerfile, True)
    yield equal("its labels", "stage: smoke" in _text(made, "bento.yaml"), True)
    packages = _text(made, "env", "python", "requirements.txt").split()
    yield equal("its packages", {"scikit-learn", "pandas"} <= set(packages), True)


def _text(*parts: str) -> str:
    with open(os.path.join(*parts), encoding="utf-8") as file:
        return file.read()
