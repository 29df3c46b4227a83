"""A conda channel that is made here: archives that install, and what the channel says of them."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
import threading
import zipfile
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import zstandard

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

FIRST = 1_577_836_800_000  # the first moment of 2020
DAY = 86_400_000


def _tar(files: Mapping[str, bytes]) -> bytes:
    blob = io.BytesIO()
    with tarfile.open(fileobj=blob, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o755 if name.startswith("bin/") else 0o644
            archive.addfile(entry, io.BytesIO(content))
    return zstandard.ZstdCompressor().compress(blob.getvalue())


def _archive(about: dict[str, Any], files: Mapping[str, bytes]) -> bytes:
    """Give a `.conda` archive: a zip of two tars."""
    paths = [
        {"_path": path, "path_type": "hardlink", "sha256": hashlib.sha256(c).hexdigest(), "size_in_bytes": len(c)}
        for path, c in sorted(files.items())
    ]
    info = {
        "info/index.json": json.dumps(about).encode(),
        "info/paths.json": json.dumps({"paths": paths, "paths_version": 1}).encode(),
        "info/files": "\n".join(sorted(files)).encode(),
    }
    if about.get("noarch") == "python":
        info["info/link.json"] = b'{"noarch": {"type": "python"}, "package_metadata_version": 1}'
    stem = f"{about['name']}-{about['version']}-{about['build']}"
    blob = io.BytesIO()
    with zipfile.ZipFile(blob, "w") as archive:
        parts = {"metadata.json": b'{"conda_pkg_format_version": 2}'}
        parts |= {f"pkg-{stem}.tar.zst": _tar(files), f"info-{stem}.tar.zst": _tar(info)}
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), content)
    return blob.getvalue()


class Channel:
    """A channel in a folder; `add` releases a package, `write` writes what the channel says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: dict[str, dict[str, dict[str, Any]]] = {"noarch": {}, "linux-64": {}, "osx-arm64": {}}
        self.removed: dict[str, list[str]] = {subdir: [] for subdir in self.said}

    def add(self, name: str, version: str, *needs: str, build: str = "0", day: int = 0, **more: Any) -> None:
        """Release a package; `platforms`, `constrains`, `number`, `noarch`, `broken` and `removed` say how."""
        noarch = more.get("noarch", "")
        for subdir in ["noarch"] if noarch else more.get("platforms", ["linux-64", "osx-arm64"]):
            about: dict[str, Any] = {"name": name, "version": version, "build": build}
            about |= {
                "build_number": more.get("number", 0),
                "depends": list(needs),
                "subdir": subdir,
                "timestamp": FIRST + day * DAY,
            }
            about |= {"constrains": list(more["constrains"])} if more.get("constrains") else {}
            about |= {"noarch": noarch} if noarch else {}
            blob = _archive(about, _files(name, version, noarch))
            file = f"{name}-{version}-{build}.conda"
            (self.folder / subdir).mkdir(parents=True, exist_ok=True)
            (self.folder / subdir / file).write_bytes(blob)
            hashes = {"md5": hashlib.md5(blob).hexdigest(), "sha256": hashlib.sha256(blob).hexdigest()}
            self.said[subdir][file] = {**about, **hashes, "size": len(blob), **more.get("broken", {})}
            if more.get("removed"):
                self.removed[subdir].append(file)

    def write(self) -> str:
        """Write what the channel says; give its URL."""
        for subdir, files in self.said.items():
            (self.folder / subdir).mkdir(parents=True, exist_ok=True)
            there = {file: about for file, about in files.items() if file not in self.removed[subdir]}
            document = {"info": {"subdir": subdir}, "packages": {}, "packages.conda": there}
            document |= {"removed": self.removed[subdir], "repodata_version": 1}
            (self.folder / subdir / "repodata.json").write_text(json.dumps(document))
        return self.folder.as_uri()


def _files(name: str, version: str, noarch: str) -> dict[str, bytes]:
    if name == "python":
        return {"bin/python": b"#!/bin/sh\necho a Python\n"}
    if noarch == "python":
        return {f"site-packages/{name.replace('-', '_')}.py": f"__version__ = {version!r}\n".encode()}
    return {f"share/{name}/version": version.encode()}


def furnished(
    channel: Channel, pythons: Sequence[str] = ("3.8.18", "3.11.9"), frameworks: Sequence[str] = ("2.2.0", "2.13.1")
) -> Channel:
    """Fill a channel with what the tests ask for: Pythons, an array library, a framework for CPU and GPU."""
    channel.add("libc-floor", "2.28", "__glibc >=2.28", platforms=["linux-64"])
    for python in pythons:
        minor = python.rpartition(".")[0]
        tag, after = f"cp{minor.replace('.', '')}", f"3.{int(minor.split('.')[1]) + 1}.0a0"
        channel.add("python", python, "__unix", build="0_cpython", constrains=[f"python_abi {minor}.* *_{tag}"])
        channel.add("python_abi", minor, f"python {minor}.*", build=f"5_{tag}", noarch="generic")
        own = [f"python >={minor},<{after}", f"python_abi {minor}.* *_{tag}"]
        for numpy, day in (("1.18.5", 100), ("1.24.3", 1200)):
            channel.add("numpy", numpy, *own, build=f"{tag}_0", day=day)
        for version in frameworks:
            old = version == "2.2.0"
            needs, day = [*own, "numpy >=1.16" if old else "numpy >=1.24"], 150 if old else 1300
            channel.add("tensorflow", version, *needs, build=f"cpu_{tag}_0", day=day)
            gpu = [*needs, "__cuda", "cudatoolkit 11.8.*", "libc-floor"]
            channel.add("tensorflow", version, *gpu, build=f"cuda_{tag}_0", day=day, number=200, platforms=["linux-64"])
    channel.add("cudatoolkit", "11.8.0", day=1000, constrains=["__cuda >=11.8"], platforms=["linux-64"])
    common = {"scikit-learn": "1.3.2", "pandas": "2.0.3", "matplotlib": "3.7.5", "jupyter": "1.0.0"}
    for name, version in common.items():
        channel.add(name, version, "python >=3.8", "numpy", noarch="python", day=500)
    channel.add("pip", "24.0", "python >=3.8", noarch="python", day=1400)
    return channel


@contextmanager
def served(folder: Path, *, user: str = "", password: str = "") -> Iterator[str]:
    """Serve a channel on the loopback, to those who know the password if there is one; give its URL."""
    wanted = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *words: Any, **more: Any) -> None:
            super().__init__(*words, directory=str(folder), **more)

        def do_GET(self) -> None:
            """Answer those who may ask."""
            if user and self.headers.get("Authorization") != wanted:
                self.send_response(401)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            super().do_GET()

        do_HEAD = do_GET  # noqa: N815  (the name is http.server's)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
