"""Get bytes from an index: within a time, up to a size, by ranges where the server has them."""

from __future__ import annotations

import base64
import http.client
import netrc
import os
import re
import ssl
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit, urlunsplit

from envdoctor import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

PATIENCE = 20.0  # seconds for one answer
_PIECE = 65_536
_SCHEMES = ("http", "https", "file")
_TOTAL = re.compile(r"bytes (\d+)-\d+/(\d+)")


class Unreachable(Exception):
    """Something cannot be had; says why in a few words."""


class Answer(NamedTuple):
    """What a server sent: its body, from where on in the whole, the size of the whole, and what kind of text it is."""

    body: bytes
    start: int
    total: int
    kind: str = ""


class Wire:
    """A line to indexes that is cut at an instant."""

    def __init__(self, limit: float) -> None:
        self._until = time.monotonic() + limit
        self._context = ssl.create_default_context(cafile=os.environ.get("PIP_CERT") or None)
        self._opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=self._context))

    @property
    def left(self) -> float:
        """Give the seconds that are left."""
        return self._until - time.monotonic()

    def get(self, address: str, most: int, headers: Mapping[str, str] | None = None) -> Answer:
        """Get what lies at an address, at most so many bytes; raise Unreachable."""
        plain, secret = _parted(address)
        if urlsplit(plain).scheme not in _SCHEMES:
            raise Unreachable("its index has an address of an unknown kind")
        request = urllib.request.Request(plain, headers={"User-Agent": f"envdoctor/{__version__}", **(headers or {})})  # noqa: S310
        if secret:  # not handed on to where it leads
            request.add_unredirected_header("Authorization", secret)
        if self.left <= 0:
            raise Unreachable("the time was over")
        try:
            with self._opener.open(request, timeout=min(PATIENCE, self.left)) as answer:
                return self._read(answer, most)
        except urllib.error.HTTPError as error:
            error.close()
            raise Unreachable(_refused(error.code)) from None
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise Unreachable(f"the index cannot be reached: {_words(error)}") from None

    def part(self, address: str, start: int, end: int, most: int) -> Answer:
        """Get the bytes from `start` to before `end`, or from the end where `start` is negative.

        A server that has no ranges sends all of it, of which at most so many bytes are taken.
        """
        span = f"bytes={start}" if start < 0 else f"bytes={start}-{end - 1}"
        return self.get(address, most, {"Range": span, "Accept-Encoding": "identity"})

    def _read(self, answer: http.client.HTTPResponse, most: int) -> Answer:
        pieces: list[bytes] = []
        size = 0
        while piece := answer.read(_PIECE):
            pieces.append(piece)
            size += len(piece)
            if size > most:
                raise Unreachable(f"it is larger than {most:,} bytes")
            if self.left <= 0:
                raise Unreachable("the time was over")
        found = _TOTAL.match(answer.headers.get("Content-Range") or "")
        start, total = (int(found[1]), int(found[2])) if found else (0, size)
        return Answer(b"".join(pieces), start, total, answer.headers.get_content_type())


def _parted(address: str) -> tuple[str, str]:
    """Give an address without its credentials, and these, or those of the user's netrc, as a header."""
    parts = urlsplit(address)
    if parts.username is not None:
        host = parts.netloc.rpartition("@")[2]
        plain = urlunsplit(parts._replace(netloc=host))
        return plain, _basic(unquote(parts.username), unquote(parts.password or ""))
    try:
        known = netrc.netrc(os.environ.get("NETRC")).authenticators(parts.hostname or "")
    except (OSError, netrc.NetrcParseError):
        known = None
    return address, _basic(known[0], known[2] or "") if known else ""


def _basic(user: str, word: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{word}'.encode()).decode()}"


def _refused(status: int) -> str:
    if status in (401, 403):
        return "the index asks for credentials"
    return "the index does not have it" if status in (404, 410) else f"the index answers {status}"


def _words(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    return str(getattr(reason, "strerror", None) or reason)[:120]
