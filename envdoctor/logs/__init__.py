"""Read logs of any size and from anywhere: files, packed files, standard input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.logs import sieve, stream
from envdoctor.model.diagnosis import Log

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def read(names: Sequence[str]) -> list[Log]:
    """Give what matters of each log, `-` being standard input; raise UserError for one that cannot be read."""
    return [sifted(stream.chunks(name), stream.shown(name)) for name in names]


def sifted(chunks: Iterable[bytes], name: str) -> Log:
    """Give what matters of a log that comes in chunks."""
    sifter = sieve.Sieve()
    for chunk in chunks:
        sifter.feed(chunk)
    lines = sifter.finish()
    return Log(name, tuple(lines), sifter.total)
