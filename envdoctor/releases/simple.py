"""Read the page that an index has of a package (PEP 503 and 691): its files."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from envdoctor.releases.wire import Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from packaging.tags import Tag
    from packaging.version import Version

    from envdoctor.releases.wire import Wire

MOST_BYTES = 40_000_000
_ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"


class Wheel(NamedTuple):
    """A wheel as an index lists it; `digest` is the hash of its bytes and `size` their number, where that is said."""

    version: Version
    tags: frozenset[Tag]
    address: str
    digest: str = ""
    size: int = 0


def wheels(package: str, indexes: Sequence[str], wire: Wire) -> list[Wheel]:
    """Give the wheels of a package that were not withdrawn, of the first index that has it; raise Unreachable."""
    if not indexes:
        raise Unreachable("no index is known: uv, which would name it, is not installed")
    refusal = Unreachable("no index has it")
    for index in indexes:
        file = "index.html" if index.startswith("file:") else ""
        page = f"{index.rstrip('/')}/{package}/"
        try:
            answer = wire.get(f"{page}{file}", MOST_BYTES, {"Accept": _ACCEPT})
        except Unreachable as error:
            refusal = error
            continue
        return list(_wheels(answer.body, page, is_json=answer.kind.endswith("json")))
    raise refusal


def _wheels(body: bytes, page: str, *, is_json: bool) -> Iterator[Wheel]:
    text = body.decode("utf-8", "replace")
    for name, address, digest, size in _of_json(text) if is_json else _of_html(text):
        try:
            _, version, _, tags = parse_wheel_filename(name)
        except (InvalidWheelFilename, ValueError):
            continue
        yield Wheel(version, tags, urljoin(page, address), digest, size)


_Row = tuple[str, str, str, int]


def _of_json(text: str) -> Iterator[_Row]:
    try:
        files: Any = json.loads(text)["files"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Unreachable("the index's page cannot be read") from None
    for file in files if isinstance(files, list) else []:
        if isinstance(file, dict) and not file.get("yanked"):
            hashes = file.get("hashes")
            digest = str(hashes.get("sha256") or "") if isinstance(hashes, dict) else ""
            size = file.get("size")
            yield str(file.get("filename")), str(file.get("url")), digest, size if isinstance(size, int) else 0


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[_Row] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a link to a file that was not withdrawn."""
        said = dict(attrs)
        if tag == "a" and said.get("href") and "data-yanked" not in said:
            whole, _, fragment = str(said["href"]).partition("#")
            digest = fragment.removeprefix("sha256=") if fragment.startswith("sha256=") else ""
            self.found.append((unquote(urlsplit(whole).path).rpartition("/")[2], whole, digest, 0))


def _of_html(text: str) -> list[_Row]:
    links = _Links()
    links.feed(text)
    return links.found
