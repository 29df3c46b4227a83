"""A small package index on the loopback: wheels that are made here, with the days on which they were released."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
import threading
import time
import zipfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

JSON = "application/vnd.pypi.simple.v1+json"


def wheel(name: str, version: str, *requires: str, python: str = "", tag: str = "py3-none-any") -> bytes:
    """Give a wheel with one module."""
    stem = name.replace("-", "_")
    about = f"{stem}-{version}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {line}" for line in requires] + ([f"Requires-Python: {python}"] if python else [])
    files = {
        f"{stem}/__init__.py": f"__version__ = {version!r}\n",
        f"{about}/METADATA": "\n".join(lines) + "\n",
        f"{about}/WHEEL": f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    digests = {path: hashlib.sha256(text.encode()).digest() for path, text in files.items()}
    stated = {path: base64.urlsafe_b64encode(digest).rstrip(b"=").decode() for path, digest in digests.items()}
    rows = [f"{path},sha256={stated[path]},{len(files[path])}" for path in stated]
    files[f"{about}/RECORD"] = "\n".join([*rows, f"{about}/RECORD,,"]) + "\n"
    blob = io.BytesIO()
    with zipfile.ZipFile(blob, "w") as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    return blob.getvalue()


@dataclass
class Index:
    """What the index serves: files by name, what it says of them, and how badly it behaves."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    said: dict[str, dict[str, Any]] = field(default_factory=dict)
    delay: float = 0.0
    status: int = 200
    asked: list[str] = field(default_factory=list)

    def add_source(self, name: str, version: str, setup: str) -> None:
        """Release a version as source alone, with a setup.py."""
        blob, code = io.BytesIO(), setup.encode()
        with tarfile.open(fileobj=blob, mode="w:gz") as archive:
            about = tarfile.TarInfo(f"{name}-{version}/setup.py")
            about.size = len(code)
            archive.addfile(about, io.BytesIO(code))
        self._release(name, f"{name}-{version}.tar.gz", blob.getvalue())

    def add(self, name: str, version: str, *requires: str, day: str = "2026-01-01", **more: Any) -> None:
        """Release a version on a day; `python` and `tag` go into the wheel, `yanked` into the index."""
        yanked = more.pop("yanked", False)
        tag = more.get("tag", "py3-none-any")
        file = f"{name.replace('-', '_')}-{version}-{tag}.whl"
        self._release(name, file, wheel(name, version, *requires, **more), day, yanked=yanked)
        if more.get("python"):
            self.said[name][file]["requires-python"] = more["python"]

    def _release(self, name: str, file: str, blob: bytes, day: str = "2026-01-01", **more: Any) -> None:
        self.files[file] = blob
        self.said.setdefault(name, {})[file] = {
            "filename": file,
            "url": f"/files/{file}",
            "hashes": {"sha256": hashlib.sha256(blob).hexdigest()},
            "size": len(blob),
            "upload-time": f"{day}T00:00:00Z",
            **more,
        }

    def page(self, name: str) -> bytes | None:
        """Give the page of a package."""
        if name not in self.said:
            return None
        files = list(self.said[name].values())
        return json.dumps({"meta": {"api-version": "1.1"}, "name": name, "files": files}).encode()


class _Handler(BaseHTTPRequestHandler):
    index: Index

    def do_GET(self) -> None:
        """Answer as the index is told to behave."""
        self.index.asked.append(self.path)
        time.sleep(self.index.delay)
        folder, _, name = self.path.strip("/").partition("/")
        body = self.index.page(name.strip("/")) if folder == "simple" else self.index.files.get(name)
        status = self.index.status if self.index.status != 200 else 200 if body is not None else 404
        self.send_response(status)
        self.send_header("Content-Type", JSON if folder == "simple" else "application/octet-stream")
        self.send_header("Content-Length", str(len(body or b"") if status == 200 else 0))
        with suppress(BrokenPipeError, ConnectionResetError):  # who asked has gone
            self.end_headers()
            if status == 200 and body and self.command == "GET":
                self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815  (the name is http.server's)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served(index: Index) -> Iterator[Index]:
    """Serve an index on the loopback."""
    handler = type("Handler", (_Handler,), {"index": index})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    index.url = f"http://127.0.0.1:{server.server_port}/simple/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield index
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
