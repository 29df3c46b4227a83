"""Serve an index of packages on this computer: as JSON or HTML, with ranges or without, behind a password."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import threading
import time
import zipfile
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Index(NamedTuple):
    """An index that is served: its address, and each answer as path and number of bytes."""

    address: str
    sent: list[tuple[str, int]]


class Manner(NamedTuple):
    """How an index serves; `delay` is in seconds before each wheel."""

    ranges: bool = True
    html: bool = False
    password: str = ""
    delay: float = 0.0


def wheel(package: str, version: str, files: Mapping[str, str | bytes], *requires: str) -> tuple[str, bytes]:
    """Give the name and the bytes of a wheel; the files are stored as they are."""
    about = f"{package}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {one}\n" for one in requires)
    every = {
        **files,
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n{needs}",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{about}/RECORD": "",
    }
    blob = io.BytesIO()
    with zipfile.ZipFile(blob, "w") as archive:
        for name, content in every.items():
            archive.writestr(name, content)
    return f"{package}-{version}-py3-none-any.whl", blob.getvalue()


PLAIN = Manner()


class _Handler(BaseHTTPRequestHandler):
    """Answers for one index; a class of its own for each holds what it serves."""

    wheels: ClassVar[Mapping[str, bytes]]
    manner: ClassVar[Manner]
    sent: ClassVar[list[tuple[str, int]]]

    def do_GET(self) -> None:
        """Answer with a page, a wheel or a part of one."""
        words = f"Basic {base64.b64encode(self.manner.password.encode()).decode()}"
        if self.manner.password and self.headers.get("Authorization") != words:
            self._answer(401, b"", "text/plain")
        elif self.path.startswith("/simple/"):
            self._page(self.path.split("/")[2])
        elif self.path[1:] in self.wheels:
            self._wheel(self.wheels[self.path[1:]])
        else:
            self._answer(404, b"", "text/plain")

    do_HEAD = do_GET  # noqa: N815  (the name that the server calls)

    def _page(self, package: str) -> None:
        names = [name for name in self.wheels if name.partition("-")[0].replace("_", "-") == package]
        if not names:
            self._answer(404, b"", "text/plain")
        elif self.manner.html:
            links = [f'<a href="../../{name}#sha256={_digest(self.wheels[name])}">{name}</a>' for name in names]
            self._answer(200, f"<html><body>{''.join(links)}</body></html>".encode(), "text/html")
        else:
            files = [
                {"filename": name, "url": f"/{name}", "size": len(blob), "hashes": {"sha256": _digest(blob)}}
                for name, blob in self.wheels.items()
                if name in names
            ]
            text = json.dumps({"meta": {"api-version": "1.0"}, "name": package, "files": files})
            self._answer(200, text.encode(), "application/vnd.pypi.simple.v1+json")

    def _wheel(self, blob: bytes) -> None:
        time.sleep(self.manner.delay)
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if not asked or not self.manner.ranges:
            self._answer(200, blob, "application/octet-stream")
            return
        start = int(asked[1]) if asked[1] else max(0, len(blob) - int(asked[2]))
        part = blob[start : int(asked[2]) + 1 if asked[1] and asked[2] else len(blob)]
        span = f"bytes {start}-{start + len(part) - 1}/{len(blob)}"
        self._answer(206, part, "application/octet-stream", {"Content-Range": span})

    def _answer(self, status: int, body: bytes, kind: str, more: Mapping[str, str] | None = None) -> None:
        self.sent.append((self.path, len(body)))
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(more or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served(wheels: Mapping[str, bytes], manner: Manner = PLAIN) -> Iterator[Index]:
    """Serve wheels."""
    sent: list[tuple[str, int]] = []
    handler = type("Handler", (_Handler,), {"wheels": wheels, "manner": manner, "sent": sent})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    secret = f"{manner.password}@" if manner.password else ""
    try:
        yield Index(f"http://{secret}127.0.0.1:{server.server_port}/simple", sent)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _digest(blob: bytes) -> str:
    return hashlib.sha256(blob).hexdigest()
